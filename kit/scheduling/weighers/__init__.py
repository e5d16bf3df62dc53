"""Every weigher of Nova's scheduler: today's thirteen; Liberty had three of them."""

from __future__ import annotations

from kit.scheduling.errors import OptionError
from kit.scheduling.options import Options
from kit.scheduling.weighers.base import Weigher, normalized
from kit.scheduling.weighers.capacity import CPUWeigher, DiskWeigher, PCIWeigher, RAMWeigher
from kit.scheduling.weighers.groups import ServerGroupSoftAffinityWeigher, ServerGroupSoftAntiAffinityWeigher
from kit.scheduling.weighers.load import BuildFailureWeigher, IoOpsWeigher, MetricsWeigher, NumInstancesWeigher
from kit.scheduling.weighers.others import CrossCellWeigher, HypervisorVersionWeigher, ImagePropertiesWeigher

WEIGHERS: dict[str, type[Weigher]] = {
    each.__name__: each
    for each in (
        ServerGroupSoftAffinityWeigher, ServerGroupSoftAntiAffinityWeigher, BuildFailureWeigher, CPUWeigher,
        CrossCellWeigher, DiskWeigher, HypervisorVersionWeigher, ImagePropertiesWeigher, IoOpsWeigher, MetricsWeigher,
        NumInstancesWeigher, PCIWeigher, RAMWeigher,
    )
}  # fmt: skip


def weighers_named(options: Options) -> list[Weigher]:
    """The weighers of `weight_classes`, by class name or by Nova's path.

    Raises
    ------
    OptionError
        There is no weigher of that name.
    """
    found: list[Weigher] = []
    for path in options["filter_scheduler.weight_classes"]:
        name = path.rpartition(".")[2]
        if name == "all_weighers":
            found += [each() for each in WEIGHERS.values()]
        elif name in WEIGHERS:
            found.append(WEIGHERS[name]())
        else:
            raise OptionError(f"there is no weigher {name!r}", todo=f"There are {', '.join(sorted(WEIGHERS))}.")
    return found


__all__ = ["WEIGHERS", "Weigher", "normalized", "weighers_named"]
