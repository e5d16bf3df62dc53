"""Filters on metadata of host aggregates."""

from __future__ import annotations

from kit.scheduling.aggregate import metadata
from kit.scheduling.ask import Ask
from kit.scheduling.filters.base import Filter
from kit.scheduling.filters.operators import match
from kit.scheduling.host import Host
from kit.scheduling.image import KNOWN

SCOPE = "aggregate_instance_extra_specs"


class AggregateInstanceExtraSpecsFilter(Filter):
    """Extra specs of scope `aggregate_instance_extra_specs`, or without a scope, against the host's aggregates.

    Source: nova/scheduler/filters/aggregate_instance_extra_specs.py, Nova 34.
    """

    once = True

    def applies(self, ask: Ask) -> bool:
        return bool(_specs(ask))

    def reason(self, host: Host, ask: Ask) -> str:
        wanted = _specs(ask)
        if not wanted:
            return ""
        have = metadata(host)
        for key, want in wanted:
            values = have.get(key)
            if not values:
                return f"is in no aggregate that says {key}"
            if not any(match(value, want) for value in values):
                return f"is in aggregates with {key} {', '.join(sorted(values))}; it must be {want}"
        return ""


def _specs(ask: Ask) -> list[tuple[str, str]]:
    found = []
    for key, wanted in ask.flavor.extra_specs.items():
        scope, colon, name = key.partition(":")
        if not colon or scope == SCOPE:
            found.append((name if colon else key, wanted))
    return found


class AggregateImagePropertiesIsolation(Filter):
    """An image property that an aggregate of the host names must have the value it gives.

    Properties that Nova does not know, and images without the property, pass.

    Source: nova/scheduler/filters/aggregate_image_properties_isolation.py, Nova 34.
    """

    once = True
    on_rebuild = True

    def applies(self, ask: Ask) -> bool:
        return bool(ask.request.image.properties)

    def reason(self, host: Host, ask: Ask) -> str:
        space = ask.options["filter_scheduler.aggregate_image_properties_isolation_namespace"]
        prefix = f"{space}{ask.options['filter_scheduler.aggregate_image_properties_isolation_separator']}"
        for key, values in metadata(host).items():
            if key not in KNOWN or (space and not key.startswith(prefix)):
                continue
            have = ask.request.image.properties.get(key)
            if have and str(have) not in values:
                return f"is in an aggregate for {key} {', '.join(sorted(values))}; the image has {have}"
        return ""


class AggregateMultiTenancyIsolation(Filter):
    """A host in an aggregate with `filter_tenant_id...` is for these projects alone.

    Source: nova/scheduler/filters/aggregate_multitenancy_isolation.py, Nova 34.
    """

    once = True

    def reason(self, host: Host, ask: Ask) -> str:
        if not host.aggregates:
            return ""
        owners = {
            owner
            for key, values in metadata(host).items()
            if key.startswith("filter_tenant_id")
            for owner in values
        }  # fmt: skip
        if not owners or ask.request.project_id in owners:
            return ""
        return f"is kept for {', '.join(sorted(owners))}; the project is {ask.request.project_id}"


class AggregateTypeAffinityFilter(Filter):
    """A host in an aggregate with `instance_type` takes the flavors listed there alone.

    Source: nova/scheduler/filters/type_filter.py, Nova 34.
    """

    once = True

    def reason(self, host: Host, ask: Ask) -> str:
        texts = [each.metadata["instance_type"] for each in host.aggregates if "instance_type" in each.metadata]
        names = {name.strip() for text in texts for name in text.split(",")}
        if not texts or ask.flavor.name in names:
            return ""
        return f"is kept for flavors {', '.join(sorted(names))}; the flavor is {ask.flavor.name}"
