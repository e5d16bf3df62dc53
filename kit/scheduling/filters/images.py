"""Filters on the image."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kit.scheduling.ask import Ask
from kit.scheduling.errors import RequestError
from kit.scheduling.filters.base import Filter
from kit.scheduling.fleet import Fleet
from kit.scheduling.host import Host
from kit.scheduling.image import architecture, hypervisor, vm_mode

if TYPE_CHECKING:
    from kit.scheduling.fleet import Array, Positions

_PREDICATE = re.compile(r"^\s*(<=|>=|<|>|!=|==)\s*([0-9]+(?:\.[0-9]+)*)\s*$")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, "==": operator.eq, ">": operator.gt, ">=": operator.ge, "!=": operator.ne,
}  # fmt: skip


def version(number: int) -> tuple[int, ...]:
    """A version as parts.

    >>> version(8002000)
    (8, 2, 0)
    """
    parts: list[int] = []
    while number:
        number, part = divmod(number, 1000)
        parts.insert(0, part)
    return tuple(parts)


def satisfies(number: int, wanted: str) -> bool:
    """Whether a version meets predicates like `>=6.0.0,<9`.

    Raises
    ------
    RequestError
        A predicate is none.
    """
    have = version(number)
    for text in wanted.split(","):
        found = _PREDICATE.match(text)
        if found is None:
            raise RequestError(f"{text!r} demands no version", todo="Write >=6.0.0.")
        want = tuple(map(int, found[2].split(".")))
        width = max(len(have), len(want))
        left, right = ((*each, *[0] * (width - len(each))) for each in (have, want))
        if not _COMPARE[found[1]](left, right):
            return False
    return True


class ImagePropertiesFilter(Filter):
    """Architecture, kind of hypervisor and machine mode of the image must be among those of the host.

    A version of the hypervisor, and bits of physical addresses, are looked at beside one of these only.

    Source: nova/scheduler/filters/image_props_filter.py, Nova 34.
    """

    once = True
    on_rebuild = True

    def applies(self, ask: Ask) -> bool:
        return any(wanted_of(ask))

    def reason(self, host: Host, ask: Ask) -> str:
        wanted = [part for part in wanted_of(ask) if part]
        if not wanted:
            return ""
        if not any(all(part in offer for part in wanted) for offer in host.supported_instances):
            offers = ", ".join("/".join(offer) for offer in host.supported_instances) or "nothing"
            return f"offers {offers}; the image wants {'/'.join(wanted)}"
        properties = ask.request.image.properties
        predicate = properties.get("img_hv_requested_version")
        if host.hypervisor_version and predicate and not satisfies(host.hypervisor_version, predicate):
            have = ".".join(map(str, version(host.hypervisor_version)))
            return f"runs hypervisor version {have}; the image wants {predicate}"
        bits = properties.get("hw_maxphysaddr_bits")
        info = host.cpu_info if isinstance(host.cpu_info, dict) else {}
        have_bits = (info.get("maxphysaddr") or {}).get("bits")
        if bits and have_bits and have_bits < bits:
            return f"has {have_bits} bits of physical address; the image wants {bits}"
        return ""

    def mask(self, fleet: Fleet, at: Positions, ask: Ask) -> Array:
        import numpy as np

        # Hosts of a cloud come in a few kinds; each kind is looked at once.
        seen: dict[Any, bool] = {}
        passing = []
        for position in at:
            host = fleet.hosts[position]
            kind = (host.supported_instances, host.hypervisor_version, str(host.cpu_info))
            if kind not in seen:
                seen[kind] = not self.reason(host, ask)
            passing.append(seen[kind])
        return np.array(passing, dtype=bool)


def wanted_of(ask: Ask) -> tuple[str | None, str | None, str | None]:
    """Architecture, kind of hypervisor and machine mode that the image asks for."""
    properties = ask.request.image.properties
    default = ask.options["filter_scheduler.image_properties_default_architecture"]
    return (
        architecture(properties.get("hw_architecture", default)),
        hypervisor(properties.get("img_hv_type")),
        vm_mode(properties.get("hw_vm_mode")),
    )


class IsolatedHostsFilter(Filter):
    """Isolated images go to isolated hosts, and unless told otherwise these take nothing else.

    Source: nova/scheduler/filters/isolated_hosts_filter.py, Nova 34.
    """

    once = True
    on_rebuild = True

    def reason(self, host: Host, ask: Ask) -> str:
        images = ask.options["filter_scheduler.isolated_images"]
        restrict = ask.options["filter_scheduler.restrict_isolated_hosts_to_isolated_images"]
        kept_host = host.name in ask.options["filter_scheduler.isolated_hosts"]
        kept_image = bool(images) and ask.request.image.id in images
        if kept_image and not kept_host:
            return "is not isolated; the image is"
        if kept_host and not kept_image and restrict:
            return "is isolated; the image is not"
        return ""
