"""openstacksdk and the placement service, over a port."""

import uuid

import pytest
from openstack import exceptions


def test_a_provider_with_inventory_traits_and_aggregates(admin):
    made = admin.placement.create_resource_provider(name="rack")
    assert admin.placement.find_resource_provider("rack").id == made.id
    inventory = admin.placement.create_resource_provider_inventory(made, "VCPU", total=8)
    assert (inventory.total, inventory.allocation_ratio) == (8, 1.0)
    changed = admin.placement.update_resource_provider_inventory(
        "VCPU", made, total=4, resource_provider_generation=admin.placement.get_resource_provider(made).generation
    )
    assert changed.total == 4
    assert [one.resource_class for one in admin.placement.resource_provider_inventories(made)] == ["VCPU"]
    trait = admin.placement.create_trait("CUSTOM_QUIET")
    now = admin.placement.get_resource_provider_trait(made)
    now.resource_provider_id = made.id
    admin.placement.set_resource_provider_trait(
        now, traits=[trait.name], resource_provider_generation=now.resource_provider_generation
    )
    assert trait.name in admin.placement.get_resource_provider_trait(made).traits
    aggregate = str(uuid.uuid4())
    admin.placement.set_resource_provider_aggregates(admin.placement.get_resource_provider(made), aggregate)
    assert admin.placement.fetch_resource_provider_aggregates(made).aggregates == [aggregate]
    admin.placement.delete_resource_provider(made, ignore_missing=False)
    with pytest.raises(exceptions.NotFoundException):
        admin.placement.get_resource_provider(made)


def test_two_who_change_one_provider_are_told(admin):
    made = admin.placement.create_resource_provider(name="rack")
    put = {"resource_provider_generation": 0, "inventories": {"VCPU": {"total": 4}}}
    path = f"/resource_providers/{made.id}/inventories"
    assert admin.placement.put(path, json=put, microversion="1.39").status_code == 200
    refused = admin.placement.put(path, json=put, microversion="1.39")
    assert refused.json()["errors"][0]["code"] == "placement.concurrent_update"
    with pytest.raises(exceptions.ConflictException, match="Conflict"):
        admin.placement.create_resource_provider(name="rack")


def test_a_candidate_is_claimed(admin):
    (candidate,) = admin.placement.allocation_candidates(resources="VCPU:2,MEMORY_MB:512")
    consumer = str(uuid.uuid4())
    admin.placement.update_allocation(
        consumer, allocations=candidate.allocations, project_id="p", user_id="u", consumer_generation=None,
        consumer_type="LAB",
    )  # fmt: skip
    held = admin.placement.get_allocation(consumer)
    assert next(iter(held.allocations.values()))["resources"] == {"VCPU": 2, "MEMORY_MB": 512}
    (usage,) = admin.placement.usages(project_id="p")
    assert (usage.consumer_type, usage.consumer_count, usage.resources["VCPU"]) == ("LAB", 1, 2)
    admin.placement.delete_allocation(consumer)
    assert not admin.placement.get_allocation(consumer).allocations


def test_a_server_is_seen_as_an_allocation(admin, demo):
    server = demo.create_server("a", image="cirros", flavor="m1.small", wait=True)
    (provider,) = admin.placement.resource_providers()
    found = {one.id: one.resources for one in admin.placement.resource_provider_allocations(provider)}
    flavor = demo.get_flavor("m1.small")
    assert found[server.id] == {"VCPU": flavor.vcpus, "MEMORY_MB": flavor.ram, "DISK_GB": flavor.disk}
    demo.delete_server("a", wait=True)
    assert list(admin.placement.resource_provider_allocations(provider)) == []


def test_it_is_the_operators_alone(demo):
    with pytest.raises(exceptions.ForbiddenException):
        list(demo.placement.resource_providers())


def test_resource_classes(admin):
    admin.placement.create_resource_class(name="CUSTOM_GOLD")
    assert {"VCPU", "CUSTOM_GOLD"} <= {one.name for one in admin.placement.resource_classes()}
    admin.placement.delete_resource_class("CUSTOM_GOLD", ignore_missing=False)
    assert "CUSTOM_GOLD" not in {one.name for one in admin.placement.resource_classes()}
