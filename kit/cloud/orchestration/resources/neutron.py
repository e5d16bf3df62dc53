"""OS::Neutron types that every template has: networks, subnets, ports, routers, floating IPs, security groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from kit.cloud.orchestration.resources.base import ApiKind, CloudKind, Values, ask, pruned
from kit.cloud.orchestration.resources.finding import find
from kit.hot import Kind, Resource


class NeutronKind(ApiKind):
    """A thing of Neutron's; tags are set by their own call."""

    service = "network"
    plain = frozenset({"value_specs", "tags"})

    @property
    def collection(self) -> str:
        """The last word of the path, for tags."""
        return self.path.rpartition("/")[2]

    def body(self, resource: Resource, values: Mapping[str, Any]) -> Values:
        made = super().body(resource, values)
        return {key: value for key, value in made.items() if key not in self.plain}

    def after(self, resource: Resource, made: Values) -> None:
        if resource.properties.get("tags"):
            self.tag(resource, resource.properties["tags"])

    def tag(self, resource: Resource, tags: list[str]) -> None:
        """Set the tags."""
        self.call(resource, "PUT", f"/v2.0/{self.collection}/{resource.physical_id}/tags", {"tags": tags})

    def after_update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        if "tags" in changed:
            self.tag(resource, changed["tags"] or [])

    def cleared(self, changed: Mapping[str, Any]) -> Values:
        return {key: value for key, value in super().cleared(changed).items() if key not in self.plain}

    def needs_replace_failed(self, resource: Resource) -> bool:
        live = self.show(resource)
        return live is None or live.get("status") == "ERROR"

    def told(self, resource: Resource, name: str, live: Values) -> Any:
        return live.get("project_id") if name == "tenant_id" else super().told(resource, name, live)


class Net(NeutronKind):
    """OS::Neutron::Net."""

    path, key = "/v2.0/networks", "network"
    unsent = frozenset({"dhcp_agent_ids"})
    fields: ClassVar[Mapping[str, str]] = {"qos_policy": "qos_policy_id"}
    found: ClassVar[Mapping[str, str]] = {"qos_policy": "neutron.qos_policy"}
    good, bad = ("ACTIVE", "DOWN"), ("ERROR",)

    def _agents(self, resource: Resource, wanted: list[str], before: list[str]) -> None:
        for agent in [each for each in wanted if each not in before]:
            given = {"network_id": resource.physical_id}
            self.call(resource, "POST", f"/v2.0/agents/{agent}/dhcp-networks", given)
        for agent in [each for each in before if each not in wanted]:
            path = f"/v2.0/agents/{agent}/dhcp-networks/{resource.physical_id}"
            self.call(resource, "DELETE", path, missing_ok=True)

    def after(self, resource: Resource, made: Values) -> None:
        super().after(resource, made)
        self._agents(resource, resource.properties["dhcp_agent_ids"] or [], [])

    def after_update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        super().after_update(resource, changed)
        if "dhcp_agent_ids" in changed:
            before = resource.data["before"].get("properties") or {}
            self._agents(resource, changed["dhcp_agent_ids"] or [], before.get("dhcp_agent_ids") or [])

    def told(self, resource: Resource, name: str, live: Values) -> Any:
        if name == "segments":
            path = f"/v2.0/segments?network_id={resource.physical_id}"
            return self.call(resource, "GET", path)["segments"]
        return super().told(resource, name, live)


class ProviderNet(Net):
    """OS::Neutron::ProviderNet."""

    fields: ClassVar[Mapping[str, str]] = {
        "network_type": "provider:network_type", "physical_network": "provider:physical_network",
        "segmentation_id": "provider:segmentation_id", "router_external": "router:external",
    }  # fmt: skip
    found: ClassVar[Mapping[str, str]] = {}

    def after(self, resource: Resource, made: Values) -> None:
        NeutronKind.after(self, resource, made)

    def after_update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        NeutronKind.after_update(self, resource, changed)


