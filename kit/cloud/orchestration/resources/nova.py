"""OS::Nova types beside the server: key pairs, server groups, flavors, aggregates, quotas, old floating IPs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from kit.cloud.orchestration.resources.base import ApiKind, CloudKind, Values, ask, texts
from kit.cloud.orchestration.resources.finding import find
from kit.hot import Kind, Resource


class KeyPair(ApiKind):
    """OS::Nova::KeyPair; the private key is kept only where the template asks for it."""

    service, path, key = "compute", "/os-keypairs", "keypair"
    version = "2.10"

    def new(self, resource: Resource) -> Values:
        values = resource.properties
        made: Values = {"name": values["name"]}
        if values["public_key"]:
            made["public_key"] = values["public_key"]
        if values["type"]:
            made["type"] = values["type"]
        if values["user"]:
            made["user_id"] = find(ask(resource), "keystone.user", values["user"])
        return made

    def create(self, resource: Resource) -> None:
        made = self.call(resource, "POST", self.path, {self.key: self.new(resource)})[self.key]
        resource.physical_id = made["name"]
        if resource.properties["save_private_key"]:
            resource.data["private_key"] = made.get("private_key")

    def before_replace(self, resource: Resource) -> None:
        self.delete(resource)

    def told(self, resource: Resource, name: str, live: Values) -> Any:
        if name == "private_key":
            return resource.data.get("private_key") or ""
        return live.get(name)


class ServerGroup(ApiKind):
    """OS::Nova::ServerGroup."""

    service, path, key = "compute", "/os-server-groups", "server_group"
    version = "2.64"

    def new(self, resource: Resource) -> Values:
        values = resource.properties
        name = values["name"] or resource.stack.physical_name(resource)
        made: Values = {"name": name, "policy": (values["policies"] or ["anti-affinity"])[0]}
        most = (values["rules"] or {}).get("max_server_per_host")
        return made | ({"rules": {"max_server_per_host": int(most)}} if most else {})

    def needs_replace_failed(self, resource: Resource) -> bool:
        return self.show(resource) is None


class Flavor(ApiKind):
    """OS::Nova::Flavor."""

    service, path, key = "compute", "/flavors", "flavor"
    version = "2.61"

    def new(self, resource: Resource) -> Values:
        values = resource.properties
        return {
            "name": values["name"] or resource.stack.physical_name(resource), "id": values["flavorid"] or "auto",
            "ram": values["ram"], "vcpus": values["vcpus"], "disk": values["disk"], "swap": values["swap"],
            "OS-FLV-EXT-DATA:ephemeral": values["ephemeral"], "rxtx_factor": values["rxtx_factor"],
            "os-flavor-access:is_public": values["is_public"],
        }  # fmt: skip

    def after(self, resource: Resource, made: Values) -> None:
        values = resource.properties
        if values["extra_specs"]:
            self._specs(resource, values["extra_specs"])
        self._tenants(resource, values["tenants"], [])

    def _specs(self, resource: Resource, specs: Mapping[str, Any]) -> None:
        self.call(resource, "POST", f"{self.one(resource)}/os-extra_specs", {"extra_specs": texts(specs)})

    def _tenants(self, resource: Resource, wanted: list[str], before: list[str]) -> None:
        if resource.properties["is_public"]:
            return
        path = f"{self.one(resource)}/action"
        for tenant in [each for each in wanted if each not in before]:
            given = {"tenant": find(ask(resource), "keystone.project", tenant)}
            self.call(resource, "POST", path, {"addTenantAccess": given})
        for tenant in [each for each in before if each not in wanted]:
            given = {"tenant": find(ask(resource), "keystone.project", tenant)}
            self.call(resource, "POST", path, {"removeTenantAccess": given})

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        before = resource.data["before"].get("properties") or {}
        if "extra_specs" in changed:
            for name in before.get("extra_specs") or {}:
                if name not in (changed["extra_specs"] or {}):
                    self.call(resource, "DELETE", f"{self.one(resource)}/os-extra_specs/{name}", missing_ok=True)
            if changed["extra_specs"]:
                self._specs(resource, changed["extra_specs"])
        if "tenants" in changed:
            self._tenants(resource, changed["tenants"] or [], before.get("tenants") or [])

    def told(self, resource: Resource, name: str, live: Values) -> Any:
        return live.get("os-flavor-access:is_public") if name == "is_public" else live.get(name)


class HostAggregate(ApiKind):
    """OS::Nova::HostAggregate."""

    service, path, key = "compute", "/os-aggregates", "aggregate"
    unsent = frozenset({"hosts", "metadata"})

    def after(self, resource: Resource, made: Values) -> None:
        values = resource.properties
        self._act(resource, values["hosts"] or [], [], values["metadata"])

    def _act(self, resource: Resource, hosts: list[str], before: list[str], metadata: Any) -> None:
        path = f"{self.one(resource)}/action"
        for host in [each for each in before if each not in hosts]:
            self.call(resource, "POST", path, {"remove_host": {"host": host}})
        for host in [each for each in hosts if each not in before]:
            self.call(resource, "POST", path, {"add_host": {"host": host}})
        if metadata:
            self.call(resource, "POST", path, {"set_metadata": {"metadata": texts(metadata)}})

    def after_update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        before = (resource.data["before"].get("properties") or {}).get("hosts") or []
        hosts = (changed["hosts"] or []) if "hosts" in changed else before
        self._act(resource, hosts, before, changed.get("metadata"))

    def remove(self, resource: Resource) -> None:
        live = self.show(resource)
        for host in (live or {}).get("hosts") or []:
            self.call(resource, "POST", f"{self.one(resource)}/action", {"remove_host": {"host": host}})
        super().remove(resource)


class QuotaKind(CloudKind):
    """A project's quota set of one service: written when made, back to the defaults when deleted."""

    service: ClassVar[str] = ""
    path: ClassVar[str] = ""
    key: ClassVar[str] = "quota_set"
    fields: ClassVar[Mapping[str, str]] = {}

    def _write(self, resource: Resource) -> None:
        values = resource.properties
        project = find(ask(resource), "keystone.project", values["project"])
        body = {
            self.fields.get(name, name): value for name, value in values.items()
            if value is not None and name != "project"
        }  # fmt: skip
        resource.data["project"] = project
        ask(resource)(self.service, "PUT", f"{self.path}/{project}", {self.key: body})

    def create(self, resource: Resource) -> None:
        self._write(resource)
        resource.physical_id = resource.stack.physical_name(resource)

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        self._write(resource)

    def delete(self, resource: Resource) -> None:
        if "project" in resource.data:
            ask(resource)(self.service, "DELETE", f"{self.path}/{resource.data['project']}", missing_ok=True)


