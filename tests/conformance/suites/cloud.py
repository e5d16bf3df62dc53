"""The mock cloud: answers recorded from the real services (see data/cloud/FORMAT.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
import yaml

from kit.cloud import Cloud
from kit.cloud.adapter import BASE_URL, session

TYPES = {"volume": ("block-storage", "volumev3", "volume")}
FORMATS = {
    "time-z": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "time-us": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}",
    "time-us-z": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", "time-off": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d",
}  # fmt: skip
VALUED = ("vary", "retry-after", "content-type", "x-openstack-nova-api-version", "openstack-api-version")
PRESENT = ("location", "x-subject-token", "www-authenticate")
# A cloud as used as the recorded one, wherever the file of cases lies.
SEED = Path(__file__).parents[1] / "data" / "cloud" / "recorded.yaml"


def run(path: Path) -> Iterator[tuple[str, str | None]]:
    """Give each compared step's id, and what is wrong or None."""
    replay = Replay()
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            case = json.loads(line)
            problem = replay.step(case)
            if not case.get("setup") or problem:
                yield case["id"], problem


class Replay:
    """One client that runs a sequence of recorded requests against a new cloud."""

    def __init__(self) -> None:
        self.cloud = Cloud.from_seed(
            {**yaml.safe_load(SEED.read_text(encoding="utf-8")), "clock": "manual", "random_seed": 1}
        )
        self.http = session(self.cloud)
        self.http.trust_env = False
        self.tokens: dict[str, str | None] = {"none": None, "bad": "gAAAAABnonsense"}
        self.values: dict[str, Any] = {
            "rand": "0a1b2c3d", "none": "00000000-1111-4222-8333-444444444444", "nonehex": "0" * 32, "admin_user": "admin",
            "admin_password": "secret", "admin_project": "admin", "domain": "default",
        }  # fmt: skip
        self.roots: dict[str, str] = {}
        self.login("admin", "admin", "secret", "admin", "default")

    def login(self, who: str, user: str, password: str, project: str, domain: str) -> None:
        """Take a token, and the catalog's endpoints with it."""
        where = {"id": domain}
        auth = {
            "identity": {
                "methods": ["password"],
                "password": {"user": {"name": user, "domain": where, "password": password}},
            },
            "scope": {"project": {"name": project, "domain": where}},
        }
        answer = self.http.post(f"{BASE_URL}/identity/v3/auth/tokens", json={"auth": auth})
        token = answer.json()["token"]
        self.tokens[who] = self.values[f"{who}_token"] = answer.headers["X-Subject-Token"]
        self.values[f"{who}_project_id"], self.values[f"{who}_user_id"] = token["project"]["id"], token["user"]["id"]
        for service in token["catalog"]:
            self.roots[service["type"]] = next(e["url"] for e in service["endpoints"] if e["interface"] == "public")
            self.values[f"{service['type']}_root"] = re.sub(r"/v\d[^/]*(/.*)?$", "", self.roots[service["type"]])

    def fill(self, value: Any) -> Any:
        """Put variables in."""
        if isinstance(value, str):
            return re.sub(r"\{\{(\w+)\}\}", lambda match: str(self.values[match[1]]), value)
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if isinstance(value, dict):
            return {self.fill(key): self.fill(item) for key, item in value.items()}
        return value

    def send(self, case: dict[str, Any]) -> requests.Response:
        """Send one request."""
        service = next(name for name in TYPES.get(case["service"], (case["service"],)) if name in self.roots)
        base = self.values[f"{service}_root"] if case.get("root") else self.roots[service]
        headers = {"Accept": "application/json"}  # as the recorder asked
        headers |= {name: self.fill(text) for name, text in (case.get("headers") or {}).items()}
        token = self.tokens[case.get("as", "admin")]
        if token:
            headers["X-Auth-Token"] = token
        body = case.get("body")
        data = (
            self.fill(case["raw"])
            if case.get("raw") is not None
            else None
            if body is None
            else json.dumps(self.fill(body))
        )
        if body is not None and not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = "application/json"
        return self.http.request(
            case["method"], base + self.fill(case["path"]), data=data, headers=headers, allow_redirects=False
        )

    def step(self, case: dict[str, Any]) -> str | None:
        """Run one step; what is wrong with its answer."""
        try:
            if case.get("login"):
                self.login(*self.fill(case["login"]))
            wait = case.get("wait")
            if wait and not wait.get("after"):
                self.wait(case, wait)
            answer = self.send(case)
            problem = self.compare(case, answer)
            self.capture(case, answer)
            if wait and wait.get("after"):
                self.wait(case, wait)
        except (KeyError, StopIteration, IndexError) as error:
            return f"{type(error).__name__}: {error}"
        return problem

    def wait(self, case: dict[str, Any], wait: dict[str, Any]) -> None:
        """Look until a value is there; every look moves the clock by a second."""
        for _ in range(120):
            answer = self.send({**case, "body": None, "raw": None, **wait["request"]})
            if answer.status_code == 404 and wait.get("gone"):
                return
            if answer.ok and wait.get("until") and str(dig(answer.json(), wait["path"])) in map(str, wait["until"]):
                return

    def capture(self, case: dict[str, Any], answer: requests.Response) -> None:
        for name, source in (case.get("capture") or {}).items():
            if source.startswith("header:"):
                self.values[name] = answer.headers[source[7:]]
            else:
                self.values[name] = dig(answer.json(), source)

    def compare(self, case: dict[str, Any], answer: requests.Response) -> str | None:
        want = case["response"]
        if answer.status_code != want["status"]:
            return f"expected status {want['status']}, got {answer.status_code} {answer.text[:300]}"
        if case.get("setup"):
            return None
        for name, text in (want.get("headers") or {}).items():
            problem = header(name.lower(), text, answer)
            if problem:
                return problem
        shape = self.fill(want.get("shape"))
        if shape is None or shape == "bytes":
            return None
        try:
            return differs(shape, answer.json(), "")
        except ValueError:
            return None if shape in ("str", "html") else f"expected JSON, got {answer.text[:200]}"