class Subnet(NeutronKind):
    """OS::Neutron::Subnet."""

    path, key = "/v2.0/subnets", "subnet"
    unsent = frozenset({"network_id"})
    fields: ClassVar[Mapping[str, str]] = {
        "network": "network_id",
        "subnetpool": "subnetpool_id",
        "segment": "segment_id",
    }
    found: ClassVar[Mapping[str, str]] = {
        "network": "neutron.network",
        "subnetpool": "neutron.subnetpool",
        "segment": "neutron.segment",
    }

    def body(self, resource: Resource, values: Mapping[str, Any]) -> Values:
        made = super().body(resource, values)
        if made.get("gateway_ip") == "":
            made["gateway_ip"] = None
        for name in ("allocation_pools", "host_routes"):
            if not made.get(name) and name in made and not resource.physical_id:
                del made[name]
        return made

    def cleared(self, changed: Mapping[str, Any]) -> Values:
        found = super().cleared(changed)
        return found | {name: [] for name in ("allocation_pools", "host_routes") if name in found}


class Port(NeutronKind):
    """OS::Neutron::Port."""

    path, key = "/v2.0/ports", "port"
    unsent = frozenset({"network_id", "replacement_policy", "no_fixed_ips"})
    fields: ClassVar[Mapping[str, str]] = {"network": "network_id", "qos_policy": "qos_policy_id"}
    found: ClassVar[Mapping[str, str]] = {
        "network": "neutron.network", "security_groups": "neutron.security_group", "qos_policy": "neutron.qos_policy",
    }  # fmt: skip
    good, bad = ("ACTIVE", "DOWN", "BUILD"), ("ERROR",)

    def body(self, resource: Resource, values: Mapping[str, Any]) -> Values:
        made = super().body(resource, values)
        if made.get("fixed_ips") is not None:
            made["fixed_ips"] = [self._fixed(resource, each) for each in made["fixed_ips"]]
            if not made["fixed_ips"] and not resource.physical_id:
                del made["fixed_ips"]
        if values.get("no_fixed_ips"):
            made["fixed_ips"] = []
        if made.get("allowed_address_pairs") is not None:
            made["allowed_address_pairs"] = [pruned(each) for each in made["allowed_address_pairs"]]
        for name in ("device_id", "device_owner", "binding:vnic_type"):
            if made.get(name) == "" and not resource.physical_id:
                del made[name]
        return made

    @staticmethod
    def _fixed(resource: Resource, given: Values) -> Values:
        made: Values = {}
        subnet = given.get("subnet") or given.get("subnet_id")
        if subnet:
            made["subnet_id"] = find(ask(resource), "neutron.subnet", subnet)
        if given.get("ip_address"):
            made["ip_address"] = given["ip_address"]
        return made

    def before_replace(self, resource: Resource) -> None:
        live = self.show(resource)
        if live is not None:
            resource.data["port_fip"] = live["fixed_ips"]
            self._give(resource, [])

    def restore(self, resource: Resource, successor: Resource) -> None:
        if successor.physical_id is not None and self.show(successor) is not None:
            self._give(successor, [])
        addresses = resource.data.pop("port_fip", [])
        if addresses and self.show(resource) is not None:
            self._give(resource, addresses)

    def _give(self, resource: Resource, addresses: list[Values]) -> None:
        self.call(resource, "PUT", self.one(resource), {"port": {"fixed_ips": addresses}})

    def told(self, resource: Resource, name: str, live: Values) -> Any:
        if name == "subnets":
            ids = [each["subnet_id"] for each in live["fixed_ips"]]
            return [self.call(resource, "GET", f"/v2.0/subnets/{id}")["subnet"] for id in ids]
        if name == "network":
            return self.call(resource, "GET", f"/v2.0/networks/{live['network_id']}")["network"]
        return super().told(resource, name, live)


