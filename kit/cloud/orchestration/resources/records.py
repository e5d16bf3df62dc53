"""Types of services that this cloud has not: kept as records, and their events say so."""

from __future__ import annotations

from typing import Any

from kit.cloud.orchestration.resources.base import ask
from kit.cloud.orchestration.resources.finding import find
from kit.hot import Kind, Resource

# The group of a type's name to the type of the service it needs.
NEEDS = {
    "Aodh": "alarming", "Barbican": "key-manager", "Blazar": "reservation", "Designate": "dns",
    "Ironic": "baremetal", "Magnum": "container-infra", "Manila": "shared-file-system", "Mistral": "workflow",
    "Octavia": "load-balancer", "Trove": "database", "Zaqar": "messaging", "Zun": "container", "Nova": "compute",
    "Neutron": "network", "Cinder": "block-storage", "Glance": "image", "Keystone": "identity",
    "Swift": "object-store",
}  # fmt: skip


class Record(Kind):
    """A resource of which nothing but its properties is known; attributes give what the template gave."""

    @property
    def told_when_done(self) -> str:
        group = self.type.name.split("::")[1]
        what = f"service {NEEDS[group]}" if group in NEEDS and self.type.name.startswith("OS::") else "such thing"
        return f"state changed (kept as a record: this cloud has no {what})"


class Container(Record):
    """OS::Zun::Container: a record whose ports are real, so that addresses can be given to it."""

    def create(self, resource: Resource) -> None:
        calls = ask(resource)
        ports: dict[str, str] = {}
        for place, network in enumerate(resource.properties["networks"] or ()):
            if network.get("port"):
                port = calls("network", "GET", f"/v2.0/ports/{find(calls, 'neutron.port', network['port'])}")["port"]
                ports[port["id"]] = port["network_id"]
                continue
            inside = find(calls, "neutron.network", network.get("network"))
            fixed = {"fixed_ips": [{"ip_address": network["fixed_ip"]}]} if network.get("fixed_ip") else {}
            body = {"network_id": inside, "name": f"{resource.stack.physical_name(resource)}-port-{place}", **fixed}
            made = calls("network", "POST", "/v2.0/ports", {"port": body})["port"]["id"]
            resource.data.setdefault("internal_ports", []).append(made)
            ports[made] = inside
        resource.data["ports"] = ports
        super().create(resource)

    def delete(self, resource: Resource) -> None:
        for port in resource.data.get("internal_ports", ()):
            ask(resource)("network", "DELETE", f"/v2.0/ports/{port}", missing_ok=True)

    def value(self, resource: Resource, name: str) -> Any:
        if name != "addresses":
            return resource.properties.get("name") or resource.stack.physical_name(resource)
        calls = ask(resource)
        told: dict[str, Any] = {}
        for id, inside in resource.data.get("ports", {}).items():
            port = calls("network", "GET", f"/v2.0/ports/{id}")["port"]
            network = calls("network", "GET", f"/v2.0/networks/{inside}")["network"]
            found = [
                {"addr": each["ip_address"], "port": id, "subnet_id": each["subnet_id"],
                 "version": 6 if ":" in each["ip_address"] else 4}
                for each in port["fixed_ips"]
            ]  # fmt: skip
            told[network["name"]] = told.get(network["name"], []) + found
            told[inside] = told[network["name"]]
        return told


KINDS: dict[str, type[Kind]] = {"OS::Zun::Container": Container}
