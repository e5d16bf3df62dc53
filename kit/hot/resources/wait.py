"""OS::Heat::WaitConditionHandle and OS::Heat::WaitCondition.

Source: Heat 27. A signal without id gets the next number; an id that comes twice counts once; one FAILURE fails
the condition with its reason; the data are JSON text.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from kit.hot.errors import ResourceFailure
from kit.hot.resources.base import Kind, Resource

SUCCESS, FAILURE = "SUCCESS", "FAILURE"
KEYS = {"data", "reason", "status", "id"}


class WaitConditionHandle(Kind):
    """Takes the signals."""

    def create(self, resource: Resource) -> None:
        super().create(resource)
        resource.data["token"] = resource.stack.backend.short_id()

    def signal(self, resource: Resource, data: Any) -> str:
        if data is not None and not isinstance(data, dict):
            raise ResourceFailure("the data of a signal must be a map", "TypeError")
        given = dict(data or {})
        number = len(resource.metadata) + 1
        entry = {"reason": f"Signal {number} received", "data": None, "id": number, "status": SUCCESS} | given
        if set(entry) != KEYS or entry["status"] not in (SUCCESS, FAILURE):
            raise ResourceFailure("Metadata format invalid", "ValueError")
        key = str(entry.pop("id"))
        resource.metadata = {**resource.metadata, key: entry}
        return f"status:{entry['status']} reason:{entry['reason']}"

    def value(self, resource: Resource, name: str) -> Any:
        endpoint = f"{resource.stack.url}/resources/{resource.name}/signal"
        token = resource.data.get("token")
        if resource.physical_id is None or resource.properties["signal_transport"] != "TOKEN_SIGNAL":
            return json.dumps({}) if name == "signal" and resource.physical_id is not None else None
        headers = "-H 'Content-Type: application/json' -H 'Accept: application/json'"
        return {
            "token": token, "endpoint": endpoint,
            "curl_cli": f"curl -i -X POST -H 'X-Auth-Token: {token}' {headers} {endpoint}",
            "signal": json.dumps({"endpoint": endpoint, "token": token}),
        }.get(name)  # fmt: skip


class UpdateWaitConditionHandle(WaitConditionHandle):
    """A handle that each update makes anew, so that all signals are needed again."""

    always_replaced = True


class CfnWaitConditionHandle(WaitConditionHandle):
    """AWS::CloudFormation::WaitConditionHandle: the reference is the address to signal."""

    def reference(self, resource: Resource) -> Any:
        return f"{resource.stack.url}/resources/{resource.name}/signal" if resource.physical_id else resource.name

    def value(self, resource: Resource, name: str) -> Any:
        return None


class WaitCondition(Kind):
    """Is made when enough signals have come."""

    names: ClassVar[dict[str, str]] = {"handle": "handle", "count": "count", "timeout": "timeout"}

    def _handle(self, resource: Resource) -> Resource | None:
        wanted = resource.properties[self.names["handle"]]
        for each in resource.stack.resources.values():
            if isinstance(each.kind, WaitConditionHandle) and each.reference() == wanted:
                return each
        return None

    def create(self, resource: Resource) -> None:
        super().create(resource)
        if self._handle(resource) is None:
            wanted = resource.properties[self.names["handle"]]
            raise ResourceFailure(f"{wanted} is not a valid wait condition handle.", "ValueError")

    def created(self, resource: Resource) -> bool:
        handle = self._handle(resource)
        assert handle is not None
        signals = list(handle.metadata.values())
        failed = [str(each["reason"]) for each in signals if each["status"] != SUCCESS]
        if failed:
            raise ResourceFailure(";".join(failed), "WaitConditionFailure")
        count = int(resource.properties[self.names["count"]] or 1)
        if len(signals) >= count:
            return True
        timeout = float(resource.properties[self.names["timeout"]])
        if resource.stack.backend.now() - resource.since >= timeout:
            told = f"{len(signals)} of {count} received"
            reasons = ";".join(str(each["reason"]) for each in signals)
            raise ResourceFailure(f"{told} - {reasons}" if reasons else told, "WaitConditionTimeout")
        return False

    def wakes(self, resource: Resource) -> float | None:
        return resource.since + float(resource.properties[self.names["timeout"]])

    def updated(self, resource: Resource) -> bool:
        return self.created(resource)

    def delete(self, resource: Resource) -> None:
        handle = self._handle(resource)
        if handle is not None and resource.replaced_by is None:
            handle.metadata = {}

    def attribute(self, resource: Resource, name: str, path: list[Any]) -> Any:
        if self._handle(resource) is None:
            return ""
        return super().attribute(resource, name, path)

    def value(self, resource: Resource, name: str) -> Any:
        handle = self._handle(resource)
        if handle is None or name.lower() != "data":
            return None
        return json.dumps({key: entry["data"] for key, entry in handle.metadata.items()})


class CfnWaitCondition(WaitCondition):
    """AWS::CloudFormation::WaitCondition."""

    names: ClassVar[dict[str, str]] = {"handle": "Handle", "count": "Count", "timeout": "Timeout"}
