"""Flavors, images, hosts and aggregates of a seed, and how it configures Nova."""

from __future__ import annotations

from typing import Any

from kit.cloud.compute.bootstrap import add_host
from kit.cloud.compute.models import hypervisors, services
from kit.cloud.compute.models import shares as manila_shares
from kit.cloud.compute.settings import checked_api, checked_options, keep
from kit.cloud.placement.servers import remove_hosts
from kit.cloud.seed.growing import Growing
from kit.errors import KitError


def flavors(growing: Growing, items: list[dict[str, Any]]) -> None:
    """Make the flavors."""
    for number, item in enumerate(items):
        place = ("flavors", number)
        body: dict[str, Any] = {
            key: item[key] for key in ("name", "vcpus", "ram", "disk", "swap", "description") if key in item
        }
        body["id"] = str(item["id"]) if "id" in item else "auto"
        body["OS-FLV-EXT-DATA:ephemeral"] = item.get("ephemeral", 0)
        body["os-flavor-access:is_public"] = item.get("public", not item.get("projects"))
        made = growing.ask("POST", "/compute/v2.1/flavors", {"flavor": body}, place=place)["flavor"]
        growing.know("flavors", item["name"], made["id"])
        path = f"/compute/v2.1/flavors/{made['id']}"
        if item.get("extra_specs"):
            specs = {key: str(value) for key, value in item["extra_specs"].items()}
            growing.ask("POST", f"{path}/os-extra_specs", {"extra_specs": specs}, place=(*place, "extra_specs"))
        for position, project in enumerate(item.get("projects", [])):
            spot = (*place, "projects", position)
            grant = {"addTenantAccess": {"tenant": growing.find("projects", project, spot)}}
            growing.ask("POST", f"{path}/action", grant, place=spot)


def images(growing: Growing, items: list[dict[str, Any]]) -> None:
    """Make the images, with data of the size given (1 KiB of zeros when none is)."""
    for number, item in enumerate(items):
        place = ("images", number)
        body: dict[str, Any] = {
            key: item[key] for key in ("name", "min_disk", "min_ram", "tags", "protected") if key in item
        }
        body |= {key: str(value) for key, value in item.get("properties", {}).items()}
        body["disk_format"] = item.get("disk_format", "qcow2")
        body["container_format"] = item.get("container_format", "bare")
        body["visibility"] = item.get("visibility", "private" if "project" in item else "public")
        if "project" in item:
            growing.find("projects", item["project"], (*place, "project"))
        as_ = ("admin", item.get("project", "admin"))
        made = growing.ask("POST", "/image/v2/images", body, place=place, as_=as_)
        growing.know("images", item["name"], made["id"])
        growing.ask(
            "PUT", f"/image/v2/images/{made['id']}/file", bytes(item.get("size", 1024)), place=place, as_=as_,
            media="application/octet-stream",
        )  # fmt: skip


def settings(growing: Growing) -> None:
    """Configure Nova: its scheduler, and what its API does."""
    for section, name, check in (("scheduler", "scheduler", checked_options), ("compute", "api", checked_api)):
        if section in growing.plan:
            try:
                value = check(growing.plan[section])
            except KitError as error:
                raise growing.plan.error((section,), error.what, error.todo) from error
            with growing.cloud.write() as tx:
                keep(tx, name, value)


def hosts(growing: Growing, items: list[dict[str, Any]]) -> None:
    """Make the compute hosts, instead of the one that a new cloud has."""
    if not items:
        return
    with growing.cloud.write() as tx:
        remove_hosts(tx, tx.rows(hypervisors))
        tx.delete(hypervisors, hypervisors.c.number > 0)
        tx.delete(services, binary="nova-compute")
        for number, item in enumerate(items):
            if item["name"] in growing.names.get("hosts", {}):
                raise growing.plan.error(("hosts", number, "name"), f"there are two hosts {item['name']!r}")
            try:
                row = add_host(tx, **{key: value for key, value in item.items() if key != "live_migration"})
            except (ValueError, KitError) as error:
                raise growing.plan.error(("hosts", number), getattr(error, "what", str(error))) from error
            growing.know("hosts", item["name"], row["id"])


def shares(growing: Growing, items: list[dict[str, Any]]) -> None:
    """Write down the shares that a server may be given."""
    for number, item in enumerate(items):
        project = growing.find("projects", item.get("project", "admin"), ("shares", number, "project"))
        with growing.cloud.write() as tx:
            if tx.get(manila_shares, item["id"]) is not None:
                raise growing.plan.error(("shares", number, "id"), f"there are two shares {item['id']!r}")
            tx.insert(
                manila_shares, id=item["id"], name=item.get("name"), project_id=project,
                status=item.get("status", "available"), share_proto=item.get("protocol", "NFS"),
                export_location=item.get("export_location"), is_public=item.get("public", False),
            )  # fmt: skip


def aggregates(growing: Growing, items: list[dict[str, Any]]) -> None:
    """Make the aggregates and put the hosts in."""
    for number, item in enumerate(items):
        place = ("aggregates", number)
        body = {"name": item["name"], "availability_zone": item.get("availability_zone")}
        made = growing.ask("POST", "/compute/v2.1/os-aggregates", {"aggregate": body}, place=place)["aggregate"]
        path = f"/compute/v2.1/os-aggregates/{made['id']}/action"
        for position, host in enumerate(item.get("hosts", [])):
            growing.ask("POST", path, {"add_host": {"host": host}}, place=(*place, "hosts", position))
        if item.get("metadata"):
            values = {key: str(value) for key, value in item["metadata"].items()}
            growing.ask("POST", path, {"set_metadata": {"metadata": values}}, place=(*place, "metadata"))