class Router(NeutronKind):
    """OS::Neutron::Router."""

    path, key = "/v2.0/routers", "router"
    unsent = frozenset({"l3_agent_id", "l3_agent_ids"})
    good, bad = ("ACTIVE", "DOWN"), ("ERROR",)

    def body(self, resource: Resource, values: Mapping[str, Any]) -> Values:
        made = super().body(resource, values)
        gateway = made.get("external_gateway_info")
        if gateway:
            told: Values = {"network_id": find(ask(resource), "neutron.network", gateway["network"])}
            if gateway.get("enable_snat") is not None and ask(resource).context.is_admin:
                told["enable_snat"] = gateway["enable_snat"]
            fixed = [Port._fixed(resource, each) for each in gateway.get("external_fixed_ips") or ()]
            made["external_gateway_info"] = told | ({"external_fixed_ips": fixed} if fixed else {})
        return made

    def _agents(self, resource: Resource, values: Mapping[str, Any]) -> None:
        wanted = values.get("l3_agent_ids") or ([values["l3_agent_id"]] if values.get("l3_agent_id") else [])
        there = self.call(resource, "GET", f"{self.one(resource)}/l3-agents")["agents"]
        for agent in [each["id"] for each in there if each["id"] not in wanted]:
            path = f"/v2.0/agents/{agent}/l3-routers/{resource.physical_id}"
            self.call(resource, "DELETE", path, missing_ok=True)
        for agent in [each for each in wanted if each not in [one["id"] for one in there]]:
            given = {"router_id": resource.physical_id}
            self.call(resource, "POST", f"/v2.0/agents/{agent}/l3-routers", given)

    def after(self, resource: Resource, made: Values) -> None:
        super().after(resource, made)
        values = resource.properties
        if values["l3_agent_ids"] or values["l3_agent_id"]:
            self._agents(resource, values)

    def after_update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        super().after_update(resource, changed)
        if "l3_agent_ids" in changed or "l3_agent_id" in changed:
            self._agents(resource, changed)


class RouterInterface(CloudKind):
    """OS::Neutron::RouterInterface: `ROUTER:subnet_id=SUBNET`."""

    def create(self, resource: Resource) -> None:
        values = resource.properties
        calls = ask(resource)
        router = find(calls, "neutron.router", values["router"] or values["router_id"])
        if values["port"]:
            key, other = "port_id", find(calls, "neutron.port", values["port"])
        else:
            key, other = "subnet_id", find(calls, "neutron.subnet", values["subnet"] or values["subnet_id"])
        calls("network", "PUT", f"/v2.0/routers/{router}/add_router_interface", {key: other})
        resource.physical_id = f"{router}:{key}={other}"

    def delete(self, resource: Resource) -> None:
        if resource.physical_id is None:
            return
        router, _, rest = resource.physical_id.partition(":")
        key, _, other = rest.partition("=")
        path = f"/v2.0/routers/{router}/remove_router_interface"
        ask(resource)("network", "PUT", path, {key: other}, missing_ok=True)


class RouterGateway(CloudKind):
    """OS::Neutron::RouterGateway: `ROUTER:NETWORK`."""

    def create(self, resource: Resource) -> None:
        values = resource.properties
        calls = ask(resource)
        router = find(calls, "neutron.router", values["router_id"])
        network = find(calls, "neutron.network", values["network"] or values["network_id"])
        body = {"router": {"external_gateway_info": {"network_id": network}}}
        calls("network", "PUT", f"/v2.0/routers/{router}", body)
        resource.physical_id = f"{router}:{network}"

    def delete(self, resource: Resource) -> None:
        if resource.physical_id is not None:
            router = resource.physical_id.partition(":")[0]
            body: Values = {"router": {"external_gateway_info": {}}}
            ask(resource)("network", "PUT", f"/v2.0/routers/{router}", body, missing_ok=True)


class FloatingIP(NeutronKind):
    """OS::Neutron::FloatingIP."""

    path, key = "/v2.0/floatingips", "floatingip"
    named = False
    unsent = frozenset({"floating_network_id"})
    fields: ClassVar[Mapping[str, str]] = {"floating_network": "floating_network_id", "floating_subnet": "subnet_id"}
    found: ClassVar[Mapping[str, str]] = {
        "floating_network": "neutron.network", "floating_subnet": "neutron.subnet", "port_id": "neutron.port",
    }  # fmt: skip


