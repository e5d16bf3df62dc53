"""Paths of the placement service and what answers them."""

from __future__ import annotations

from kit.cloud.placement import (
    aggregates,
    allocations,
    candidates,
    inventories,
    provider_traits,
    providers,
    reshaper,
    resource_classes,
    traits,
    usages,
)
from kit.cloud.placement.service import LATEST, ROOT, PlacementService, PlacementVersions, home, not_allowed

service = PlacementService(
    type="placement", name="placement", path="/placement", strips_slash=False, empty_type="",
    microversions=PlacementVersions("placement", ROOT, LATEST),
)  # fmt: skip
add = service.add

add("GET", "/", home, open=True)

add("GET", "/resource_providers", providers.index)
add("POST", "/resource_providers", providers.create)
add("GET", "/resource_providers/{uuid}", providers.show)
add("PUT", "/resource_providers/{uuid}", providers.update)
add("DELETE", "/resource_providers/{uuid}", providers.delete)

add("GET", "/resource_providers/{uuid}/inventories", inventories.index)
add("POST", "/resource_providers/{uuid}/inventories", inventories.create)
add("PUT", "/resource_providers/{uuid}/inventories", inventories.replace)
add("DELETE", "/resource_providers/{uuid}/inventories", inventories.clear, since="1.5")
add("DELETE", "/resource_providers/{uuid}/inventories", not_allowed, until="1.4")
add("GET", "/resource_providers/{uuid}/inventories/{resource_class}", inventories.show)
add("PUT", "/resource_providers/{uuid}/inventories/{resource_class}", inventories.update)
add("DELETE", "/resource_providers/{uuid}/inventories/{resource_class}", inventories.delete)

add("GET", "/resource_providers/{uuid}/usages", usages.of_provider)
add("GET", "/resource_providers/{uuid}/aggregates", aggregates.show, since="1.1")
add("PUT", "/resource_providers/{uuid}/aggregates", aggregates.replace, since="1.1")
add("GET", "/resource_providers/{uuid}/traits", provider_traits.show, since="1.6")
add("PUT", "/resource_providers/{uuid}/traits", provider_traits.replace, since="1.6")
add("DELETE", "/resource_providers/{uuid}/traits", provider_traits.clear, since="1.6")
add("GET", "/resource_providers/{uuid}/allocations", allocations.of_provider)

add("POST", "/allocations", allocations.replace_many, since="1.13")
add("GET", "/allocations/{consumer_uuid}", allocations.show)
add("PUT", "/allocations/{consumer_uuid}", allocations.replace, status=204)
add("DELETE", "/allocations/{consumer_uuid}", allocations.delete)
add("GET", "/allocation_candidates", candidates.index, since="1.10")
add("GET", "/usages", usages.total, since="1.9")
add("POST", "/reshaper", reshaper.reshape, since="1.30")

add("GET", "/traits", traits.index, since="1.6")
add("GET", "/traits/{name}", traits.show, since="1.6")
add("PUT", "/traits/{name}", traits.create, since="1.6")
add("DELETE", "/traits/{name}", traits.delete, since="1.6")

add("GET", "/resource_classes", resource_classes.index, since="1.2")
add("POST", "/resource_classes", resource_classes.create, since="1.2")
add("GET", "/resource_classes/{name}", resource_classes.show, since="1.2")
add("PUT", "/resource_classes/{name}", resource_classes.rename, since="1.2", until="1.6")
add("PUT", "/resource_classes/{name}", resource_classes.ensure, since="1.7")
add("DELETE", "/resource_classes/{name}", resource_classes.delete, since="1.2")
