"""OS::Heat types that reach outside their stack: another stack, addresses to signal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kit.cloud.opening import REGION
from kit.cloud.orchestration.backend import CloudBackend
from kit.cloud.orchestration.resources.base import Values, ask
from kit.hot import Backend, Kind, Resource, ResourceFailure, TemplateError
from kit.hot.errors import StackValidationFailed
from kit.hot.resources import scaling, wait
from kit.hot.resources.base import Planned


class RemoteStack(Kind):
    """OS::Heat::Stack: a stack of its own beside this one."""

    def check_in(self, backend: Backend, planned: Planned) -> Iterator[TemplateError]:
        if not isinstance(backend, CloudBackend):
            return
        values = planned.properties.values()
        region = (values["context"] or {}).get("region_name") or REGION
        if region != REGION:
            why = f"public endpoint for orchestration service in {region} region not found"
            told = f'Cannot establish connection to Heat endpoint at region "{region}" due to "{why}"'
            yield StackValidationFailed(told, rule="remote-stack")
            return
        body = {"template": values["template"], "files": dict(planned.definition.files)}
        reply = backend.ask.reply("orchestration", "POST", "/validate", body)
        if reply.status_code >= 400:
            why = f"ERROR: {reply.json()['error']['message']}"
            told = f'Failed validating stack template using Heat endpoint at region "{region}" due to "{why}"'
            yield StackValidationFailed(told, rule="remote-stack")

    def _body(self, resource: Resource) -> Values:
        values = resource.properties
        template = values["template"]
        return {
            "template": template, "parameters": values["parameters"] or {}, "timeout_mins": values["timeout"] or 60,
            "files": dict(resource.stack.files), "disable_rollback": True,
        }  # fmt: skip

    def _show(self, resource: Resource) -> Values | None:
        if resource.physical_id is None:
            return None
        path = f"/stacks/{resource.stack.physical_name(resource)}/{resource.physical_id}"
        found = ask(resource)("orchestration", "GET", path, missing_ok=True)
        return found["stack"] if found is not None else None

    def _path(self, resource: Resource) -> str:
        return f"/stacks/{resource.stack.physical_name(resource)}/{resource.physical_id}"

    def create(self, resource: Resource) -> None:
        body = self._body(resource) | {"stack_name": resource.stack.physical_name(resource)}
        resource.physical_id = ask(resource)("orchestration", "POST", "/stacks", body)["stack"]["id"]

    def _reached(self, resource: Resource, action: str) -> bool:
        live = self._show(resource)
        if live is None:
            return action == "DELETE"
        status = live["stack_status"]
        if status == f"{action}_COMPLETE":
            return True
        if status.endswith("_FAILED"):
            told = f'Went to status {status} due to "{live["stack_status_reason"]}"'
            raise ResourceFailure(told, "ResourceInError")
        return False

    def created(self, resource: Resource) -> bool:
        return self._reached(resource, "CREATE")

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        ask(resource)("orchestration", "PUT", self._path(resource), self._body(resource))

    def updated(self, resource: Resource) -> bool:
        return self._reached(resource, "UPDATE")

    def delete(self, resource: Resource) -> None:
        if resource.physical_id is not None:
            ask(resource)("orchestration", "DELETE", self._path(resource), missing_ok=True)

    def deleted(self, resource: Resource) -> bool:
        return self._reached(resource, "DELETE")

    def _act(self, resource: Resource, action: str) -> None:
        ask(resource)("orchestration", "POST", f"{self._path(resource)}/actions", {action: None})

    def suspend(self, resource: Resource) -> None:
        self._act(resource, "suspend")

    def suspended(self, resource: Resource) -> bool:
        return self._reached(resource, "SUSPEND")

    def resume(self, resource: Resource) -> None:
        self._act(resource, "resume")

    def resumed(self, resource: Resource) -> bool:
        return self._reached(resource, "RESUME")

    def inspect(self, resource: Resource) -> None:
        if self._show(resource) is None:
            raise ResourceFailure("The stack is gone.", "NotFound")

    def value(self, resource: Resource, name: str) -> Any:
        live = self._show(resource)
        if live is None or name == "show":
            return live
        if name == "outputs":
            return {each["output_key"]: each.get("output_value") for each in live["outputs"]}
        return live.get(name)


class CfnWaitConditionHandle(wait.CfnWaitConditionHandle):
    """AWS::CloudFormation::WaitConditionHandle: an address that is signed, so that a server needs no token."""

    def reference(self, resource: Resource) -> Any:
        found = super().reference(resource)
        return f"{found}?Signature={resource.data['token']}" if resource.physical_id else found


class ScalingPolicy(scaling.ScalingPolicy):
    """OS::Heat::ScalingPolicy: `signal_url` needs a token, `alarm_url` is signed."""

    def create(self, resource: Resource) -> None:
        super().create(resource)
        resource.data["token"] = resource.stack.backend.short_id()

    def value(self, resource: Resource, name: str) -> Any:
        found = super().value(resource, name)
        return f"{found}?Signature={resource.data['token']}" if name == "alarm_url" else found


KINDS: dict[str, type[Kind]] = {
    "OS::Heat::Stack": RemoteStack, "AWS::CloudFormation::WaitConditionHandle": CfnWaitConditionHandle,
    "OS::Heat::ScalingPolicy": ScalingPolicy,
}  # fmt: skip
