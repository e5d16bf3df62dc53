"""OS::Glance::WebImage and OS::Swift::Container. Source: Heat 27."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from kit.cloud.orchestration.ask import Refused
from kit.cloud.orchestration.resources.base import ApiKind, CloudKind, Values, ask, in_error
from kit.hot import Kind, Resource, ResourceFailure


class WebImage(ApiKind):
    """OS::Glance::WebImage: an image whose data come from a URL; this cloud reaches none, and makes them up."""

    service, path = "image", "/v2/images"
    unsent = frozenset({"location", "members", "extra_properties", "active", "id"})
    waits_gone = False

    @property
    def told_when_done(self) -> str:
        return "state changed (the data are made up: this cloud reaches no other machine)"

    def show(self, resource: Resource) -> Values | None:
        if resource.physical_id is None:
            return None
        found: Values | None = self.call(resource, "GET", self.one(resource), missing_ok=True)
        return found

    def create(self, resource: Resource) -> None:
        values = resource.properties
        body = self.new(resource) | (values["extra_properties"] or {})
        body = {key: each for key, each in body.items() if each not in ("", None, {})}
        if values["id"]:
            body["id"] = values["id"]
        resource.physical_id = self.call(resource, "POST", self.path, body)["id"]
        plain = {"Content-Type": "application/octet-stream"}
        ask(resource)("image", "PUT", f"{self.one(resource)}/stage", values["location"], headers=plain)
        self.call(resource, "POST", f"{self.one(resource)}/import", {"method": {"name": "glance-direct"}})
        for member in values["members"] or ():
            self.call(resource, "POST", f"{self.one(resource)}/members", {"member": member})

    def created(self, resource: Resource) -> bool:
        live = self.show(resource)
        status = live["status"] if live else "deleted"
        if status == "killed" or live is None or live.get("os_glance_failed_import"):
            raise in_error(status)
        return bool(status == "active")

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        live = self.show(resource) or {}
        patch = []
        for name, value in {**changed, **(changed.get("extra_properties") or {})}.items():
            if name in self.unsent:
                continue
            if value is None:
                patch += [{"op": "remove", "path": f"/{name}"}] if name in live else []
            else:
                patch.append({"op": "replace" if name in live else "add", "path": f"/{name}", "value": value})
        if patch:
            kind = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
            ask(resource)("image", "PATCH", self.one(resource), patch, headers=kind)
        if "active" in changed:
            word = "reactivate" if changed["active"] else "deactivate"
            self.call(resource, "POST", f"{self.one(resource)}/actions/{word}")

    def inspect(self, resource: Resource) -> None:
        live = self.show(resource)
        if live is None or live["status"] != "active":
            raise ResourceFailure("The image is not active.", "Error")


class Container(CloudKind):
    """OS::Swift::Container: its id is its name."""

    def _path(self, resource: Resource, *more: str) -> str:
        parts = (str(resource.physical_id), *more)
        return "/" + "/".join(quote(part, safe="") for part in parts)

    def create(self, resource: Resource) -> None:
        values = resource.properties
        resource.physical_id = values["name"] or resource.stack.physical_name(resource)
        headers = {
            f"X-Container-Meta-{key}": str(each) for key, each in (values["X-Container-Meta"] or {}).items()
        }  # fmt: skip
        headers |= {key: values[key] for key in ("X-Container-Read", "X-Container-Write") if values[key] is not None}
        ask(resource)("object-store", "PUT", self._path(resource), headers=headers)
        account = {f"X-Account-Meta-{key}": str(each) for key, each in (values["X-Account-Meta"] or {}).items()}
        if account:
            ask(resource)("object-store", "POST", "", headers=account)

    def _objects(self, resource: Resource) -> list[Values]:
        found = ask(resource)("object-store", "GET", f"{self._path(resource)}?format=json", missing_ok=True)
        return found or []

    def delete(self, resource: Resource) -> None:
        if resource.physical_id is None:
            return
        objects = self._objects(resource)
        if objects and not resource.properties["PurgeOnDelete"]:
            what = f"Deleting non-empty container ({resource.physical_id}) when PurgeOnDelete is False"
            raise ResourceFailure(f"{what} is not supported.", "NotSupported")
        for each in objects:
            ask(resource)("object-store", "DELETE", self._path(resource, each["name"]), missing_ok=True)
        ask(resource)("object-store", "DELETE", self._path(resource), missing_ok=True)

    def inspect(self, resource: Resource) -> None:
        ask(resource)("object-store", "GET", self._path(resource))

    def value(self, resource: Resource, name: str) -> Any:
        calls = ask(resource)
        base = f"{_base(resource)}/object-store/v1/AUTH_{calls.context.project_id}"
        if name == "RootURL":
            return base
        if name == "WebsiteURL":
            return f"{base}/{resource.physical_id}"
        if name == "DomainName":
            return base.split("/")[2].partition(":")[0]
        try:
            objects = self._objects(resource)
        except Refused:
            return None
        size = str(sum(each.get("bytes", 0) for each in objects))
        head = {"x-container-object-count": str(len(objects)), "x-container-bytes-used": size}
        told: dict[str, Any] = {
            "ObjectCount": head["x-container-object-count"], "BytesUsed": size, "HeadContainer": head, "show": head,
        }  # fmt: skip
        return told.get(name)


def _base(resource: Resource) -> str:
    from kit.cloud.orchestration.backend import backend_of

    return backend_of(resource).base


KINDS: dict[str, type[Kind]] = {"OS::Glance::WebImage": WebImage, "OS::Swift::Container": Container}
