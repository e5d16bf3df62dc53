"""How the operator has configured Nova on this cloud: the scheduler's options, and what `/v2` is.

A seed gives both (`scheduler:`, `compute:`); `change` gives them to a cloud that is there already.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from kit.cloud.compute.models import settings
from kit.cloud.store import Transaction
from kit.errors import CloudError
from kit.scheduling.filters import filters_named
from kit.scheduling.options import DEFAULT_FILTERS, Options
from kit.scheduling.weighers import weighers_named

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud

# Nova's default, what DevStack adds to it, and what hosts with cells and devices need.
FILTERS = (
    *DEFAULT_FILTERS, "SameHostFilter", "DifferentHostFilter", "NUMATopologyFilter", "PciPassthroughFilter",
)  # fmt: skip
_DEFAULTS = {"filter_scheduler.enabled_filters": FILTERS}


@dataclass(frozen=True)
class Api:
    """What the compute API does.

    Attributes
    ----------
    legacy_v2 : bool
        Whether `/v2` is the tree that Nova had until Newton, instead of today's compatible mode.
    disabled_extensions : tuple of str
        Aliases that the operator has switched off; only the legacy tree can.
    """

    legacy_v2: bool = False
    disabled_extensions: tuple[str, ...] = ()


def flat(given: Mapping[str, Any]) -> dict[str, Any]:
    """Options by `group.name`; a group may also be a mapping of its own, as nova.conf has sections.

    Examples
    --------
    >>> flat({"filter_scheduler": {"host_subset_size": 2}, "pci.alias": []})
    {'filter_scheduler.host_subset_size': 2, 'pci.alias': []}
    """
    found: dict[str, Any] = {}
    for name, value in given.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{inner}": one for inner, one in value.items()}
        else:
            found[name] = value
    return found


def change(cloud: Cloud, *, scheduler: Mapping[str, Any] | None = None, api: Mapping[str, Any] | None = None) -> None:
    """Configure Nova; what is not given stays as it is.

    Parameters
    ----------
    scheduler : mapping
        Options of the scheduler that differ from the default, instead of those before.
    api : mapping
        Fields of `Api`, instead of those before.

    Raises
    ------
    OptionError
        The scheduler has no such option, filter or weigher, or a value is of another kind.
    CloudError
        The API has no such field.

    Examples
    --------
    >>> from kit.cloud import Cloud
    >>> change(Cloud(), scheduler={"filter_scheduler.ram_weight_multiplier": -1.0}, api={"legacy_v2": True})
    """
    with cloud.write() as tx:
        if scheduler is not None:
            keep(tx, "scheduler", checked_options(scheduler))
        if api is not None:
            keep(tx, "api", checked_api(api))
    cloud.note_change("request")


def checked_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Options of the scheduler in their flat form, once all of them are known."""
    options = Options(_DEFAULTS | flat(given))
    filters_named(options["filter_scheduler.enabled_filters"])
    weighers_named(options)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in options.given.items()}


def checked_api(given: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of `Api`, once all of them are known."""
    known = [field.name for field in fields(Api)]
    for name in given:
        if name not in known:
            raise CloudError(f"the compute API has no setting {name!r}", todo=f"There are {', '.join(known)}.")
    return dict(given)


def keep(tx: Transaction, name: str, value: dict[str, Any]) -> None:
    """Write one section down."""
    tx.delete(settings, name=name)
    tx.insert(settings, name=name, value=value)


def scheduler_options(tx: Transaction) -> Options:
    """The options of the cloud's scheduler; the same object as long as they are the same."""
    row = tx.get(settings, "scheduler")
    return _options(json.dumps(row["value"]) if row else "")


@lru_cache(maxsize=64)
def _options(text: str) -> Options:
    return Options(json.loads(text) if text else _DEFAULTS)


def api(tx: Transaction) -> Api:
    """What the API is set to do."""
    row = tx.get(settings, "api")
    if row is None:
        return Api()
    value = dict(row["value"])
    value["disabled_extensions"] = tuple(value.get("disabled_extensions") or ())
    return Api(**value)
