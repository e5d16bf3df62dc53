"""The scheduler: decisions computed by Nova itself with Placement behind it (see data/scheduler/FORMAT.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kit.scheduling import Decision, Request, Scheduler

TOLERANCE = 1e-6


def run(path: Path) -> Iterator[tuple[str, str | None]]:
    """Give each case's id, and what is wrong or None; every case is run with and without NumPy."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            case = json.loads(line)
            try:
                yield case["id"], next((found for way in (False, True) if (found := check(case, way))), None)
            except Exception as error:  # a crash is a failed case, and the next one is run
                yield case["id"], f"{type(error).__name__}: {error}"


def check(case: dict[str, Any], vectorised: bool) -> str | None:
    """What is wrong with the decision on a case, one host at a time or all at once."""
    config = {("pci.alias" if name == "pci_alias" else name): value for name, value in case["config"].items()}
    scheduler = Scheduler.from_dict({**case, "config": config}, vectorised=vectorised)
    request = request_of(case["request"])
    decision = scheduler.select(request, alternates=bool(case.get("return_alternates")))
    left = sum(1 for server in request.servers if scheduler.placement.allocations(server))
    return difference(decision, case["expect"], left)


def request_of(data: dict[str, Any]) -> Request:
    """The request of a case: servers in hints are written `inst:name`."""
    volume = [name for name in data if "vol" in name or "bfv" in name]  # boot from volume, by any name
    data = {name: value for name, value in data.items() if name not in volume} | {
        "is_bfv": any(data[name] for name in volume),
        "hints": {name: plain(value) for name, value in (data.get("hints") or {}).items()},
    }
    for name in ("hosts", "nodes"):
        one = data.pop(f"force_{name[:-1]}", None)
        if one:
            data[f"force_{name}"] = [one]
    return Request.from_dict(data)


def plain(value: Any) -> Any:
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value.removeprefix("inst:") if isinstance(value, str) else value


def difference(decision: Decision, expect: dict[str, Any], left: int) -> str | None:
    """The first thing that is not as expected."""
    got = decision.to_dict()
    pairs = [
        ("outcome", expect["outcome"], got["outcome"]),
        ("chosen", expect["chosen"], got["chosen"]),
        ("placement", [query(each) for each in expect["placement"]], [query(each) for each in got["placement"]]),
    ]
    if "alternates" in expect:
        pairs.append(("alternates", expect["alternates"], got["alternates"]))
    if "claims_left" in expect:
        pairs.append(("claims left", expect["claims_left"], left))
    for what, wanted, have in pairs:
        if wanted != have:
            return f"{what}: expected {wanted}, got {have}"
    return claims(decision, expect.get("claimed")) or steps(expect["steps"], got["steps"], decision.ok)


def query(step: dict[str, Any]) -> tuple[Any, list[str]]:
    """A query as its members, each a set of parts, and the candidates in order."""
    return sorted(member(*part.split("=", 1)) for part in step["query"].split("&")), step["candidates"]


def member(name: str, value: str) -> tuple[str, str, tuple[str, ...]]:
    """A member of a query; the order inside a list is no matter."""
    kind, colon, rest = value.partition("in:") if name.startswith("member_of") else ("", "", value)
    return name, kind + colon, tuple(sorted(rest.split(",")))


def claims(decision: Decision, expect: dict[str, Any] | None) -> str | None:
    """What is wrong with the claims: on each host those of all its servers, or those of one."""
    if expect is None:
        return None
    for host in sorted({*expect, *decision.claimed}):
        wanted, have = expect.get(host), decision.claimed.get(host, {})
        servers = max(1, decision.chosen.count(host))
        if wanted not in (have, {name: amount // servers for name, amount in have.items()}):
            return f"claimed on {host}: expected {wanted}, got {have}"
    return None


def steps(expect: list[dict[str, Any]], got: list[dict[str, Any]], ok: bool) -> str | None:
    """What is wrong with the steps; those where no host was looked at are not told."""
    expect = [step for step in expect if step.get("filters") or step.get("weighed")]
    got = [step for step in got if step["filters"] or step["weighed"]]
    if len(expect) < len(got):  # a forced host passes no filter, and need not be told
        got = [step for step in got if not step["forced"]]
    if len(expect) != len(got):
        return f"expected {len(expect)} steps, got {len(got)}"
    for number, (wanted, have) in enumerate(zip(expect, got, strict=True)):
        survivors = [{"filter": each["filter"], "survivors": each["survivors"]} for each in have["filters"]]
        pairs = [("filters", wanted["filters"], survivors)]
        if wanted["filters"]:
            pairs.append(("start", wanted["start"], have["start"]))
        if ok:
            pairs.append(("chosen", wanted.get("chosen"), have["chosen"]))
        for what, left, right in pairs:
            if left != right:
                return f"step {number + 1} {what}: expected {left}, got {right}"
        found = weights(wanted.get("weighed", []), have["weighed"])
        if found:
            return f"step {number + 1} {found}"
    return None


def weights(expect: list[dict[str, Any]], got: list[dict[str, Any]]) -> str | None:
    if [each["host"] for each in expect] != [each["host"] for each in got]:
        return f"order: expected {[each['host'] for each in expect]}, got {[each['host'] for each in got]}"
    for wanted, have in zip(expect, got, strict=True):
        if not near(wanted["weight"], have["weight"]):
            return f"{wanted['host']}: expected weight {wanted['weight']}, got {have['weight']} {have['contributions']}"
        if wanted["contributions"].keys() != have["contributions"].keys():
            return f"{wanted['host']}: expected {sorted(wanted['contributions'])}, got {sorted(have['contributions'])}"
        for weigher, parts in wanted["contributions"].items():
            for name, value in parts.items():
                if not near(value, have["contributions"][weigher][name]):
                    return f"{wanted['host']} {weigher} {name}: expected {value}, got {have['contributions'][weigher]}"
    return None


def near(left: float, right: float) -> bool:
    return abs(left - right) <= TOLERANCE * max(1.0, abs(left))
