"""The options of Nova's scheduler, with the defaults of today and of Liberty."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from kit.scheduling.errors import OptionError

DEFAULT_FILTERS = (
    "ComputeFilter",
    "ComputeCapabilitiesFilter",
    "ImagePropertiesFilter",
    "ServerGroupAntiAffinityFilter",
    "ServerGroupAffinityFilter",
)
LIBERTY_FILTERS = (
    "RetryFilter",
    "AvailabilityZoneFilter",
    "RamFilter",
    "DiskFilter",
    "ComputeFilter",
    "ComputeCapabilitiesFilter",
    "ImagePropertiesFilter",
    "ServerGroupAntiAffinityFilter",
    "ServerGroupAffinityFilter",
)
ALL_WEIGHERS = ("nova.scheduler.weights.all_weighers",)

TODAY: dict[str, Any] = {
    "filter_scheduler.enabled_filters": DEFAULT_FILTERS,
    "filter_scheduler.weight_classes": ALL_WEIGHERS,
    "filter_scheduler.track_instance_changes": True,  # known, and no matter here: a view is given whole
    "filter_scheduler.host_subset_size": 1,
    "filter_scheduler.shuffle_best_same_weighed_hosts": False,
    "filter_scheduler.max_io_ops_per_host": 8,
    "filter_scheduler.max_instances_per_host": 50,
    "filter_scheduler.isolated_hosts": (),
    "filter_scheduler.isolated_images": (),
    "filter_scheduler.restrict_isolated_hosts_to_isolated_images": True,
    "filter_scheduler.aggregate_image_properties_isolation_namespace": None,
    "filter_scheduler.aggregate_image_properties_isolation_separator": ".",
    "filter_scheduler.image_properties_default_architecture": None,
    "filter_scheduler.cpu_weight_multiplier": 1.0,
    "filter_scheduler.ram_weight_multiplier": 1.0,
    "filter_scheduler.disk_weight_multiplier": 1.0,
    "filter_scheduler.io_ops_weight_multiplier": -1.0,
    "filter_scheduler.pci_weight_multiplier": 1.0,
    "filter_scheduler.soft_affinity_weight_multiplier": 1.0,
    "filter_scheduler.soft_anti_affinity_weight_multiplier": 1.0,
    "filter_scheduler.build_failure_weight_multiplier": 1_000_000.0,
    "filter_scheduler.cross_cell_move_weight_multiplier": 1_000_000.0,
    "filter_scheduler.hypervisor_version_weight_multiplier": 1.0,
    "filter_scheduler.num_instances_weight_multiplier": 0.0,
    "filter_scheduler.image_props_weight_multiplier": 0.0,
    "filter_scheduler.image_props_weight_setting": (),
    "metrics.weight_multiplier": 1.0,
    "metrics.weight_setting": (),
    "metrics.required": True,
    "metrics.weight_of_unavailable": -10000.0,
    "scheduler.max_attempts": 3,
    "scheduler.max_placement_results": 1000,
    "scheduler.limit_tenants_to_placement_aggregate": False,
    "scheduler.placement_aggregate_required_for_tenants": False,
    "scheduler.query_placement_for_image_type_support": False,
    "scheduler.enable_isolated_aggregate_filtering": False,
    "scheduler.image_metadata_prefilter": False,
    "compute.packing_host_numa_cells_allocation_strategy": False,
    "workarounds.disable_fallback_pcpu_query": False,
    "pci.alias": (),
}
LIBERTY: dict[str, Any] = TODAY | {
    "filter_scheduler.enabled_filters": LIBERTY_FILTERS,
    "filter_scheduler.weight_classes": ("RAMWeigher", "IoOpsWeigher", "MetricsWeigher"),
    "DEFAULT.cpu_allocation_ratio": 16.0,
    "DEFAULT.ram_allocation_ratio": 1.5,
    "DEFAULT.disk_allocation_ratio": 1.0,
    "DEFAULT.default_availability_zone": "nova",
}


class Options(Mapping[str, Any]):
    """Options by `group.name`, as in nova.conf; what is not given has Nova's default.

    Parameters
    ----------
    given : mapping
        Those that differ from the default. Lists may be lists or comma-separated text.
    era : str
        `today` (Nova 34) or `liberty` (Nova 12; option groups are those of today).

    Raises
    ------
    OptionError
        There is no such option, or its value is of another kind.

    Examples
    --------
    >>> Options({"filter_scheduler.max_io_ops_per_host": 4})["filter_scheduler.max_io_ops_per_host"]
    4
    >>> Options(era="liberty")["DEFAULT.ram_allocation_ratio"]
    1.5
    """

    def __init__(self, given: Mapping[str, Any] | None = None, *, era: str = "today") -> None:
        if era not in ("today", "liberty"):
            raise OptionError(f"there is no era {era!r}", todo="Say today or liberty.")
        self.era = era
        self.defaults = TODAY if era == "today" else LIBERTY
        self.given = {name: _fit(name, value, self.defaults) for name, value in (given or {}).items()}
        self._all = self.defaults | self.given

    def __getitem__(self, name: str) -> Any:
        return self._all[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def __repr__(self) -> str:
        lines = [f"{name} = {self.given[name]}" for name in sorted(self.given)]
        return "\n".join([f"defaults of {self.era}", *lines])

    def changed(self, **given: Any) -> Options:
        """These options with some changed; a dot is written as two underscores."""
        return Options(self.given | {name.replace("__", ".", 1): value for name, value in given.items()}, era=self.era)


def _fit(name: str, value: Any, defaults: Mapping[str, Any]) -> Any:
    """A value in the kind of its default."""
    if name not in defaults:
        near = difflib.get_close_matches(name, defaults, 1)
        raise OptionError(f"Nova's scheduler has no option {name!r}", todo=f"Did you mean {near[0]}?" if near else "")
    default = defaults[name]
    try:
        if isinstance(default, tuple):
            parts = value.split(",") if isinstance(value, str) else value
            return tuple(part.strip() if isinstance(part, str) else part for part in parts if part)
        if isinstance(default, bool):
            return value if isinstance(value, bool) else {"true": True, "false": False}[str(value).lower()]
        if isinstance(default, (int, float)):
            return type(default)(value)
    except (TypeError, ValueError, KeyError):
        kind = "list" if isinstance(default, tuple) else type(default).__name__
        raise OptionError(f"{name} is {value!r}, not a {kind}", todo=f"Its default is {default!r}.") from None
    return value


def weights_by_name(setting: tuple[str, ...]) -> list[tuple[str, float]]:
    """Settings like `name=1.0` as pairs; what cannot be read is passed over, as Nova does."""
    found = []
    for part in setting:
        name, equals, value = part.partition("=")
        try:
            weight = float(value)
        except ValueError:
            continue
        if name and equals:
            found.append((name, weight))
    return found
