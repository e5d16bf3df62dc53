"""A cloud that answers from a table, and pieces of Heat's answers."""

from __future__ import annotations

import json
from types import SimpleNamespace

BASE = "http://heat/v1/p/stacks"


class Answer:
    """An answer of a service."""

    def __init__(self, status, body):
        self.status_code, self.reason = status, "Reason"
        self.text = body if isinstance(body, str) else json.dumps(body)
        self.content = self.text.encode()

    def json(self):
        return json.loads(self.text)


class Fake:
    """A connection that answers from a table: a body, (status, body), or a list of these, one after the other."""

    def __init__(self, table, servers=()):
        self.table, self.asked = table, []
        self.orchestration, self.config = SimpleNamespace(request=self.request), SimpleNamespace(name="mine")
        self.compute = SimpleNamespace(servers=lambda details: list(servers))

    def request(self, path, method, params, raise_exc, json=None):
        self.asked.append((method, path, params, json))
        found = self.table.get((method, path), self.table.get(path, (404, {"error": {"message": f"no {path}"}})))
        if isinstance(found, Exception):
            raise found
        if callable(found):
            found = found(params)
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        return Answer(*found) if isinstance(found, tuple) else Answer(200, found)


def resource(name, type, state, stack, reason="", id="", nested=""):
    links = [{"rel": "self", "href": "x"}, {"rel": "stack", "href": f"{BASE}/n/{stack}"}]
    links += [{"rel": "nested", "href": f"{BASE}/n/{nested}"}] if nested else []
    return {
        "resource_name": name, "resource_type": type, "resource_status": state, "resource_status_reason": reason,
        "physical_resource_id": id, "links": links,
    }  # fmt: skip


def event(name, state, id, reason="", physical=None):
    return {
        "resource_name": name, "resource_status": state, "id": id, "resource_status_reason": reason,
        "physical_resource_id": physical,
    }  # fmt: skip


def stack(state="CREATE_FAILED", **more):
    return {"stack": {"stack_name": "web", "id": "1", "stack_status": state, "stack_status_reason": "why", **more}}
