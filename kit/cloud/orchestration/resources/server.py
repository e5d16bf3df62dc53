"""OS::Nova::Server. Source: Heat 27, `resources/openstack/nova/server.py`."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from kit.cloud.orchestration.models import configs
from kit.cloud.orchestration.resources.base import ApiKind, Values, ask, in_error, pruned, texts, unknown_status
from kit.cloud.orchestration.resources.finding import find
from kit.cloud.orchestration.resources.interfaces import Interfaces
from kit.cloud.orchestration.resources.userdata import build
from kit.hot import Kind, Resource

WAITING = frozenset(
    {"BUILD", "HARD_REBOOT", "PASSWORD", "REBOOT", "RESCUE", "RESIZE", "REVERT_RESIZE", "SHUTOFF", "SUSPENDED",
     "VERIFY_RESIZE", "REBUILD", "MIGRATING"}
)  # fmt: skip


class Server(ApiKind):
    """A server is made when Nova calls it ACTIVE, and gone when Nova no longer knows it."""

    service, path, key = "compute", "/servers", "server"
    good = ("ACTIVE",)
    waits_gone = True
    refreshes_metadata = True
    nics = Interfaces()

    # Making

    def new(self, resource: Resource) -> Values:
        values = resource.properties
        calls = ask(resource)
        networks = self.nics.prepare(resource, values)
        groups = [{"name": each} for each in values["security_groups"] or ()]
        made: Values = {
            "name": values["name"] or resource.stack.physical_name(resource),
            "flavorRef": find(calls, "nova.flavor", values["flavor"]),
            "imageRef": find(calls, "glance.image", values["image"]) if values["image"] else "",
            "key_name": values["key_name"], "availability_zone": values["availability_zone"],
            "metadata": texts(values["metadata"]) or None, "adminPass": values["admin_pass"],
            "config_drive": values["config_drive"], "OS-DCF:diskConfig": values["diskConfig"], "networks": networks,
            "security_groups": groups or None, "tags": values["tags"],
            "block_device_mapping_v2": self._disks(resource, values) or None, "user_data": self._user_data(resource),
        }  # fmt: skip
        return pruned(made)

    def create(self, resource: Resource) -> None:
        body: Values = {"server": self.new(resource)}
        hints = resource.properties["scheduler_hints"]
        if hints:
            body["os:scheduler_hints"] = hints
        # Tags came with 2.52; from 2.37 on `networks` must be given, so the oldest version is asked for otherwise.
        version = "2.52" if "tags" in body["server"] else None
        if version and "networks" not in body["server"]:
            body["server"]["networks"] = "auto"
        made = ask(resource)("compute", "POST", "/servers", body, version=version)["server"]
        resource.physical_id = made["id"]

    @staticmethod
    def _disks(resource: Resource, values: Mapping[str, Any]) -> list[Values]:
        calls = ask(resource)
        made: list[Values] = []
        for each in values["block_device_mapping"] or ():
            source, kind = each.get("volume_id"), "volume"
            if each.get("snapshot_id"):
                source, kind = each["snapshot_id"], "snapshot"
            made.append(
                {"uuid": source, "source_type": kind, "destination_type": "volume", "device_name": each["device_name"],
                 "volume_size": each.get("volume_size"), "boot_index": 0 if each["device_name"] == "vda" else -1,
                 "delete_on_termination": each.get("delete_on_termination") or False}
            )  # fmt: skip
        for place, each in enumerate(values["block_device_mapping_v2"] or ()):
            disk: Values = {"destination_type": "volume", "boot_index": each.get("boot_index")}
            if disk["boot_index"] is None:
                disk["boot_index"] = 0 if place == 0 else -1
            if each.get("volume_id"):
                disk |= {"source_type": "volume", "uuid": find(calls, "cinder.volume", each["volume_id"])}
            elif each.get("snapshot_id"):
                disk |= {"source_type": "snapshot", "uuid": find(calls, "cinder.snapshot", each["snapshot_id"])}
            elif each.get("image") or each.get("image_id"):
                image = find(calls, "glance.image", each.get("image") or each.get("image_id"))
                disk |= {"source_type": "image", "uuid": image}
            else:
                size = each.get("swap_size") or each.get("ephemeral_size")
                disk = {"source_type": "blank", "destination_type": "local", "boot_index": -1, "volume_size": size}
                disk["guest_format"] = "swap" if each.get("swap_size") else each.get("ephemeral_format")
            disk |= {name: each.get(name) for name in ("device_name", "device_type", "disk_bus")}
            disk["volume_size"] = each.get("volume_size") or disk.get("volume_size")
            disk["delete_on_termination"] = each.get("delete_on_termination") or False
            made.append(pruned(disk))
        return made

    @staticmethod
    def _user_data(resource: Resource) -> str | None:
        values = resource.properties
        given = values["user_data"] or ""
        calls = ask(resource)
        if isinstance(given, str) and len(given) == 36:
            config = calls.tx.get(configs, given)
            given = config["config"] if config is not None else given
        made = build(str(given), values["user_data_format"], resource.stack.url, resource.name)
        return base64.b64encode(made.encode()).decode() if made else None

    # Waiting

    def created(self, resource: Resource) -> bool:
        if not self._active(resource):
            return False
        self.nics.finish(resource, resource.properties)
        return True

    def _active(self, resource: Resource) -> bool:
        live = self.show(resource)
        status = str(live["status"]) if live else "DELETED"
        if status == "ACTIVE":
            return True
        if live is None or status == "ERROR":
            raise in_error(status, self.why(resource, live or {}))
        if status.split("(")[0] not in WAITING:
            raise unknown_status(status, "Server is not active")
        return False

    def why(self, resource: Resource, live: Values) -> str:
        fault = live.get("fault") or {}
        return f"Message: {fault.get('message', 'Unknown')}, Code: {fault.get('code', 'Unknown')}"

    # Changing

    def needs_replace(self, resource: Resource, changed: set[str], after: Mapping[str, Any]) -> bool:
        policies = {
            "flavor": "flavor_update_policy", "image": "image_update_policy", "user_data": "user_data_update_policy",
        }  # fmt: skip
        return any(name in changed and after.get(policy) == "REPLACE" for name, policy in policies.items())

    def needs_replace_failed(self, resource: Resource) -> bool:
        live = self.show(resource)
        return live is None or live["status"] in ("ERROR", "DELETED", "SOFT_DELETED")

    def live(self, resource: Resource) -> Mapping[str, Any] | None:
        live = self.show(resource)
        if live is None:
            return None
        before, calls = resource.properties, ask(resource)
        told: Values = {}
        if find(calls, "nova.flavor", before["flavor"]) != live["flavor"].get("id"):
            told["flavor"] = live["flavor"].get("id")
        if before["image"] and find(calls, "glance.image", before["image"]) != (live["image"] or {}).get("id"):
            told["image"] = (live["image"] or {}).get("id")
        if before["name"] is not None and before["name"] != live["name"]:
            told["name"] = live["name"]
        if texts(before["metadata"]) != live["metadata"]:
            told["metadata"] = live["metadata"]
        return told

    def before_replace(self, resource: Resource) -> None:
        live = self.show(resource)
        if live is None or live["status"] == "ERROR":
            self.nics.drop(resource)
        else:
            self.nics.release(resource)

    def restore(self, resource: Resource, successor: Resource) -> None:
        if successor.physical_id is not None:
            self.nics.release(successor)
        self.nics.take(resource)

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        values = resource.properties
        if changed.get("name"):
            self.call(resource, "PUT", self.one(resource), {"server": {"name": changed["name"]}})
        if "metadata" in changed:
            metadata = texts(changed["metadata"])
            self.call(resource, "PUT", f"{self.one(resource)}/metadata", {"metadata": metadata})
        if "tags" in changed:
            path = f"{self.one(resource)}/tags"
            ask(resource)("compute", "PUT", path, {"tags": changed["tags"] or []}, version="2.26")
        if changed.get("admin_pass"):
            self._act(resource, {"changePassword": {"adminPass": changed["admin_pass"]}})
        if "networks" in changed:
            before = resource.data["before"].get("properties") or {}
            self.nics.change(resource, resource.values(before), values)
        todo: list[Any] = []
        if "flavor" in changed:
            flavor = find(ask(resource), "nova.flavor", changed["flavor"])
            todo.append([{"resize": {"flavorRef": flavor}}, "VERIFY_RESIZE"])
            todo.append([{"confirmResize": None}, "ACTIVE"])
        if changed.get("image"):
            image = find(ask(resource), "glance.image", changed["image"])
            keep = values["image_update_policy"] == "REBUILD_PRESERVE_EPHEMERAL"
            body = {"imageRef": image} | ({"preserve_ephemeral": True} if keep else {})
            todo.append([{"rebuild": body}, "ACTIVE"])
        resource.data["todo"] = todo
        self._next(resource)

    def _next(self, resource: Resource) -> None:
        todo = resource.data["todo"]
        resource.data["awaits"] = ""
        if todo:
            action, resource.data["awaits"] = todo.pop(0)
            self._act(resource, action)

    def _act(self, resource: Resource, body: Values) -> None:
        self.call(resource, "POST", f"{self.one(resource)}/action", body)

    def updated(self, resource: Resource) -> bool:
        if resource.data.get("awaits"):
            live = self.show(resource)
            status = live["status"] if live else "DELETED"
            if status == "ERROR" or live is None:
                raise in_error(status, self.why(resource, live or {}))
            if status != resource.data["awaits"]:
                return False
            self._next(resource)
            if resource.data["awaits"]:
                return False
        if resource.data.get("awaits") == "" and "todo" in resource.data:
            del resource.data["todo"], resource.data["awaits"]
        return self._active(resource)

    # Suspending, saving, deleting

    def suspend(self, resource: Resource) -> None:
        live = self.show(resource)
        if live is not None and live["status"] != "SUSPENDED":
            self._act(resource, {"suspend": None})

    def suspended(self, resource: Resource) -> bool:
        return self._is(resource, "SUSPENDED", "Suspend of server failed")

    def resume(self, resource: Resource) -> None:
        live = self.show(resource)
        if live is not None and live["status"] != "ACTIVE":
            self._act(resource, {"resume": None})

    def resumed(self, resource: Resource) -> bool:
        return self._active(resource)

    def _is(self, resource: Resource, wanted: str, result: str) -> bool:
        live = self.show(resource)
        status = live["status"] if live else "DELETED"
        if status == wanted:
            return True
        if live is None or status == "ERROR":
            raise unknown_status(status, result)
        return False

    def snapshot(self, resource: Resource) -> None:
        name = resource.stack.physical_name(resource)
        action = {"createImage": {"name": name}}
        path = f"{self.one(resource)}/action"
        made = ask(resource)("compute", "POST", path, action, version="2.45")
        resource.data["snapshot_image_id"] = made["image_id"]

    def snapshotted(self, resource: Resource) -> bool:
        image = ask(resource)("image", "GET", f"/v2/images/{resource.data['snapshot_image_id']}")
        if image["status"] in ("killed", "deleted"):
            raise in_error(image["status"].upper())
        return bool(image["status"] == "active")

    def forget_snapshot(self, resource: Resource, data: Mapping[str, Any]) -> None:
        if data.get("snapshot_image_id"):
            ask(resource)("image", "DELETE", f"/v2/images/{data['snapshot_image_id']}", missing_ok=True)

    def restored(self, data: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
        image = data.get("snapshot_image_id")
        return {**properties, **({"image": image} if image else {})}

    def delete(self, resource: Resource) -> None:
        if resource.physical_id is None:
            self.nics.drop(resource)
            return
        kept = resource.frozen.get("deletion_policy") == "Snapshot" and resource.data.get("phase") is None
        if kept and self.show(resource) is not None:
            self.snapshot(resource)
            resource.data["phase"] = "saving"
            return
        self.remove(resource)
        resource.data["phase"] = "removing"

    def deleted(self, resource: Resource) -> bool:
        if resource.physical_id is None:
            return True
        if resource.data.get("phase") == "saving":
            if not self.snapshotted(resource):
                return False
            self.remove(resource)
            resource.data["phase"] = "removing"
        live = self.show(resource)
        if live is not None and live.get("OS-EXT-STS:task_state") != "deleting" and live["status"] == "ERROR":
            raise in_error(live["status"], self.why(resource, live))
        if live is not None and live["status"] not in ("DELETED", "SOFT_DELETED"):
            return False
        self.nics.drop(resource)
        return True

    # Values

    def told(self, resource: Resource, name: str, live: Values) -> Any:
        if name in ("addresses", "networks", "first_address"):
            return self.nics.addresses(resource, live, name)
        if name == "instance_name":
            return live.get("OS-EXT-SRV-ATTR:instance_name")
        if name == "console_urls":
            return self._consoles(resource)
        if name == "os_collect_config":
            return {"heat": {"server_id": resource.physical_id}}
        return live.get(name)

    def _consoles(self, resource: Resource) -> Values:
        action = {"os-getVNCConsole": {"type": "novnc"}}
        reply = ask(resource).reply("compute", "POST", f"{self.one(resource)}/action", action)
        return {"novnc": reply.json()["console"]["url"]} if reply.status_code == 200 else {}


KINDS: dict[str, type[Kind]] = {"OS::Nova::Server": Server}
