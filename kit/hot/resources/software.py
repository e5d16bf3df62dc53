"""OS::Heat::SoftwareConfig and OS::Heat::SoftwareDeployment with their structured forms.

Source: Heat 27. A deployment waits for a signal with its outputs, unless its transport is NO_SIGNAL; a status
code other than 0 fails it.
"""

from __future__ import annotations

from typing import Any

import yaml

from kit.hot.errors import InvalidTemplateAttribute, ResourceFailure
from kit.hot.functions.refer import select
from kit.hot.resources.base import Kind, Resource

OUTPUTS = ("deploy_stdout", "deploy_stderr", "deploy_status_code")


class SoftwareConfig(Kind):
    """A script or a structure for servers; kept, and told by `config`."""

    def value(self, resource: Resource, name: str) -> Any:
        return resource.properties.get("config", "") if name == "config" else None


class CloudConfig(SoftwareConfig):
    """A structure for cloud-init, kept as its text."""

    def value(self, resource: Resource, name: str) -> Any:
        return cloud_config(resource.properties.get("cloud_config")) if name == "config" else None


def cloud_config(structure: Any) -> str:
    """The text that cloud-init reads."""
    return f"#cloud-config\n{yaml.safe_dump(structure or {})}"


class SoftwareDeployment(Kind):
    """A config on a server."""

    def _begin(self, resource: Resource, action: str) -> None:
        wanted = resource.properties.get("deploy_actions") or ["CREATE", "UPDATE"]
        waits = action in wanted and resource.properties.get("signal_transport") != "NO_SIGNAL"
        resource.data |= {
            "status": "IN_PROGRESS" if waits else "COMPLETE", "status_reason": "Deploy data available",
            "deploy_action": action, "output_values": {},
        }  # fmt: skip

    def create(self, resource: Resource) -> None:
        super().create(resource)
        self._begin(resource, "CREATE")

    def created(self, resource: Resource) -> bool:
        if resource.data["status"] == "FAILED":
            reason = f"Deployment to server failed: {resource.data['status_reason']}"
            raise ResourceFailure(reason, "Error")
        return bool(resource.data["status"] == "COMPLETE")

    def update(self, resource: Resource, changed: Any) -> None:
        self._begin(resource, "UPDATE")

    def updated(self, resource: Resource) -> bool:
        return self.created(resource)

    def signal(self, resource: Resource, data: Any) -> str:
        given = dict(data) if isinstance(data, dict) else {}
        code = given.get("deploy_status_code")
        failed = code not in (None, 0, "0")
        resource.data["output_values"] = given
        resource.data["status"] = "FAILED" if failed else "COMPLETE"
        told = f"deploy_status_code : Deployment exited with non-zero status code: {code}"
        resource.data["status_reason"] = told if failed else "Outputs received"
        return "deployment failed" if failed else "deployment succeeded"

    def attribute(self, resource: Resource, name: str, path: list[Any]) -> Any:
        values = resource.data.get("output_values") or {}
        if name in values:
            return select(values[name], path)
        if name in OUTPUTS or name == "show":
            return None
        config = self._config(resource)
        declared = [each.get("name") for each in (config or {}).get("outputs") or ()]
        if name not in declared:
            raise InvalidTemplateAttribute(f"The Referenced Attribute ({resource.name} {name}) is incorrect.")
        return None

    @staticmethod
    def _config(resource: Resource) -> dict[str, Any] | None:
        wanted = resource.properties.get("config")
        for each in resource.stack.resources.values():
            if each.physical_id is not None and each.reference() == wanted:
                return each.properties
        return None
