"""Volume types and volumes of a seed, with their snapshots and the servers they are attached to."""

from __future__ import annotations

from typing import Any

from kit.cloud.seed.growing import Growing
from kit.cloud.seed.reader import Place
from kit.cloud.seed.servers import LONG, who


def volume_types(growing: Growing, items: list[dict[str, Any]]) -> None:
    """Make the volume types."""
    for number, item in enumerate(items):
        place = ("volume_types", number)
        body: dict[str, Any] = {key: item[key] for key in ("name", "description") if key in item}
        body["os-volume-type-access:is_public"] = item.get("public", not item.get("projects"))
        if item.get("extra_specs"):
            body["extra_specs"] = {key: str(value) for key, value in item["extra_specs"].items()}
        made = growing.ask("POST", "/volume/v3/types", {"volume_type": body}, place=place)["volume_type"]
        growing.know("volume_types", item["name"], made["id"])
        for position, project in enumerate(item.get("projects", [])):
            spot = (*place, "projects", position)
            grant = {"addProjectAccess": {"project": growing.find("projects", project, spot)}}
            growing.ask("POST", f"/volume/v3/types/{made['id']}/action", grant, place=spot)


def volumes(growing: Growing, items: list[dict[str, Any]]) -> None:
    """Make the volumes, then their snapshots and attachments, and put each into its state."""
    made = [(_make(growing, item, ("volumes", number)), item, ("volumes", number)) for number, item in enumerate(items)]
    if not made:
        return
    _pass(growing)
    for volume, item, place in made:
        as_ = who(growing, item, place)
        _stands(growing, volume, item, place)
        if item.get("bootable"):
            _act(growing, volume, {"os-set_bootable": {"bootable": True}}, place, as_)
        for position, snapshot in enumerate(item.get("snapshots", [])):
            body = {"snapshot": {"volume_id": volume, **snapshot}}
            growing.ask("POST", "/volume/v3/snapshots", body, place=(*place, "snapshots", position), as_=as_)
    _pass(growing)
    for volume, item, place in made:
        if "server" in item:
            as_, spot = who(growing, item, place), (*place, "server")
            path = "/compute/v2.1/servers/{}/os-volume_attachments".format(
                growing.find("servers", f"{as_[1]}/{item['server']}", spot)
            )
            growing.ask("POST", path, {"volumeAttachment": {"volumeId": volume}}, place=spot, as_=as_)
    _pass(growing)
    for volume, item, place in made:
        if "state" in item:
            _act(growing, volume, {"os-reset_status": {"status": item["state"]}}, (*place, "state"))


def _pass(growing: Growing) -> None:
    growing.cloud.clock.advance(LONG)
    growing.cloud.settle()


def _make(growing: Growing, item: dict[str, Any], place: Place) -> str:
    body: dict[str, Any] = {
        key: item[key] for key in ("name", "size", "description", "availability_zone") if key in item
    }
    if "image" in item:
        body["imageRef"] = growing.find("images", item["image"], (*place, "image"))
    if "type" in item:
        body["volume_type"] = item["type"]
    if "metadata" in item:
        body["metadata"] = {key: str(value) for key, value in item["metadata"].items()}
    as_ = who(growing, item, place)
    made = growing.ask("POST", "/volume/v3/volumes", {"volume": body}, place=place, as_=as_)
    return str(made["volume"]["id"])


def _stands(growing: Growing, volume: str, item: dict[str, Any], place: Place) -> None:
    """Refuse a seed whose volume was not made (no backend can do what its type asks, say)."""
    found = growing.ask("GET", f"/volume/v3/volumes/{volume}", place=place)["volume"]
    if found["status"] != "available":
        told = growing.ask("GET", f"/volume/v3/messages?resource_uuid={volume}", place=place)["messages"]
        why = told[0]["user_message"] if told else f"it is {found['status']}"
        raise growing.plan.error(place, f"volume {item['name']!r} does not come to available: {why}")


def _act(
    growing: Growing, volume: str, action: dict[str, Any], place: Place, as_: tuple[str, str] = ("admin", "admin")
) -> None:
    growing.ask("POST", f"/volume/v3/volumes/{volume}/action", action, place=place, as_=as_)
