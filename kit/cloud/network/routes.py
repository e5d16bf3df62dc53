"""Paths of the network service and what answers them."""

from __future__ import annotations

from kit.cloud.network import (
    address_groups,
    address_scopes,
    auto_topology,
    extensions,
    floating_ips,
    networks,
    ports,
    qos_policies,
    quotas,
    routers,
    routes_extensions,
    rules,
    security_groups,
    subnet_pools,
    subnets,
    tags,
    trunks,
)  # fmt: skip
from kit.cloud.network.attributes import sound
from kit.cloud.network.service import NetworkService, version, versions

service = NetworkService(
    type="network", name="neutron", path="/network",
    malformed_body="The server could not comply with the request since it is either malformed or otherwise incorrect.",
)  # fmt: skip
add = service.add

add("GET", "/", versions, open=True)
add("GET", "/v2.0", version)

for collection, id, module in (
    ("networks", "network_id", networks),
    ("subnets", "subnet_id", subnets),
    ("subnetpools", "subnetpool_id", subnet_pools),
    ("ports", "port_id", ports),
    ("routers", "router_id", routers),
    ("floatingips", "floatingip_id", floating_ips),
    ("address-groups", "group_id", address_groups),
    ("security-groups", "group_id", security_groups),
    ("security-group-rules", "rule_id", rules),
    ("trunks", "trunk_id", trunks),
    ("qos/policies", "policy_id", qos_policies),
):
    path = f"/v2.0/{collection}"
    # Listing groups or rules makes the project's default group, as it does in Neutron.
    add("GET", path, module.index, writes=collection.startswith("security"))
    add("POST", path, sound(module.FORM, module.create, "create"), status=201)
    add("GET", f"{path}/{{{id}}}", module.show)
    add("PUT", f"{path}/{{{id}}}", sound(module.FORM, module.update))
    add("DELETE", f"{path}/{{{id}}}", module.delete)
    if collection in tags.UNTAGGED:
        continue
    path = path.replace("/qos/", "/")  # the tags of QoS policies have no such word before them
    add("POST", f"{path}/{{{id}}}/tags", lambda call, _id=id, **given: tags.create(call, given[_id]))
    add("GET", f"{path}/{{{id}}}/tags", lambda call, _id=id, **given: tags.index(call, given[_id]))
    add("PUT", f"{path}/{{{id}}}/tags", lambda call, _id=id, **given: tags.replace(call, given[_id]))
    add("DELETE", f"{path}/{{{id}}}/tags", lambda call, _id=id, **given: tags.clear(call, given[_id]))
    one = f"{path}/{{{id}}}/tags/{{tag}}"
    add("GET", one, lambda call, tag, _id=id, **given: tags.check(call, given[_id], tag))
    add("PUT", one, lambda call, tag, _id=id, **given: tags.add(call, given[_id], tag))
    add("DELETE", one, lambda call, tag, _id=id, **given: tags.remove(call, given[_id], tag))

add("PUT", "/v2.0/routers/{router_id}/add_router_interface", routers.add_interface)
add("PUT", "/v2.0/routers/{router_id}/remove_router_interface", routers.remove_interface)

add("PUT", "/v2.0/address-groups/{group_id}/add_addresses", address_groups.add_addresses)
add("PUT", "/v2.0/address-groups/{group_id}/remove_addresses", address_groups.remove_addresses)
add("GET", "/v2.0/address-scopes", address_scopes.index)
add("POST", "/v2.0/address-scopes", sound(address_scopes.FORM, address_scopes.create, "create"), status=201)
add("GET", "/v2.0/address-scopes/{scope_id}", address_scopes.show)
add("PUT", "/v2.0/address-scopes/{scope_id}", sound(address_scopes.FORM, address_scopes.update))
add("DELETE", "/v2.0/address-scopes/{scope_id}", address_scopes.delete)
add("GET", "/v2.0/auto-allocated-topology/{project_id}", auto_topology.show, writes=True)
add("DELETE", "/v2.0/auto-allocated-topology/{project_id}", auto_topology.delete)

add("GET", "/v2.0/quotas", quotas.index)
add("GET", "/v2.0/quotas/tenant", quotas.own_project)
add("GET", "/v2.0/quotas/project", quotas.own_project)
add("GET", "/v2.0/quotas/{project_id}", quotas.show)
add("PUT", "/v2.0/quotas/{project_id}", quotas.update)
add("DELETE", "/v2.0/quotas/{project_id}", quotas.delete)
add("GET", "/v2.0/quotas/{project_id}/default", quotas.defaults)
add("GET", "/v2.0/quotas/{project_id}/details", quotas.details)

add("GET", "/v2.0/extensions", extensions.index)
add("GET", "/v2.0/extensions/{alias}", extensions.show)
routes_extensions.add_to(service)
