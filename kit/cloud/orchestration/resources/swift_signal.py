"""OS::Heat::SwiftSignalHandle and OS::Heat::SwiftSignal: signals are objects that a signed URL lets anyone write.

Source: Heat 27, `swiftsignal.py` and its client plugin for Swift. A stack's signals are in a container of its own,
which keeps what is written over, so that one URL serves many signals.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import quote, urlsplit

from kit.cloud.orchestration.ask import Refused
from kit.cloud.orchestration.backend import backend_of
from kit.cloud.orchestration.resources.base import CloudKind, Values, ask
from kit.hot import Kind, Resource, ResourceFailure

KEY = "x-account-meta-temp-url-key"
IN_PROGRESS = b"in progress"  # what an object says before its first signal
LATEST = 2**31 - 1 - 60  # when a URL without an end ends, in seconds since 1970
DECADE = 10 * 365 * 86400  # seconds; it lasts at least so long where the clock is beyond that
SUCCESS, FAILURE = "SUCCESS", "FAILURE"
PLAIN = {"Content-Type": "text/plain"}


def signed_url(resource: Resource, container: str, name: str, method: str = "PUT") -> str:
    """A URL with which anyone may write, or read, one object."""
    calls = ask(resource)
    until = max(LATEST, int(resource.stack.backend.now()) + DECADE)
    key = calls.reply("object-store", "HEAD", "").headers.get(KEY)
    if not key:
        key = backend_of(resource).tx.ids.hex()
        calls("object-store", "POST", "", headers={KEY: key})
    path = f"/v1/AUTH_{calls.context.project_id}/{quote(container)}/{quote(name)}"
    signature = hmac.new(key.encode(), f"{method}\n{until}\n{path}".encode(), hashlib.sha256).hexdigest()
    root = f"{backend_of(resource).base}{calls.cloud.services['object-store'].path}"
    return f"{root}{path}?temp_url_sig={signature}&temp_url_expires={until}"


def _object(resource: Resource) -> str:
    return f"/{resource.stack.id}/{quote(resource.stack.physical_name(resource))}"


def new_object(resource: Resource) -> str:
    """The URL to which a resource's signals are written: an object of a container that has the stack's id for a name."""
    calls, container = ask(resource), resource.stack.id
    calls("object-store", "PUT", f"/{container}", headers={"X-Versions-Location": container})
    calls("object-store", "PUT", _object(resource), IN_PROGRESS, headers=PLAIN)
    return signed_url(resource, container, resource.stack.physical_name(resource))


def drop_object(resource: Resource) -> None:
    """Remove a resource's signals, and the stack's container when it is empty."""
    calls = ask(resource)
    while calls.reply("object-store", "DELETE", _object(resource)).status_code < 300:
        continue  # each delete brings the version before back
    reply = calls.reply("object-store", "DELETE", f"/{resource.stack.id}")
    if reply.status_code >= 400 and reply.status_code not in (404, 409):
        raise Refused("object-store", reply)


def last_word(resource: Resource) -> Values | None:
    """What was written last; None before the first signal.

    Raises
    ------
    ResourceFailure
        It is no JSON object.
    """
    answer = ask(resource).reply("object-store", "GET", _object(resource))
    if answer.status_code != 200 or answer.content == IN_PROGRESS:
        return None
    return _read(answer.content)


def _read(content: bytes) -> Values:
    try:
        told = json.loads(content) if content else {}
    except ValueError:
        raise ResourceFailure(f"Failed to parse JSON data: {content.decode(errors='replace')}", "Error") from None
    return told if isinstance(told, dict) else {"data": told}


def next_look(resource: Resource) -> float:
    """When to look again: nobody tells of a write; the longer it has waited, the longer it may."""
    now = resource.stack.backend.now()
    return now + max(1.0, (now - resource.since) / 20)


class SwiftSignalHandle(CloudKind):
    """Where to signal."""

    def create(self, resource: Resource) -> None:
        resource.data["endpoint"] = new_object(resource)
        resource.physical_id = resource.stack.physical_name(resource)

    def delete(self, resource: Resource) -> None:
        if resource.physical_id is not None:
            drop_object(resource)

    def reference(self, resource: Resource) -> Any:
        return resource.data.get("endpoint", resource.name)

    def value(self, resource: Resource, name: str) -> Any:
        if resource.physical_id is None:
            return None
        url = resource.data["endpoint"]
        return {"token": "", "endpoint": url, "curl_cli": f"curl -i -X PUT '{url}'"}.get(name)


class SwiftSignal(CloudKind):
    """Is made when enough signals have come; one that says FAILURE fails it."""

    def _name(self, resource: Resource) -> str:
        return urlsplit(resource.properties["handle"]).path.rpartition("/")[2]

    def create(self, resource: Resource) -> None:
        given = resource.properties["handle"]
        path = urlsplit(given).path
        parts = path[path.find("/v1/") :].split("/") if "/v1/" in path else []
        wrong = "Swift TempURL path" if len(parts) < 5 or not parts[2].startswith("AUTH_") else ""
        if not wrong and parts[3] != resource.stack.id:
            wrong = "container name"
        if wrong:
            told = f'"{path}" is not a valid SwiftSignalHandle.  The {wrong} is invalid'
            raise ResourceFailure(told, "ValueError")
        super().create(resource)

    def signals(self, resource: Resource) -> list[Values]:
        """The signals so far; of those with the same id the last.

        Raises
        ------
        ResourceFailure
            One is no JSON.
        """
        calls = ask(resource)
        reply = calls.reply("object-store", "GET", f"/{resource.stack.id}?format=json")
        listed = reply.json() if reply.status_code == 200 else []
        name = self._name(resource)
        found: list[Values] = []
        for each in sorted((one["name"] for one in listed if name in one["name"]), key=lambda one: (one == name, one)):
            answer = calls.reply("object-store", "GET", f"/{resource.stack.id}/{quote(each)}")
            if answer.status_code != 200 or answer.content == IN_PROGRESS:
                continue
            told = _read(answer.content)
            id = told.get("id", len(found) + 1)
            found = [one for one in found if one["id"] != id]
            found.append({"data": None, "reason": f"Signal {id} received", "status": SUCCESS, **told, "id": id})
        return found

    def created(self, resource: Resource) -> bool:
        signals, count = self.signals(resource), int(resource.properties["count"])
        failed = [str(each["reason"]) for each in signals if each["status"] == FAILURE]
        if failed:
            raise ResourceFailure(";".join(failed), "SwiftSignalFailure")
        unknown = next((each["status"] for each in signals if each["status"] != SUCCESS), None)
        if unknown is not None:
            raise ResourceFailure(f"Unknown status: {unknown}", "Error")
        if len(signals) >= count:
            return True
        if resource.stack.backend.now() - resource.since >= float(resource.properties["timeout"]):
            reasons = ";".join(str(each["reason"]) for each in signals)
            told = f"{len(signals)} of {count} received"
            raise ResourceFailure(f"{told} - {reasons}" if reasons else told, "SwiftSignalTimeout")
        return False

    def wakes(self, resource: Resource) -> float | None:
        return min(next_look(resource), resource.since + float(resource.properties["timeout"]))

    def value(self, resource: Resource, name: str) -> Any:
        if name != "data" or resource.physical_id is None:
            return None
        signals = self.signals(resource)
        return json.dumps({str(each["id"]): each["data"] for each in signals} if signals else None)


KINDS: dict[str, type[Kind]] = {
    "OS::Heat::SwiftSignalHandle": SwiftSignalHandle, "OS::Heat::SwiftSignal": SwiftSignal,
}  # fmt: skip
