"""Backups of servers: a small web service, written in a hurry. The lab mends it part by part.

`Backups()` is a WSGI application. `Backups(delete_backup=mine)` is one with a part replaced; where a
replacement is `...`, or returns it, the part below stands in.
"""

from __future__ import annotations

import inspect
import json
import random
import re
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

TYPE = "backup"

routes = {
    "list_backups": "GET /BackupList",
    "create_backup": "POST /backup/create",
    "show_backup": "GET /backup/{id}",
    "delete_backup": "POST /backup/{id}/delete",
}


def create_schedule(request):
    schedule = {"id": request.store.new_id(), **request.body["schedule"]}
    request.store.schedules[schedule["id"]] = schedule
    return 200, {"result": "ok"}, {}


def create_backup(request):
    store = request.store
    if len(store.backups) > store.quota:
        return request.fail(413, "quota-exceeded", "Too many backups.")
    return 200, {"backup": store.start(request.body["backup"])}, {}


def delete_backup(request, id):
    request.store.backups.pop(id, None)
    return 200, {"result": "deleted"}, {}


def validate(request):
    if not isinstance(request.body, dict) or "backup" not in request.body:
        return request.fail(422, "unprocessable", "Unprocessable entity.")
    return None


def problem(request, status, cause, detail):
    return {"error": {"code": status, "message": detail}}


def page(request, rows):
    size, number = int(request.query.get("size", 10)), int(request.query.get("page", 0))
    return rows[number * size : (number + 1) * size], []


def select(request, rows):
    name = request.query.get("name")
    return [row for row in rows if name is None or row["name"] == name]


def negotiate(request, wanted):
    if wanted is None:
        return request.high
    major, minor = wanted.split()[-1].split(".")
    return int(major), int(minor)


def view(row, version):
    return dict(row)


def discover(request):
    return {"versions": {"id": "1", "status": "stable", "updated": "2015-05-18"}}


# From here on the service is sound: how a request comes in, and how an answer goes out.

Row = dict[str, Any]
Version = tuple[int, int]
Answer = tuple[int, Any, dict[str, str]]
PARTS = {
    name: part
    for name, part in list(globals().items())
    if name == "routes" or getattr(part, "__module__", "") == __name__
}


def source(name: str) -> str:
    """The source of a part."""
    return inspect.getsource(PARTS[name]).strip()


class Store:
    """What the service keeps; a seed decides the ids."""

    def __init__(self, seed: int = 1, quota: int = 20, most: int = 10) -> None:
        self.backups: dict[str, Row] = {}
        self.schedules: dict[str, Row] = {}
        self.quota, self.most = quota, most
        self.dice, self.count = random.Random(seed), 0

    def new_id(self) -> str:
        return str(uuid.UUID(int=self.dice.getrandbits(128), version=4))

    def start(self, fields: Row, state: str = "copying") -> Row:
        """Begin a backup; the copying takes its time."""
        self.count += 1
        moment = f"2040-01-02T08:{self.count // 60:02}:{self.count % 60:02}Z"
        row = {"id": self.new_id(), "description": "", **fields, "state": state, "created_at": moment}
        self.backups[row["id"]] = row
        return row

    def newest_first(self) -> list[Row]:
        return list(self.backups.values())[::-1]


class Request:
    """One request, and what a part may ask of it."""

    def __init__(self, service: Backups, environ: dict[str, Any]) -> None:
        self.service, self.store = service, service.store
        self.low, self.high = service.low, service.high
        self.head = environ["REQUEST_METHOD"] == "HEAD"
        self.method, self.path = "GET" if self.head else environ["REQUEST_METHOD"], environ["PATH_INFO"] or "/"
        self.url = f"http://{environ.get('HTTP_HOST', 'localhost')}{self.path}"
        self.query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        self.wanted = environ.get("HTTP_OPENSTACK_API_VERSION")
        text = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        self.id = f"req-{self.store.new_id()}"
        try:
            self.body = json.loads(text) if text else None
        except ValueError:
            self.body = None

    def fail(self, status: int, cause: str, detail: str, **more: Any) -> Answer:
        """The answer of a refusal; `more` goes into its error."""
        body = self.service.run("problem", self, status, cause, detail)
        errors = body.get("errors") if isinstance(body, dict) else None
        if more and isinstance(errors, list) and errors:
            errors[0] |= more
        return status, body, {}

    def link(self, **changes: Any) -> str:
        """This request's URL with another query."""
        return f"{self.url}?{urlencode({**self.query, **changes})}"


