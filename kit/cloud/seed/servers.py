"""Key pairs, server groups and servers of a seed."""

from __future__ import annotations

import base64
from typing import Any

from kit.cloud.seed import live
from kit.cloud.seed.growing import Growing
from kit.cloud.seed.networks import allocate
from kit.cloud.seed.reader import Place

# What brings a server from ACTIVE to the state asked for.
_ACTIONS: dict[str, dict[str, Any]] = {
    "SHUTOFF": {"os-stop": None},
    "PAUSED": {"pause": None},
    "SUSPENDED": {"suspend": None},
    "SHELVED_OFFLOADED": {"shelve": None},
    "ERROR": {"os-resetState": {"state": "error"}},
}

# More than any build or action takes, seconds.
LONG = 900.0
# With more servers than this, copies of them are written without a request.
MANY = 200


def keypairs(growing: Growing, items: list[dict[str, Any]]) -> None:
    """Make the key pairs."""
    for number, item in enumerate(items):
        place = ("keypairs", number)
        growing.find("users", item["user"], (*place, "user"))
        body = {key: item[key] for key in ("name", "public_key") if key in item}
        as_ = (item["user"], growing.homes.get(item["user"], "admin"))
        growing.ask("POST", "/compute/v2.1/os-keypairs", {"keypair": body}, place=place, as_=as_)


def server_groups(growing: Growing, items: list[dict[str, Any]]) -> None:
    """Make the server groups."""
    for number, item in enumerate(items):
        place = ("server_groups", number)
        body = {key: item[key] for key in ("name", "policy", "rules") if key in item}
        path, as_ = "/compute/v2.1/os-server-groups", who(growing, item, place)
        made = growing.ask("POST", path, {"server_group": body}, place=place, as_=as_)["server_group"]
        growing.know("server_groups", f"{as_[1]}/{item['name']}", made["id"])


def who(growing: Growing, item: dict[str, Any], place: Place) -> tuple[str, str]:
    """The user and the project that a thing is made by."""
    user = item.get("user") or growing.members.get(item.get("project", ""), "admin")
    project = item.get("project") or growing.homes.get(user, "admin")
    growing.find("users", user, (*place, "user"))
    growing.find("projects", project, (*place, "project"))
    return user, project


def servers(growing: Growing, items: list[dict[str, Any]]) -> None:
    """Boot the servers that are to have left BUILD, and bring each to its state; of very many, one of each kind."""
    wanted: list[tuple[dict[str, Any], Place]] = [
        (item, ("servers", number)) for number, item in enumerate(items) if item.get("state") != "BUILD"
    ]  # fmt: skip
    bulk = None
    if sum(item.get("count", 1) for item, _ in wanted) > MANY:
        from kit.cloud.generate.bulk import Bulk

        bulk = Bulk(growing, wanted)
        wanted = bulk.first
    _bring_up(growing, wanted)
    if bulk is not None:
        bulk.finish()


def _bring_up(growing: Growing, wanted: list[tuple[dict[str, Any], Place]]) -> None:
    made = [(server, item, place) for item, place in wanted for server in _boot(growing, item, place)]
    if not made:
        return
    growing.cloud.clock.advance(LONG)
    growing.cloud.settle()
    for server, item, place in made:
        as_ = who(growing, item, place)
        action = _ACTIONS.get(item.get("state", "ACTIVE"))
        if action is not None:
            growing.ask("POST", f"/compute/v2.1/servers/{server}/action", action, place=place, as_=as_)
        if "floating_ip" in item:
            spot = (*place, "floating_ip")
            ports = growing.ask("GET", f"/network/v2.0/ports?device_id={server}", place=spot)["ports"]
            if not ports:
                raise growing.plan.error(spot, "the server has no port that an address could be given to")
            allocate(growing, item["floating_ip"], as_[1], spot, ports[0]["id"])
    growing.cloud.clock.advance(LONG)
    growing.cloud.settle()
    for server, item, place in made:
        _stands(growing, server, item, place)


def building_servers(growing: Growing, items: list[dict[str, Any]]) -> None:
    """Boot the servers that are still to be in BUILD when the cloud begins."""
    for number, item in enumerate(items):
        if item.get("state") == "BUILD":
            _boot(growing, item, ("servers", number))


def _boot(growing: Growing, item: dict[str, Any], place: Place) -> list[str]:
    as_ = who(growing, item, place)
    body: dict[str, Any] = {
        "flavorRef": growing.find("flavors", item["flavor"], (*place, "flavor")),
        "imageRef": growing.find("images", item["image"], (*place, "image")),
        **{key: item[key] for key in ("availability_zone", "host", "description", "tags") if key in item},
    }
    wanted = item.get("networks", [item["network"]] if "network" in item else None)
    body["networks"] = "auto" if wanted is None else [
        {"uuid": growing.find("networks", name, (*place, "networks"))} for name in wanted
    ]  # fmt: skip
    if wanted == []:
        body["networks"] = "none"
    if "security_groups" in item:
        body["security_groups"] = [{"name": name} for name in item["security_groups"]]
    if "keypair" in item:
        body["key_name"] = item["keypair"]
    if "metadata" in item:
        body["metadata"] = {key: str(value) for key, value in item["metadata"].items()}
    if "user_data" in item:
        body["user_data"] = base64.b64encode(item["user_data"].encode()).decode()
    request: dict[str, Any] = {"server": body}
    if "hints" in item:
        request["os:scheduler_hints"] = dict(item["hints"])
    if "server_group" in item:
        spot = (*place, "server_group")
        group = growing.find("server_groups", f"{as_[1]}/{item['server_group']}", spot)
        request["os:scheduler_hints"] = {**request.get("os:scheduler_hints", {}), "group": group}
    count = item.get("count", 1)
    made = []
    for number in range(1, count + 1):
        body["name"] = f"{item['name']}-{number}" if count > 1 else item["name"]
        made.append(growing.ask("POST", "/compute/v2.1/servers", request, place=place, as_=as_)["server"]["id"])
        growing.know("servers", f"{as_[1]}/{body['name']}", made[-1])
    if "workload" in item:
        live.workloads(growing, made, item, place)
    return made


def _stands(growing: Growing, server: str, item: dict[str, Any], place: Place) -> None:
    """Refuse a seed whose server did not come to the state asked for (no host had room, say)."""
    found = growing.ask("GET", f"/compute/v2.1/servers/{server}", place=place)["server"]
    wanted = item.get("state", "ACTIVE")
    if found["status"] != wanted:
        why = found.get("fault", {}).get("message", f"it is {found['status']}")
        raise growing.plan.error(place, f"server {found['name']!r} does not come to {wanted}: {why}")
