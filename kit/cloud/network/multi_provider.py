"""Networks of several segments, made at once (extension `multi-provider`)."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.network import listing, segment_ranges
from kit.cloud.network import segments as all_segments
from kit.cloud.network.checks import Unfit
from kit.cloud.network.errors import bad_request, invalid_input
from kit.cloud.network.models_extensions import segments
from kit.cloud.store import Row

PARTS = ("network_type", "physical_network", "segmentation_id")
_NAMES = {f"provider:{part}": part for part in PARTS}
_TYPES = ("flat", "geneve", "gre", "local", "vlan", "vxlan")
_NUMBERED = ("geneve", "gre", "vlan", "vxlan")


def check(value: Any) -> list[dict[str, Any]] | None:
    """The `segments` of a body, each with all of its parts (neutron_lib.api.validators.multiprovidernet)."""
    if not value:
        return None
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Unfit(f"'{value}' is not a list of segments")
    found = []
    for given in value:
        strange = [name for name in given if name not in _NAMES]
        if strange:
            raise bad_request(f"Unrecognized attribute(s) '{', '.join(strange)}'")
        one = {part: given.get(name) for name, part in _NAMES.items()}
        try:
            one["segmentation_id"] = int(one["segmentation_id"]) if one["segmentation_id"] else None
        except (TypeError, ValueError):
            raise bad_request(f"'{one['segmentation_id']}' is not an integer") from None
        found.append(one)
    return found


def split(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Let the first segment be the network's own, and give back the others.

    Raises
    ------
    BadRequest
        Where segments stand beside the parts of one, are alike, or have no kind.
    """
    given: list[dict[str, Any]] = values.pop("segments") or []
    if not given:
        return []
    if any(values[part] is not None for part in PARTS):
        raise _refuse("Segments and provider values cannot both be set.", "SegmentsSetInConjunctionWithProviders")
    for one in given:
        if one["network_type"] is None:
            raise invalid_input("network_type required")
        if one["network_type"] not in _TYPES:
            raise invalid_input(f"network_type value '{one['network_type']}' not supported")
    whole = [tuple(one.values()) for one in given if one["segmentation_id"] or one["network_type"] not in _NUMBERED]
    if len(set(whole)) < len(whole):
        raise _refuse("Duplicate segment entry in request.", "SegmentsContainDuplicateEntry")
    values |= given[0]
    return given[1:]


def _refuse(text: str, type: str) -> Exception:
    return bad_request(text, type)


def add(call: Call, network: Row, others: list[dict[str, Any]]) -> None:
    """Write a network's other segments down, each with a number of its own."""
    for one in others:
        kind, physical, number = (one[part] for part in PARTS)
        segment_ranges.reserve(call, kind, physical, number)
        if kind in _NUMBERED and number is None:
            number = segment_ranges.allocate(call, kind, physical, network["project_id"])
        new = {key: value for key, value in listing.new(call).items() if key != "tags"}
        call.tx.insert(
            segments, network_id=network["id"], network_type=kind, physical_network=physical, segmentation_id=number,
            removed=False, **new,
        )  # fmt: skip


def parts(call: Call, rows: list[Row]) -> dict[str, dict[str, Any]]:
    """How each network shows what it lies on: the parts of its one segment, or a list of several."""
    own = {all_segments.own_id(row["id"]) for row in rows}
    kept: dict[str, list[Row]] = {row["id"]: [] for row in rows}
    gone = set()
    for one in call.tx.rows(segments, network_id=list(kept), order=[segments.c.created_at, segments.c.id]):
        if one["id"] not in own:
            kept[one["network_id"]].append(one)
        elif one["removed"]:
            gone.add(one["network_id"])
    found = {}
    for row in rows:
        lying = [*([] if row["id"] in gone else [row]), *kept[row["id"]]]
        shown = [{name: one[part] for name, part in _NAMES.items()} for one in lying]
        found[row["id"]] = {"segments": shown} if len(shown) > 1 else (shown or [dict.fromkeys(_NAMES)])[0]
    return found
