"""Every filter of Nova's scheduler: today's twenty-two, and those of Liberty."""

from __future__ import annotations

from kit.scheduling.errors import OptionError
from kit.scheduling.filters.aggregates import (
    AggregateImagePropertiesIsolation,
    AggregateInstanceExtraSpecsFilter,
    AggregateMultiTenancyIsolation,
    AggregateTypeAffinityFilter,
)
from kit.scheduling.filters.base import Filter
from kit.scheduling.filters.capabilities import ComputeCapabilitiesFilter
from kit.scheduling.filters.capacity import (
    AggregateCoreFilter,
    AggregateDiskFilter,
    AggregateRamFilter,
    CoreFilter,
    DiskFilter,
    ExactCoreFilter,
    ExactDiskFilter,
    ExactRamFilter,
    RamFilter,
)
from kit.scheduling.filters.groups import ServerGroupAffinityFilter, ServerGroupAntiAffinityFilter
from kit.scheduling.filters.hints import DifferentHostFilter, SameHostFilter, SimpleCIDRAffinityFilter
from kit.scheduling.filters.images import ImagePropertiesFilter, IsolatedHostsFilter
from kit.scheduling.filters.json_query import JsonFilter
from kit.scheduling.filters.load import (
    AggregateIoOpsFilter,
    AggregateNumInstancesFilter,
    IoOpsFilter,
    MetricsFilter,
    NumInstancesFilter,
)
from kit.scheduling.filters.nfv import NUMATopologyFilter, PciPassthroughFilter
from kit.scheduling.filters.old import AvailabilityZoneFilter, RetryFilter, TrustedFilter, TypeAffinityFilter
from kit.scheduling.filters.service import AllHostsFilter, ComputeFilter

_BOTH: tuple[type[Filter], ...] = (
    AggregateImagePropertiesIsolation, AggregateInstanceExtraSpecsFilter, AggregateIoOpsFilter,
    AggregateMultiTenancyIsolation, AggregateNumInstancesFilter, AggregateTypeAffinityFilter, AllHostsFilter,
    ComputeCapabilitiesFilter, ComputeFilter, DifferentHostFilter, ImagePropertiesFilter, IoOpsFilter,
    IsolatedHostsFilter, JsonFilter, MetricsFilter, NUMATopologyFilter, NumInstancesFilter, PciPassthroughFilter,
    SameHostFilter, ServerGroupAffinityFilter, ServerGroupAntiAffinityFilter, SimpleCIDRAffinityFilter,
)  # fmt: skip
_OLD: tuple[type[Filter], ...] = (
    AggregateCoreFilter, AggregateDiskFilter, AggregateRamFilter, AvailabilityZoneFilter, CoreFilter, DiskFilter,
    ExactCoreFilter, ExactDiskFilter, ExactRamFilter, RamFilter, RetryFilter, TrustedFilter, TypeAffinityFilter,
)  # fmt: skip
FILTERS: dict[str, dict[str, type[Filter]]] = {
    "today": {each.__name__: each for each in _BOTH},
    "liberty": {each.__name__: each for each in (*_BOTH, *_OLD)},
}


def filters_named(names: tuple[str, ...], era: str = "today") -> list[Filter]:
    """Filters by name, in the order given.

    Raises
    ------
    OptionError
        The era has no filter of that name.
    """
    known = FILTERS[era]
    for name in names:
        if name not in known:
            when = "; Liberty had it" if name in FILTERS["liberty"] else ""
            raise OptionError(f"there is no filter {name!r}{when}", todo=f"There are {', '.join(sorted(known))}.")
    return [known[name]() for name in names]


__all__ = ["FILTERS", "Filter", "filters_named"]