class Backups:
    """The service as a WSGI application."""

    def __init__(
        self,
        store: Store | None = None,
        low: Version = (1, 0),
        high: Version = (1, 12),
        strict: bool = False,
        **parts: Any,
    ) -> None:
        self.store, self.low, self.high, self.strict = store or Store(), low, high, strict
        self.parts = {name: part for name, part in parts.items() if part is not ...}
        self.routes = {**PARTS["routes"], **self.parts.pop("routes", {})}
        self.routes |= {"create_schedule": "POST /schedules", "show_schedule": "GET /schedules/{id}"}

    def run(self, name: str, *given: Any) -> Any:
        """Run the replacement of a part, or the part."""
        answer = self.parts[name](*given) if name in self.parts else ...
        return PARTS[name](*given) if answer is ... else answer

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        request = Request(self, environ)
        try:
            status, body, headers = self.answer(request)
        except Exception as error:
            if self.strict:
                raise
            status, body, headers = request.fail(500, "fault", f"{type(error).__name__}: {error}")
        sent = b"" if body is None or request.head else json.dumps(body).encode()
        version = getattr(request, "version", None)
        heads = {"X-OpenStack-Request-ID": request.id, "Cache-Control": "no-cache", **headers}
        heads |= {"Content-Type": "application/json", "Content-Length": str(len(sent))} if sent else {}
        heads["Vary"] = "OpenStack-API-Version"
        heads["OpenStack-API-Version"] = f"{TYPE} {'.'.join(map(str, version or self.low))}"
        start_response(f"{status} -", list(heads.items()))
        return [sent]

    def answer(self, request: Request) -> Answer:
        if request.path == "/" and request.method == "GET":
            return 200, self.run("discover", request), {}
        version = self.run("negotiate", request, request.wanted)
        if failed(version):
            return version
        request.version = version
        allowed = []
        for name, route in self.routes.items():
            method, template = route.split(" ", 1)
            match = re.fullmatch(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", template), request.path)
            if match and method == request.method:
                return getattr(self, name)(request, **match.groupdict())
            allowed += [method] if match else []
        if allowed:
            return (
                *request.fail(405, "no-such-method", f"Allowed: {', '.join(allowed)}.")[:2],
                {"Allow": ", ".join(allowed)},
            )
        return request.fail(404, "no-such-path", f"There is nothing at {request.path}.")

    def list_backups(self, request: Request) -> Answer:
        rows = self.run("select", request, self.store.newest_first())
        found = rows if failed(rows) else self.run("page", request, rows)
        if failed(found):
            return found
        shown = [self.run("view", row, request.version) for row in found[0]]
        return 200, {"backups": shown, "links": found[1]}, {}

    def create_backup(self, request: Request) -> Answer:
        answer = self.run("validate", request) or self.run("create_backup", request)
        if isinstance(answer[1], dict) and "backup" in answer[1]:
            return answer[0], {"backup": self.run("view", answer[1]["backup"], request.version)}, answer[2]
        return answer

    def show_backup(self, request: Request, id: str) -> Answer:
        if id not in self.store.backups:
            return request.fail(404, "no-such-backup", f"There is no backup {id}.")
        return 200, {"backup": self.run("view", self.store.backups[id], request.version)}, {}

    def delete_backup(self, request: Request, id: str) -> Answer:
        return self.run("delete_backup", request, id)

    def create_schedule(self, request: Request) -> Answer:
        return self.run("create_schedule", request)

    def show_schedule(self, request: Request, id: str) -> Answer:
        if id not in self.store.schedules:
            return request.fail(404, "no-such-schedule", f"There is no schedule {id}.")
        return 200, {"schedule": self.store.schedules[id]}, {}


def failed(answer: Any) -> bool:
    """Whether a part gave a refusal instead of what it is for."""
    return isinstance(answer, tuple) and len(answer) == 3 and answer[0] in range(400, 600)


def sample() -> Store:
    """A store with some backups, for a service to be probed: the same each time."""
    store = Store(quota=20)
    for name in ("web", "db", "mail"):
        store.start({"name": name, "server_id": store.new_id()}, "available")
    return store
