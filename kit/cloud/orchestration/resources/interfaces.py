"""A server's networks: ports of its own, floating IPs, changes while it runs. Source: Heat 27, `server_network_mixin`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kit.cloud.orchestration.resources.base import Values, ask, pruned
from kit.cloud.orchestration.resources.finding import find
from kit.hot import Resource, ResourceFailure

OWN = ("subnet", "floating_ip", "port_extra_properties", "tag")  # what only a port of its own can give


class Interfaces:
    """The interfaces of servers; what it made itself is in the resource's data."""

    def prepare(self, resource: Resource, values: Mapping[str, Any]) -> Any:
        """The `networks` of a new server; None where the template says nothing."""
        networks = values["networks"]
        if not networks:
            return None
        for network in networks:
            if network.get("allocate_network"):
                return network["allocate_network"]
        return [self._nic(resource, network, place, values) for place, network in enumerate(networks)]

    def _nic(self, resource: Resource, network: Values, place: int, values: Mapping[str, Any]) -> Values:
        calls = ask(resource)
        if network.get("port"):
            return {"port": find(calls, "neutron.port", network["port"])}
        if any(network.get(name) for name in OWN):
            return {"port": self._port(resource, network, place, values)}
        name = network.get("network") or network.get("uuid")
        nic: Values = {"uuid": find(calls, "neutron.network", name)}
        return nic | ({"fixed_ip": network["fixed_ip"]} if network.get("fixed_ip") else {})

    def _port(self, resource: Resource, network: Values, place: int, values: Mapping[str, Any]) -> str:
        """A port that belongs to the server."""
        calls = ask(resource)
        extra = dict(network.get("port_extra_properties") or {})
        fixed: Values = {}
        if network.get("subnet"):
            fixed["subnet_id"] = find(calls, "neutron.subnet", network["subnet"])
        if network.get("fixed_ip"):
            fixed["ip_address"] = network["fixed_ip"]
        name = network.get("network") or network.get("uuid")
        if name:
            inside = find(calls, "neutron.network", name)
        else:
            inside = calls("network", "GET", f"/v2.0/subnets/{fixed['subnet_id']}")["subnet"]["network_id"]
        groups = [find(calls, "neutron.security_group", each) for each in values["security_groups"] or ()]
        body = pruned(
            {"name": f"{resource.stack.physical_name(resource)}-port-{place}", "network_id": inside,
             "fixed_ips": [fixed] if fixed else None, "security_groups": groups or None}
        )  # fmt: skip
        body |= {key: each for key, each in extra.items() if key != "value_specs" and each is not None}
        body |= extra.get("value_specs") or {}
        made = calls("network", "POST", "/v2.0/ports", {"port": body})["port"]["id"]
        resource.data.setdefault("internal_ports", []).append(made)
        if network.get("floating_ip"):
            resource.data.setdefault("floating", []).append([network["floating_ip"], made])
        return str(made)

    def finish(self, resource: Resource, values: Mapping[str, Any]) -> None:
        """Give the server's ports the floating IPs that the template names."""
        calls = ask(resource)
        for address, port in resource.data.get("floating", []):
            id = find(calls, "neutron.floating_ip", address)
            calls("network", "PUT", f"/v2.0/floatingips/{id}", {"floatingip": {"port_id": port}})
        for network in values["networks"] or ():
            if network.get("floating_ip") and network.get("port"):
                port = find(calls, "neutron.port", network["port"])
                path = f"/v2.0/floatingips/{network['floating_ip']}"
                calls("network", "PUT", path, {"floatingip": {"port_id": port}})

    def change(self, resource: Resource, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Detach what is no longer wanted and attach what is new, while the server runs."""
        old, new = list(before["networks"] or ()), list(after["networks"] or ())
        gone = [each for each in old if each not in new]
        come = [each for each in new if each not in old]
        calls = ask(resource)
        path = f"/servers/{resource.physical_id}/os-interface"
        attached = calls("compute", "GET", path)["interfaceAttachments"]
        for network in gone if old else attached:
            port = network.get("port_id") or self._port_of(resource, network, attached)
            calls("compute", "DELETE", f"{path}/{port}", missing_ok=True)
            if port in resource.data.get("internal_ports", ()):
                calls("network", "DELETE", f"/v2.0/ports/{port}", missing_ok=True)
                resource.data["internal_ports"].remove(port)
        for place, network in enumerate(come, len(old)):
            nic = self._nic(resource, network, place, after)
            body: Values = {"port_id": nic["port"]} if "port" in nic else {"net_id": nic["uuid"]}
            if "fixed_ip" in nic:
                body["fixed_ips"] = [{"ip_address": nic["fixed_ip"]}]
            calls("compute", "POST", path, {"interfaceAttachment": body})

    def _port_of(self, resource: Resource, network: Values, attached: list[Values]) -> str:
        """The attached port that a network of the template stands for."""
        calls = ask(resource)
        if network.get("port"):
            return str(find(calls, "neutron.port", network["port"]))
        name = network.get("network") or network.get("uuid")
        inside = find(calls, "neutron.network", name) if name else None
        for each in attached:
            addresses = [fixed["ip_address"] for fixed in each["fixed_ips"]]
            subnets = [fixed["subnet_id"] for fixed in each["fixed_ips"]]
            if network.get("fixed_ip") and network["fixed_ip"] not in addresses:
                continue
            if network.get("subnet") and find(calls, "neutron.subnet", network["subnet"]) not in subnets:
                continue
            if inside is None or each["net_id"] == inside:
                attached.remove(each)
                return str(each["port_id"])
        raise ResourceFailure("The interface of the network is not attached to the server.", "NotFound")

    def drop(self, resource: Resource) -> None:
        """Delete the ports that were made for the server."""
        for port in resource.data.pop("internal_ports", []):
            ask(resource)("network", "DELETE", f"/v2.0/ports/{port}", missing_ok=True)

    def addresses(self, resource: Resource, live: Values, name: str) -> Any:
        """The attributes `addresses`, `networks` and `first_address`; networks are named by name and by id."""
        told: dict[str, list[Values]] = live.get("addresses") or {}
        if name == "first_address":
            return next((each["addr"] for found in told.values() for each in found), "")
        calls = ask(resource)
        interfaces = calls("compute", "GET", f"/servers/{resource.physical_id}/os-interface")["interfaceAttachments"]
        ids: dict[str, str] = {}
        ports: dict[str, str] = {}
        for each in interfaces:
            ports[each["mac_addr"]] = each["port_id"]
            for label, found in told.items():
                if any(one.get("OS-EXT-IPS-MAC:mac_addr") == each["mac_addr"] for one in found):
                    ids[label] = each["net_id"]
        made: dict[str, Any] = {}
        for label, found in told.items():
            detailed = [each | {"port": ports.get(each.get("OS-EXT-IPS-MAC:mac_addr", ""))} for each in found]
            shown = [each["addr"] for each in found] if name == "networks" else detailed
            made[label] = shown
            if label in ids:
                made[ids[label]] = shown
        return made
