"""OS::Cinder types. Source: Heat 27, `resources/openstack/cinder/`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from kit.cloud.orchestration.resources.base import (
    ApiKind,
    CloudKind,
    Values,
    ask,
    in_error,
    pruned,
    texts,
    unknown_status,
)
from kit.cloud.orchestration.resources.finding import find
from kit.cloud.orchestration.resources.nova import QuotaKind
from kit.hot import Kind, Resource, ResourceFailure


class Volume(ApiKind):
    """OS::Cinder::Volume: made when available, or in use."""

    service, path, key = "block-storage", "/volumes", "volume"
    good = ("available", "in-use")
    bad = ("error", "error_extending", "error_deleting", "error_restoring", "error_managing")
    waits_gone = True

    def new(self, resource: Resource) -> Values:
        values = resource.properties
        calls = ask(resource)
        return pruned(
            {
                "size": values["size"], "name": values["name"] or resource.stack.physical_name(resource),
                "description": values["description"], "availability_zone": values["availability_zone"],
                "metadata": texts(values["metadata"]) or None,
                "volume_type": find(calls, "cinder.vtype", values["volume_type"]),
                "snapshot_id": find(calls, "cinder.snapshot", values["snapshot_id"]),
                "source_volid": find(calls, "cinder.volume", values["source_volid"]),
                "imageRef": find(calls, "glance.image", values["image"] or values["imageRef"]),
            }
        )  # fmt: skip

    def create(self, resource: Resource) -> None:
        values = resource.properties
        if values["backup_id"]:
            name = values["name"] or resource.stack.physical_name(resource)
            path = f"/backups/{values['backup_id']}/restore"
            made = self.call(resource, "POST", path, {"restore": {"name": name}})
            resource.physical_id = made["restore"]["volume_id"]
            return
        body: Values = {"volume": self.new(resource)}
        if values["scheduler_hints"]:
            body["OS-SCH-HNT:scheduler_hints"] = values["scheduler_hints"]
        resource.physical_id = self.call(resource, "POST", self.path, body)["volume"]["id"]

    def created(self, resource: Resource) -> bool:
        if not self._reached(resource):
            return False
        if resource.properties["read_only"] is not None and not resource.data.get("flagged"):
            self._read_only(resource, resource.properties["read_only"])
            resource.data["flagged"] = True
        return True

    def _read_only(self, resource: Resource, wanted: bool) -> None:
        self._act(resource, {"os-update_readonly_flag": {"readonly": wanted}})

    def _act(self, resource: Resource, body: Values) -> None:
        self.call(resource, "POST", f"{self.one(resource)}/action", body)

    def needs_replace(self, resource: Resource, changed: set[str], after: Mapping[str, Any]) -> bool:
        return "backup_id" in changed

    def needs_replace_failed(self, resource: Resource) -> bool:
        live = self.show(resource)
        return live is None or live["status"] in ("error", "deleting")

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        fields = {key: changed[key] or "" for key in ("name", "description") if key in changed}
        if fields:
            self.call(resource, "PUT", self.one(resource), {"volume": fields})
        if "metadata" in changed:
            path = f"{self.one(resource)}/metadata"
            self.call(resource, "PUT", path, {"metadata": texts(changed["metadata"])})
        if changed.get("read_only") is not None:
            self._read_only(resource, changed["read_only"])
        if changed.get("volume_type"):
            self._act(resource, {"os-retype": {"new_type": changed["volume_type"], "migration_policy": "on-demand"}})
        if changed.get("size"):
            live = self.show(resource) or {}
            if changed["size"] < live.get("size", 0):
                raise ResourceFailure("Shrinking volume is not supported.", "NotSupported")
            if changed["size"] > live.get("size", 0):
                self._act(resource, {"os-extend": {"new_size": changed["size"]}})

    # Saving and deleting

    def snapshot(self, resource: Resource) -> None:
        body = {"backup": {"volume_id": resource.physical_id, "force": True, "name": None}}
        resource.data["backup_id"] = self.call(resource, "POST", "/backups", pruned(body))["backup"]["id"]

    def snapshotted(self, resource: Resource) -> bool:
        backup = self.call(resource, "GET", f"/backups/{resource.data['backup_id']}")["backup"]
        if backup["status"] == "error":
            raise unknown_status("error", "Volume backup failed")
        return bool(backup["status"] == "available")

    def forget_snapshot(self, resource: Resource, data: Mapping[str, Any]) -> None:
        if data.get("backup_id"):
            self.call(resource, "DELETE", f"/backups/{data['backup_id']}", missing_ok=True)

    def restored(self, data: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
        if not data.get("backup_id"):
            return dict(properties)
        return {**{key: each for key, each in properties.items() if key != "size"}, "backup_id": data["backup_id"]}

    def delete(self, resource: Resource) -> None:
        if resource.physical_id is None:
            return
        keeps = resource.frozen.get("deletion_policy") == "Snapshot"
        if keeps and "phase" not in resource.data and self.show(resource) is not None:
            self.snapshot(resource)
            resource.data["phase"] = "saving"
            return
        resource.data["phase"] = "removing"
        self.call(resource, "DELETE", f"{self.one(resource)}?cascade=False", missing_ok=True)

    def deleted(self, resource: Resource) -> bool:
        if resource.data.get("phase") == "saving":
            if not self.snapshotted(resource):
                return False
            self.call(resource, "DELETE", self.one(resource), missing_ok=True)
            resource.data["phase"] = "removing"
        return super().deleted(resource)

    def inspect(self, resource: Resource) -> None:
        live = self.show(resource)
        if live is None:
            raise ResourceFailure("The volume is gone from the cloud.", "NotFound")
        if live["status"] not in self.good:
            raise ResourceFailure(f"'status': expected '['available', 'in-use']', got '{live['status']}'", "Error")

    # Values

    def told(self, resource: Resource, name: str, live: Values) -> Any:
        names = {"display_name": "name", "display_description": "description", "metadata_values": "metadata"}
        found = live.get(names.get(name, name))
        if name == "attachments_list":
            return live.get("attachments")
        if name in ("metadata", "attachments"):
            return json.dumps(found)
        return found if name in ("metadata_values", "multiattach") or found is None else str(found)


class VolumeAttachment(CloudKind):
    """OS::Cinder::VolumeAttachment: a volume at a server, through Nova."""

    names = ("instance_uuid", "volume_id", "mountpoint")

    def _attach(self, resource: Resource) -> None:
        values = resource.properties
        server, volume, device = (values[name] for name in self.names)
        body = pruned({"volumeId": volume, "device": device or None})
        path = f"/servers/{server}/os-volume_attachments"
        made = ask(resource)("compute", "POST", path, {"volumeAttachment": body})["volumeAttachment"]
        resource.physical_id = made["id"]
        resource.data |= {"server": server, "volume": volume}

    def create(self, resource: Resource) -> None:
        self._attach(resource)

    def _volume(self, resource: Resource) -> Values | None:
        path = f"/volumes/{resource.data['volume']}"
        found = ask(resource)("block-storage", "GET", path, missing_ok=True)
        return found["volume"] if found is not None else None

    def created(self, resource: Resource) -> bool:
        live = self._volume(resource)
        status = live["status"] if live else "deleted"
        if status == "in-use":
            return True
        if status not in ("attaching", "available", "reserved"):
            raise unknown_status(status, "Volume attachment failed")
        return False

    def _detach(self, resource: Resource) -> None:
        if "server" in resource.data:
            path = f"/servers/{resource.data['server']}/os-volume_attachments/{resource.physical_id}"
            ask(resource)("compute", "DELETE", path, missing_ok=True)

    def _loose(self, resource: Resource) -> bool:
        live = self._volume(resource) if "volume" in resource.data else None
        if live is None:
            return True
        if live["status"].startswith("error"):
            raise in_error(live["status"])
        return not any(each["server_id"] == resource.data["server"] for each in live["attachments"])

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        self._detach(resource)
        resource.data["moving"] = True

    def updated(self, resource: Resource) -> bool:
        if resource.data.get("moving"):
            if not self._loose(resource):
                return False
            resource.data["moving"] = False
            self._attach(resource)
        return self.created(resource)

    def delete(self, resource: Resource) -> None:
        self._detach(resource)

    def deleted(self, resource: Resource) -> bool:
        return self._loose(resource)


class VolumeType(ApiKind):
    """OS::Cinder::VolumeType."""

    service, path, key = "block-storage", "/types", "volume_type"
    fields: ClassVar[Mapping[str, str]] = {"is_public": "os-volume-type-access:is_public", "metadata": "extra_specs"}
    unsent = frozenset({"projects"})

    def after(self, resource: Resource, made: Values) -> None:
        self._projects(resource, resource.properties["projects"] or [], [])

    def _projects(self, resource: Resource, wanted: list[str], before: list[str]) -> None:
        for action, names in (("addProjectAccess", wanted), ("removeProjectAccess", before)):
            other = before if names is wanted else wanted
            for name in [each for each in names if each not in other]:
                project = find(ask(resource), "keystone.project", name)
                self.call(resource, "POST", f"{self.one(resource)}/action", {action: {"project": project}})

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        fields = {key: each for key, each in changed.items() if key in ("name", "description", "is_public")}
        if fields:
            self.call(resource, "PUT", self.one(resource), {self.key: fields})
        before = resource.data["before"].get("properties") or {}
        if "metadata" in changed:
            for key in before.get("metadata") or {}:
                self.call(resource, "DELETE", f"{self.one(resource)}/extra_specs/{key}", missing_ok=True)
            if changed["metadata"]:
                self.call(resource, "POST", f"{self.one(resource)}/extra_specs", {"extra_specs": changed["metadata"]})
        if "projects" in changed:
            self._projects(resource, changed["projects"] or [], before.get("projects") or [])


class EncryptedVolumeType(CloudKind):
    """OS::Cinder::EncryptedVolumeType: how volumes of a type are encrypted; its id is the type's."""

    def _body(self, resource: Resource) -> Values:
        values = resource.properties
        names = ("provider", "control_location", "cipher", "key_size")
        return {"encryption": pruned({name: values[name] for name in names})}

    def create(self, resource: Resource) -> None:
        calls = ask(resource)
        type = find(calls, "cinder.vtype", resource.properties["volume_type"])
        made = calls("block-storage", "POST", f"/types/{type}/encryption", self._body(resource))["encryption"]
        resource.physical_id = type
        resource.data["encryption_id"] = made.get("encryption_id") or "provider"

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        path = f"/types/{resource.physical_id}/encryption/{resource.data['encryption_id']}"
        ask(resource)("block-storage", "PUT", path, self._body(resource))

    def delete(self, resource: Resource) -> None:
        if resource.physical_id is not None:
            path = f"/types/{resource.physical_id}/encryption/{resource.data['encryption_id']}"
            ask(resource)("block-storage", "DELETE", path, missing_ok=True)


