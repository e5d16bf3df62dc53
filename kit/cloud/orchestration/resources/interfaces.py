"""A server's networks: ports of its own, floating IPs, changes while it runs. Source: Heat 27, `server_network_mixin`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kit.cloud.orchestration.resources.base import Values, ask, pruned
from kit.cloud.orchestration.resources.finding import NoSuchThing, find
from kit.cloud.orchestration.resources.matching import Matched, match
from kit.hot import Resource, ResourceFailure
from kit.hot.properties import ANY, PropertySchema

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
        calls = ask(resource)
        old = [self._by_id(resource, each) for each in before["networks"] or ()]
        new = [self._by_id(resource, each) for each in after["networks"] or ()]
        attached = self._attached(resource)
        allocate = next((each["allocate_network"] for each in new if each.get("allocate_network")), None)
        if allocate or not old or any(each.get("allocate_network") for each in old):
            if not allocate and not old and not new:
                return
            for each in attached:
                self._detach(resource, each["port_id"])
            found = Matched([], [] if allocate else new, [], 0)
        else:
            own = resource.data.get("internal_ports", ())
            found = match(old, new, attached, own, _extra(resource))
        for network in found.gone:
            if network["port"]:
                self._detach(resource, network["port"])
            if network["floating_ip"]:
                self._float(resource, network["floating_ip"], None)
        for port, extra in found.changed:
            fields = {key: each for key, each in extra.items() if key not in ("value_specs", "no_fixed_ips")}
            body = pruned(fields | (extra.get("value_specs") or {}))
            calls("network", "PUT", f"/v2.0/ports/{port}", {"port": body})
        for place, network in enumerate(found.come, found.kept):
            nic = self._nic(resource, network, place, after)
            self._attach(resource, nic.get("port"), nic.get("uuid"), nic.get("fixed_ip"))
            if network.get("floating_ip") and "port" in nic:
                self._float(resource, network["floating_ip"], nic["port"])
        if allocate == "auto" or not (allocate or new or found.kept):
            self._attach(resource, None, self._free_network(resource) if allocate else None, None)

    @staticmethod
    def _by_id(resource: Resource, network: Values) -> Values:
        """A network of the template with ids for names; a subnet tells the network it is in."""
        calls, made = ask(resource), dict(network)

        def id_of(what: str, value: Any) -> Any:
            try:
                return find(calls, what, value)
            except NoSuchThing:  # gone by now; a new one is refused when it is attached
                return value

        name = made.pop("uuid", None)
        made["network"] = id_of("neutron.network", made.get("network") or name)
        made["subnet"] = id_of("neutron.subnet", made.get("subnet"))
        made["port"] = id_of("neutron.port", made.get("port"))
        if made["subnet"] and not made["network"] and not made["port"]:
            subnet = calls("network", "GET", f"/v2.0/subnets/{made['subnet']}", missing_ok=True)
            made["network"] = subnet["subnet"]["network_id"] if subnet else None
        return made

    @staticmethod
    def _attached(resource: Resource) -> list[Values]:
        path = f"/servers/{resource.physical_id}/os-interface"
        answer = ask(resource)("compute", "GET", path, missing_ok=True)
        found: list[Values] = answer["interfaceAttachments"] if answer else []
        return found

    def _detach(self, resource: Resource, port: str, keep: bool = False) -> None:
        calls = ask(resource)
        calls("compute", "DELETE", f"/servers/{resource.physical_id}/os-interface/{port}", missing_ok=True)
        if port in resource.data.get("internal_ports", ()) and not keep:
            calls("network", "DELETE", f"/v2.0/ports/{port}", missing_ok=True)
            resource.data["internal_ports"].remove(port)

    @staticmethod
    def _attach(resource: Resource, port: str | None, network: str | None, address: str | None) -> None:
        body: Values = pruned({"port_id": port, "net_id": network if not port else None})
        if address and not port:
            body["fixed_ips"] = [{"ip_address": address}]
        path = f"/servers/{resource.physical_id}/os-interface"
        ask(resource)("compute", "POST", path, {"interfaceAttachment": body})

    @staticmethod
    def _float(resource: Resource, address: str, port: str | None) -> None:
        calls = ask(resource)
        id = find(calls, "neutron.floating_ip", address)
        calls("network", "PUT", f"/v2.0/floatingips/{id}", {"floatingip": {"port_id": port}}, missing_ok=port is None)

    @staticmethod
    def _free_network(resource: Resource) -> str:
        """The project's only network, or the one that Neutron allocates."""
        calls = ask(resource)
        project = resource.stack.project_id
        found = calls("network", "GET", f"/v2.0/networks?router:external=False&project_id={project}")["networks"]
        if len(found) > 1:
            told = "Unable to automatically allocate a network: Multiple possible networks found."
            raise ResourceFailure(told, "UnableToAutoAllocateNetwork")
        if found:
            return str(found[0]["id"])
        made = calls("network", "GET", "/v2.0/auto-allocated-topology/null")["auto_allocated_topology"]
        return str(made["id"])

    def release(self, resource: Resource) -> None:
        """Detach all interfaces, so that the server that replaces this one can have them."""
        resource.data["released"] = [[each["port_id"], each["net_id"]] for each in self._attached(resource)]
        for port, _ in resource.data["released"]:
            self._detach(resource, port, True)

    def take(self, resource: Resource) -> None:
        """Attach what was released; a port that went with its server is made again by Nova."""
        calls = ask(resource)
        held = {each["port_id"] for each in self._attached(resource)}
        for port, network in resource.data.pop("released", []):
            if port in held:
                continue
            there = calls("network", "GET", f"/v2.0/ports/{port}", missing_ok=True) is not None
            self._attach(resource, port if there else None, network, None)

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


def _extra(resource: Resource) -> Mapping[str, PropertySchema]:
    """The schema of `port_extra_properties`."""
    items = (resource.kind.type.properties["networks"].schema or {}).get(ANY)
    inside = (items.schema or {}).get("port_extra_properties") if items else None
    return (inside.schema if inside else None) or {}
