"""OS::Neutron types for operators and finer work: trunks, QoS, pools, scopes, segments, metering, RBAC, routes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from kit.cloud.orchestration.resources.base import CloudKind, Values, ask, pruned
from kit.cloud.orchestration.resources.finding import find
from kit.cloud.orchestration.resources.neutron import NeutronKind
from kit.cloud.orchestration.resources.nova import QuotaKind
from kit.hot import Kind, Resource


class Trunk(NeutronKind):
    """OS::Neutron::Trunk."""

    path, key = "/v2.0/trunks", "trunk"
    unsent = frozenset({"sub_ports"})
    fields: ClassVar[Mapping[str, str]] = {"port": "port_id"}
    found: ClassVar[Mapping[str, str]] = {"port": "neutron.port"}
    good, bad = ("ACTIVE", "DOWN", "BUILD"), ("ERROR",)

    def _below(self, resource: Resource, given: list[Values] | None) -> list[Values]:
        return [
            {"port_id": find(ask(resource), "neutron.port", each["port"]),
             "segmentation_type": each["segmentation_type"], "segmentation_id": each["segmentation_id"]}
            for each in given or ()
        ]  # fmt: skip

    def new(self, resource: Resource) -> Values:
        made = super().new(resource)
        below = self._below(resource, resource.properties["sub_ports"])
        return made | ({"sub_ports": below} if below else {})

    def after_update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        if "sub_ports" not in changed:
            return
        old = self._below(resource, (resource.data["before"].get("properties") or {}).get("sub_ports"))
        new = self._below(resource, changed["sub_ports"])
        gone = [{"port_id": each["port_id"]} for each in old if each not in new]
        come = [each for each in new if each not in old]
        if gone:
            self.call(resource, "PUT", f"{self.one(resource)}/remove_subports", {"sub_ports": gone})
        if come:
            self.call(resource, "PUT", f"{self.one(resource)}/add_subports", {"sub_ports": come})


class SubnetPool(NeutronKind):
    """OS::Neutron::SubnetPool."""

    path, key = "/v2.0/subnetpools", "subnetpool"
    fields: ClassVar[Mapping[str, str]] = {"address_scope": "address_scope_id"}
    found: ClassVar[Mapping[str, str]] = {"address_scope": "neutron.address_scope"}


class AddressScope(NeutronKind):
    """OS::Neutron::AddressScope."""

    path, key = "/v2.0/address-scopes", "address_scope"


class Segment(NeutronKind):
    """OS::Neutron::Segment."""

    path, key = "/v2.0/segments", "segment"
    named = False
    fields: ClassVar[Mapping[str, str]] = {"network": "network_id"}
    found: ClassVar[Mapping[str, str]] = {"network": "neutron.network"}


class MeteringLabel(NeutronKind):
    """OS::Neutron::MeteringLabel."""

    path, key = "/v2.0/metering/metering-labels", "metering_label"


class MeteringRule(NeutronKind):
    """OS::Neutron::MeteringRule."""

    path, key = "/v2.0/metering/metering-label-rules", "metering_label_rule"


class RBACPolicy(NeutronKind):
    """OS::Neutron::RBACPolicy."""

    path, key = "/v2.0/rbac-policies", "rbac_policy"

    def new(self, resource: Resource) -> Values:
        made = super().new(resource)
        kind = {"network": "neutron.network", "qos_policy": "neutron.qos_policy"}.get(made["object_type"], "")
        return made | {"object_id": find(ask(resource), kind, made["object_id"])}


class QoSPolicy(NeutronKind):
    """OS::Neutron::QoSPolicy."""

    path, key = "/v2.0/qos/policies", "policy"


class QoSRule(NeutronKind):
    """A rule of a QoS policy."""

    rules = ""
    named = False
    unsent = frozenset({"policy", "tenant_id"})
    fields: ClassVar[Mapping[str, str]] = {"max_burst_kbps": "max_burst_kbps"}

    def _policy(self, resource: Resource) -> str:
        return str(find(ask(resource), "neutron.qos_policy", resource.properties["policy"]))

    def one(self, resource: Resource) -> str:
        return f"/v2.0/qos/policies/{self._policy(resource)}/{self.rules}/{resource.physical_id}"

    def create(self, resource: Resource) -> None:
        path = f"/v2.0/qos/policies/{self._policy(resource)}/{self.rules}"
        made = self.call(resource, "POST", path, {self.key: self.new(resource)})[self.key]
        resource.physical_id = made["id"]


class BandwidthLimitRule(QoSRule):
    """OS::Neutron::QoSBandwidthLimitRule."""

    rules, key = "bandwidth_limit_rules", "bandwidth_limit_rule"


class DscpMarkingRule(QoSRule):
    """OS::Neutron::QoSDscpMarkingRule."""

    rules, key = "dscp_marking_rules", "dscp_marking_rule"


class MinimumBandwidthRule(QoSRule):
    """OS::Neutron::QoSMinimumBandwidthRule."""

    rules, key = "minimum_bandwidth_rules", "minimum_bandwidth_rule"


class MinimumPacketRateRule(QoSRule):
    """OS::Neutron::QoSMinimumPacketRateRule."""

    rules, key = "minimum_packet_rate_rules", "minimum_packet_rate_rule"


class PortForwarding(NeutronKind):
    """OS::Neutron::FloatingIPPortForward."""

    key = "port_forwarding"
    named = False
    unsent = frozenset({"floating_ip"})
    fields: ClassVar[Mapping[str, str]] = {"internal_port_number": "internal_port", "internal_port": "internal_port_id"}
    found: ClassVar[Mapping[str, str]] = {"internal_port": "neutron.port"}

    def _all(self, resource: Resource) -> str:
        return f"/v2.0/floatingips/{resource.properties['floating_ip']}/port_forwardings"

    def one(self, resource: Resource) -> str:
        return f"{self._all(resource)}/{resource.physical_id}"

    def create(self, resource: Resource) -> None:
        made = self.call(resource, "POST", self._all(resource), {self.key: self.new(resource)})[self.key]
        resource.physical_id = made["id"]


class ExtraRouteSet(CloudKind):
    """OS::Neutron::ExtraRouteSet: routes beside the others of a router."""

    def _routes(self, resource: Resource, come: list[Values], gone: list[Values]) -> None:
        calls = ask(resource)
        router = find(calls, "neutron.router", resource.properties["router"])
        path = f"/v2.0/routers/{router}"
        there = calls("network", "GET", path)["router"]["routes"]
        wanted = [each for each in there if each not in gone and each not in come] + come
        calls("network", "PUT", path, {"router": {"routes": wanted}})

    @staticmethod
    def _given(values: Mapping[str, Any]) -> list[Values]:
        return [pruned(dict(each)) for each in values.get("routes") or ()]

    def create(self, resource: Resource) -> None:
        self._routes(resource, self._given(resource.properties), [])
        resource.physical_id = resource.stack.physical_name(resource)

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        before = self._given(resource.data["before"].get("properties") or {})
        self._routes(resource, self._given(resource.properties), before)

    def delete(self, resource: Resource) -> None:
        if resource.physical_id is not None:
            self._routes(resource, [], self._given(resource.properties))


class ExtraRoute(ExtraRouteSet):
    """OS::Neutron::ExtraRoute: one route of a router."""

    def _routes(self, resource: Resource, come: list[Values], gone: list[Values]) -> None:
        calls = ask(resource)
        path = f"/v2.0/routers/{find(calls, 'neutron.router', resource.properties['router_id'])}"
        there = calls("network", "GET", path)["router"]["routes"]
        wanted = [each for each in there if each not in gone and each not in come] + come
        calls("network", "PUT", path, {"router": {"routes": wanted}})

    @staticmethod
    def _given(values: Mapping[str, Any]) -> list[Values]:
        return [{"destination": values["destination"], "nexthop": values["nexthop"]}]


class NetworkQuota(QuotaKind):
    """OS::Neutron::Quota."""

    service, path, key = "network", "/v2.0/quotas", "quota"


KINDS: dict[str, type[Kind]] = {
    "OS::Neutron::Trunk": Trunk, "OS::Neutron::SubnetPool": SubnetPool, "OS::Neutron::AddressScope": AddressScope,
    "OS::Neutron::Segment": Segment, "OS::Neutron::MeteringLabel": MeteringLabel,
    "OS::Neutron::MeteringRule": MeteringRule, "OS::Neutron::RBACPolicy": RBACPolicy,
    "OS::Neutron::QoSPolicy": QoSPolicy, "OS::Neutron::QoSBandwidthLimitRule": BandwidthLimitRule,
    "OS::Neutron::QoSDscpMarkingRule": DscpMarkingRule, "OS::Neutron::QoSMinimumBandwidthRule": MinimumBandwidthRule,
    "OS::Neutron::QoSMinimumPacketRateRule": MinimumPacketRateRule,
    "OS::Neutron::FloatingIPPortForward": PortForwarding, "OS::Neutron::ExtraRouteSet": ExtraRouteSet,
    "OS::Neutron::ExtraRoute": ExtraRoute, "OS::Neutron::Quota": NetworkQuota,
}  # fmt: skip