class QoSSpecs(ApiKind):
    """OS::Cinder::QoSSpecs."""

    service, path, key = "block-storage", "/qos-specs", "qos_specs"

    def new(self, resource: Resource) -> Values:
        values = resource.properties
        return {"name": values["name"] or resource.stack.physical_name(resource), **texts(values["specs"])}

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        before = (resource.data["before"].get("properties") or {}).get("specs") or {}
        gone = [key for key in before if key not in changed["specs"]]
        if gone:
            self.call(resource, "PUT", f"{self.one(resource)}/delete_keys", {"keys": gone})
        self.call(resource, "PUT", self.one(resource), {self.key: texts(changed["specs"])})


class QoSAssociation(CloudKind):
    """OS::Cinder::QoSAssociation."""

    def _each(self, resource: Resource, action: str, types: list[str]) -> None:
        calls = ask(resource)
        specs = find(calls, "cinder.qos_specs", resource.properties["qos_specs"])
        for name in types:
            type = find(calls, "cinder.vtype", name)
            calls("block-storage", "GET", f"/qos-specs/{specs}/{action}?vol_type_id={type}", missing_ok=True)

    def create(self, resource: Resource) -> None:
        self._each(resource, "associate", resource.properties["volume_types"])
        resource.physical_id = resource.stack.physical_name(resource)

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        before = (resource.data["before"].get("properties") or {}).get("volume_types") or []
        self._each(resource, "disassociate", [each for each in before if each not in changed["volume_types"]])
        self._each(resource, "associate", [each for each in changed["volume_types"] if each not in before])

    def delete(self, resource: Resource) -> None:
        if resource.physical_id is not None:
            self._each(resource, "disassociate", resource.properties["volume_types"])


class VolumeQuota(QuotaKind):
    """OS::Cinder::Quota."""

    service, path = "block-storage", "/os-quota-sets"


KINDS: dict[str, type[Kind]] = {
    "OS::Cinder::Volume": Volume, "OS::Cinder::VolumeAttachment": VolumeAttachment,
    "OS::Cinder::VolumeType": VolumeType, "OS::Cinder::EncryptedVolumeType": EncryptedVolumeType,
    "OS::Cinder::QoSSpecs": QoSSpecs, "OS::Cinder::QoSAssociation": QoSAssociation, "OS::Cinder::Quota": VolumeQuota,
}  # fmt: skip