class ComputeQuota(QuotaKind):
    """OS::Nova::Quota."""

    service, path = "compute", "/os-quota-sets"


class FloatingIP(ApiKind):
    """OS::Nova::FloatingIP, of Nova's network days: a floating IP of the pool named, or of the first external network."""

    service, path, key = "network", "/v2.0/floatingips", "floatingip"
    named = False

    def new(self, resource: Resource) -> Values:
        pool = resource.properties["pool"]
        if pool:
            return {"floating_network_id": self.id_of(resource, "neutron.network", pool)}
        outside = self.call(resource, "GET", "/v2.0/networks?router:external=True")["networks"]
        return {"floating_network_id": outside[0]["id"] if outside else None}

    def told(self, resource: Resource, name: str, live: Values) -> Any:
        return live.get("floating_ip_address") if name == "ip" else resource.properties["pool"]


class FloatingIPAssociation(CloudKind):
    """OS::Nova::FloatingIPAssociation: a floating IP on a server's first port."""

    def _join(self, resource: Resource) -> None:
        values = resource.properties
        server = find(ask(resource), "nova.server", values["server_id"])
        ports = ask(resource)("network", "GET", f"/v2.0/ports?device_id={server}")["ports"]
        port = ports[0]["id"] if ports else None
        path = f"/v2.0/floatingips/{values['floating_ip']}"
        ask(resource)("network", "PUT", path, {"floatingip": {"port_id": port}})
        resource.data["floating_ip"] = values["floating_ip"]

    def create(self, resource: Resource) -> None:
        self._join(resource)
        resource.physical_id = resource.stack.physical_name(resource)

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        self.delete(resource)
        self._join(resource)

    def delete(self, resource: Resource) -> None:
        if "floating_ip" in resource.data:
            path = f"/v2.0/floatingips/{resource.data['floating_ip']}"
            ask(resource)("network", "PUT", path, {"floatingip": {"port_id": None}}, missing_ok=True)


KINDS: dict[str, type[Kind]] = {
    "OS::Nova::KeyPair": KeyPair, "OS::Nova::ServerGroup": ServerGroup, "OS::Nova::Flavor": Flavor,
    "OS::Nova::HostAggregate": HostAggregate, "OS::Nova::Quota": ComputeQuota, "OS::Nova::FloatingIP": FloatingIP,
    "OS::Nova::FloatingIPAssociation": FloatingIPAssociation,
}  # fmt: skip