def header(name: str, want: str, answer: requests.Response) -> str | None:
    """What is wrong with one header."""
    if name not in VALUED + PRESENT:
        return None
    got = answer.headers.get(name)
    if got is None:
        return f"header {name} is missing"
    if name in PRESENT or want == "<present>":
        return None
    if name == "content-type":
        return None if got.split(";")[0] == want.split(";")[0] else f"header {name}: expected {want}, got {got}"
    if name == "vary":
        have = {part.strip().lower() for part in got.split(",")}
        lacking = {part.strip().lower() for part in want.split(",")} - have
        return f"header vary lacks {sorted(lacking)}" if lacking else None
    return None if got == want else f"header {name}: expected {want}, got {got}"


def dig(value: Any, path: str) -> Any:
    """`a.b.0.c` in a JSON value."""
    for part in path.split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def kind(value: Any) -> str:
    """A leaf's type as a shape names it."""
    names = {bool: "bool", int: "int", float: "float", str: "str", type(None): "null"}
    return names[type(value)]


def differs(shape: Any, got: Any, where: str) -> str | None:
    """Where a value does not have the recorded shape."""
    if isinstance(shape, dict):
        if not isinstance(got, dict):
            return f"{where or 'body'}: expected an object, got {kind(got) if not isinstance(got, list) else 'a list'}"
        for key, inner in shape.items():
            names = [name for name in got if re.fullmatch(r"[0-9a-f-]{36}", name)] if key == "<uuid>" else [key]
            for name in names:
                if name not in got:
                    # A name made of a random value was recorded with that run's value.
                    if re.search(r"-[0-9a-f]{8}$", name):
                        continue
                    return f"{where}.{name} is missing"
                problem = differs(inner, got[name], f"{where}.{name}")
                if problem:
                    return problem
        return None
    if isinstance(shape, list):
        if not isinstance(got, list):
            return f"{where}: expected a list"
        # The recorded shape is that of all items together: a key that some lack is there when one has it.
        known = {key for item in got if isinstance(item, dict) for key in item}
        for number, item in enumerate(got if shape else []):
            inner = shape[0]
            if isinstance(inner, dict) and isinstance(item, dict):
                inner = {key: part for key, part in inner.items() if key in item or key not in known}
            problem = differs(inner, item, f"{where}.{number}")
            if problem:
                return problem
        return None
    return leaf(str(shape), got, where)


def leaf(shape: str, got: Any, where: str) -> str | None:
    """What is wrong with a leaf: its type, or the form of a time."""
    if isinstance(got, dict | list):
        return f"{where}: expected {shape}, got {got!r}"[:200]
    choices = shape.split("|")
    types = {choice.split(":")[0] for choice in choices}
    found = kind(got)
    if "null" in (found, *types) or found in types or {found, *types} <= {"int", "float"}:
        forms = [FORMATS[choice[4:]] for choice in choices if choice[4:] in FORMATS]
        timed = found == "str" and forms and len(forms) == len([c for c in choices if c != "null"])
        if timed and not any(re.fullmatch(form, got) for form in forms):
            return f"{where}: expected {shape}, got {got!r}"
        return None
    return f"{where}: expected {shape}, got {found}"