class FloatingIPAssociation(CloudKind):
    """OS::Neutron::FloatingIPAssociation: its id is the floating IP's."""

    def _join(self, resource: Resource) -> None:
        values = resource.properties
        body = pruned({"port_id": values["port_id"], "fixed_ip_address": values["fixed_ip_address"]})
        path = f"/v2.0/floatingips/{values['floatingip_id']}"
        ask(resource)("network", "PUT", path, {"floatingip": body})
        resource.physical_id = values["floatingip_id"]

    def create(self, resource: Resource) -> None:
        self._join(resource)

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        if "floatingip_id" in changed:
            self.delete(resource)
        self._join(resource)

    def delete(self, resource: Resource) -> None:
        if resource.physical_id is not None:
            path = f"/v2.0/floatingips/{resource.physical_id}"
            ask(resource)("network", "PUT", path, {"floatingip": {"port_id": None}}, missing_ok=True)


class SecurityGroup(NeutronKind):
    """OS::Neutron::SecurityGroup; without egress rules in the template Neutron's own stay."""

    path, key = "/v2.0/security-groups", "security_group"
    unsent = frozenset({"rules"})

    def _rule(self, resource: Resource, given: Values) -> Values:
        rule = pruned(dict(given))
        mode, group = rule.pop("remote_mode", None), rule.pop("remote_group_id", None)
        if mode == "remote_group_id":
            group = find(ask(resource), "neutron.security_group", group) if group else resource.physical_id
            rule["remote_group_id"] = group
        return {**rule, "security_group_id": resource.physical_id}

    def _add(self, resource: Resource, rules: list[Values]) -> None:
        if any(each.get("direction") == "egress" for each in rules):
            self._clear(resource, "egress")
        for each in rules:
            body = {"security_group_rule": self._rule(resource, each)}
            reply = ask(resource).reply("network", "POST", "/v2.0/security-group-rules", body)
            if reply.status_code >= 400 and reply.status_code != 409:  # there already is as good as made
                self.call(resource, "POST", "/v2.0/security-group-rules", body)

    def _clear(self, resource: Resource, direction: str = "") -> None:
        for rule in (self.show(resource) or {}).get("security_group_rules", ()):
            if direction in ("", rule["direction"]):
                self.call(resource, "DELETE", f"/v2.0/security-group-rules/{rule['id']}", missing_ok=True)

    def after(self, resource: Resource, made: Values) -> None:
        self._add(resource, resource.properties["rules"])

    def after_update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        if "rules" in changed:
            self._clear(resource)
            rules = changed["rules"] or []
            if not any(each.get("direction") == "egress" for each in rules):
                rules = [*rules, *({"direction": "egress", "ethertype": kind} for kind in ("IPv4", "IPv6"))]
            self._add(resource, rules)


class SecurityGroupRule(NeutronKind):
    """OS::Neutron::SecurityGroupRule."""

    path, key = "/v2.0/security-group-rules", "security_group_rule"
    named = False
    fields: ClassVar[Mapping[str, str]] = {"security_group": "security_group_id", "remote_group": "remote_group_id"}
    found: ClassVar[Mapping[str, str]] = {
        "security_group": "neutron.security_group",
        "remote_group": "neutron.security_group",
    }


KINDS: dict[str, type[Kind]] = {
    "OS::Neutron::Net": Net, "OS::Neutron::ProviderNet": ProviderNet, "OS::Neutron::Subnet": Subnet,
    "OS::Neutron::Port": Port, "OS::Neutron::Router": Router, "OS::Neutron::RouterInterface": RouterInterface,
    "OS::Neutron::RouterGateway": RouterGateway, "OS::Neutron::FloatingIP": FloatingIP,
    "OS::Neutron::FloatingIPAssociation": FloatingIPAssociation, "OS::Neutron::SecurityGroup": SecurityGroup,
    "OS::Neutron::SecurityGroupRule": SecurityGroupRule,
}  # fmt: skip
