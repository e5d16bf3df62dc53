"""Which type makes what in this cloud."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from kit.cloud.orchestration.resources import (
    aws,
    aws_scaling,
    cinder,
    heat,
    keystone,
    neutron,
    neutron_more,
    nova,
    records,
    server,
    software,
    storage,
    swift_signal,
)
from kit.cloud.orchestration.resources.records import NEEDS, Record
from kit.hot import Kind, ResourceType
from kit.hot.resources import kinds

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud


@cache
def real() -> dict[str, type[Kind]]:
    """Type to the kind that makes the real thing, or that Heat itself is enough for."""
    found: dict[str, type[Kind]] = {}
    for module in (
        server, nova, neutron, neutron_more, cinder, storage, swift_signal, keystone, software, heat,
        aws, aws_scaling,
    ):  # fmt: skip
        found |= module.KINDS
    return found


def kind_of(type: ResourceType, cloud: Cloud) -> Kind:
    """What a type does on a cloud: the real thing, what the engine does alone, or a record."""
    made = real().get(type.name) or records.KINDS.get(type.name)
    if made is not None and not type.nothing:
        return made(type)
    if type.name in kinds.KINDS or type.nothing:
        return kinds.kind_of(type)
    return Record(type)


def support(name: str) -> str:
    """How far a type is real here: `real`, `engine` (needs no other service), `record` or `nothing`."""
    from kit.hot import find_type

    type = find_type(name)
    if type is None or type.nothing:
        return "nothing"
    if name in real():
        return "real"
    return "engine" if name in kinds.KINDS else "record"


__all__ = ["NEEDS", "kind_of", "real", "support"]
