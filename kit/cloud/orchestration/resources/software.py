"""OS::Heat software types over the service's own configs and deployments. Source: Heat 27."""

from __future__ import annotations

from collections.abc import Mapping
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any

from kit.cloud.orchestration import deploying
from kit.cloud.orchestration.backend import backend_of
from kit.cloud.orchestration.models import configs, deployments
from kit.cloud.orchestration.resources import swift_signal
from kit.cloud.store import Row
from kit.hot import Kind, Resource, ResourceFailure
from kit.hot.errors import FunctionError, InvalidTemplateAttribute
from kit.hot.functions.refer import select
from kit.hot.resources.base import NoActionRequired
from kit.hot.resources.software import cloud_config

OUTPUTS = ("deploy_stdout", "deploy_stderr", "deploy_status_code")


class SoftwareConfig(Kind):
    """OS::Heat::SoftwareConfig; its id is the config's."""

    def fields(self, resource: Resource) -> dict[str, Any]:
        """The columns of the config."""
        values = resource.properties
        return {
            "group": values.get("group") or "Heat::Ungrouped", "config": self.config(resource, values),
            "inputs": values.get("inputs") or [], "outputs": values.get("outputs") or [],
            "options": values.get("options") or {},
        }  # fmt: skip

    def config(self, resource: Resource, values: Mapping[str, Any]) -> Any:
        """What the config says."""
        return values["config"] or ""

    def create(self, resource: Resource) -> None:
        name = resource.stack.physical_name(resource)
        tx = backend_of(resource).tx
        row = deploying.new_config(tx, resource.stack.project_id, name=name, **self.fields(resource))
        resource.physical_id = row["id"]

    def delete(self, resource: Resource) -> None:
        if resource.physical_id is not None:
            backend_of(resource).tx.delete(configs, id=resource.physical_id)

    def value(self, resource: Resource, name: str) -> Any:
        row = backend_of(resource).tx.get(configs, resource.physical_id)
        if row is None:
            return None
        return row["config"] if name == "config" else deploying.config_document(row)


class StructuredConfig(SoftwareConfig):
    """OS::Heat::StructuredConfig."""

    def config(self, resource: Resource, values: Mapping[str, Any]) -> Any:
        return values["config"] or {}


class CloudConfig(SoftwareConfig):
    """OS::Heat::CloudConfig: text for cloud-init."""

    def config(self, resource: Resource, values: Mapping[str, Any]) -> Any:
        return cloud_config(values["cloud_config"])


class MultipartMime(SoftwareConfig):
    """OS::Heat::MultipartMime: several parts in one message."""

    def config(self, resource: Resource, values: Mapping[str, Any]) -> Any:
        message = MIMEMultipart(boundary="===============heat==")
        for given in values["parts"]:
            text = given["config"]
            if len(text) == 36:
                row = backend_of(resource).tx.get(configs, text)
                text = str(row["config"]) if row is not None else text
            part = MIMEText(text, _subtype=given.get("subtype") or self._subtype(text))
            if given.get("filename"):
                part.add_header("Content-Disposition", "attachment", filename=given["filename"])
            message.attach(part)
        return message.as_string()

    @staticmethod
    def _subtype(text: str) -> str:
        return "cloud-config" if text.startswith("#cloud-config") else "x-shellscript"


class SoftwareComponent(SoftwareConfig):
    """OS::Heat::SoftwareComponent: a config for each action."""

    def fields(self, resource: Resource) -> dict[str, Any]:
        values = resource.properties
        return super().fields(resource) | {"group": "component", "config": {"configs": values["configs"]}}

    def config(self, resource: Resource, values: Mapping[str, Any]) -> Any:
        return {"configs": values["configs"]}


class SoftwareDeployment(Kind):
    """OS::Heat::SoftwareDeployment: a config on a server, done when the server tells so."""

    def _row(self, resource: Resource) -> Row | None:
        return backend_of(resource).tx.get(deployments, resource.physical_id)

    def _config(self, resource: Resource) -> Row:
        wanted = resource.properties["config"]
        found = backend_of(resource).tx.get(configs, wanted) if wanted else None
        if wanted and found is None:
            raise ResourceFailure(f"The Software Config ({wanted}) could not be found.", "NotFound")
        return found or {"group": "", "config": "", "inputs": [], "outputs": [], "options": {}, "name": ""}

    def derived(self, resource: Resource, config: Row, inputs: list[dict[str, Any]]) -> Any:
        """What the server is to run."""
        return config["config"]

    def _run(self, resource: Resource, action: str) -> bool:
        """Begin the config's work for an action; false where it has none."""
        values = resource.properties
        config = self._config(resource)
        wanted = values["actions"] or ["CREATE", "UPDATE"]
        if action not in wanted and config["group"] != "component":
            return False
        backend = backend_of(resource)
        tx = backend.tx
        transport = values["signal_transport"]
        if resource.physical_id is None:
            resource.physical_id = backend.new_id()
        self._open(resource, transport)
        inputs = deploying.inputs_of(resource, config, values["input_values"] or {}, action, transport)
        row = deploying.new_config(
            tx, resource.stack.project_id, name=values["name"] or config["name"], group=config["group"],
            config=self.derived(resource, config, inputs), inputs=inputs, outputs=config["outputs"],
            options=config["options"],
        )  # fmt: skip
        waits = transport != "NO_SIGNAL"
        fields = {
            "config_id": row["id"], "server_id": values["server"], "action": action,
            "status": "IN_PROGRESS" if waits else "COMPLETE", "input_values": values["input_values"] or {},
            "status_reason": "Deploy data available" if waits else "Not waiting for outputs signal",
            "output_values": {}, "updated_at": tx.stamp,
        }  # fmt: skip
        old = self._row(resource)
        if old is not None:
            tx.delete(configs, id=old["config_id"])
            tx.update(deployments, old["id"], **fields)
        else:
            tx.insert(
                deployments, id=resource.physical_id, project_id=resource.stack.project_id, created_at=tx.stamp,
                stack_user_project_id=resource.stack.project_id, **fields,
            )  # fmt: skip
        return True

    def _open(self, resource: Resource, transport: str) -> None:
        """Make what the server signals to."""
        if transport == "TEMP_URL_SIGNAL" and "signal_url" not in resource.data:
            resource.data["signal_url"] = swift_signal.new_object(resource)
        elif transport != "NO_SIGNAL" and "token" not in resource.data:
            resource.data["token"] = resource.stack.backend.short_id()

    def _heard(self, resource: Resource) -> None:
        """Take what the server has written to the object store."""
        row = self._row(resource)
        if row is None or row["status"] != "IN_PROGRESS" or "signal_url" not in resource.data:
            return
        told = swift_signal.last_word(resource)
        if told is not None:
            deploying.signalled(backend_of(resource).tx, row, told)

    def wakes(self, resource: Resource) -> float | None:
        return swift_signal.next_look(resource) if "signal_url" in resource.data else None

    def cancel(self, resource: Resource) -> None:
        row = self._row(resource)
        if row is not None and row["status"] == "IN_PROGRESS":
            told = {"status": "FAILED", "status_reason": "Deployment cancelled."}
            backend_of(resource).tx.update(deployments, row["id"], **told)

    def _over(self, resource: Resource) -> bool:
        self._heard(resource)
        row = self._row(resource)
        if row is None or row["status"] == "COMPLETE":
            return True
        if row["status"] == "FAILED":
            raise ResourceFailure(f"Deployment to server failed: {row['status_reason']}", "Error")
        return False

    def create(self, resource: Resource) -> None:
        self._run(resource, "CREATE")

    def created(self, resource: Resource) -> bool:
        return self._over(resource)

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        self._run(resource, "UPDATE")

    def updated(self, resource: Resource) -> bool:
        return self._over(resource)

    def suspend(self, resource: Resource) -> None:
        self._run(resource, "SUSPEND")

    def suspended(self, resource: Resource) -> bool:
        return self._over(resource)

    def resume(self, resource: Resource) -> None:
        self._run(resource, "RESUME")

    def resumed(self, resource: Resource) -> bool:
        return self._over(resource)

    def delete(self, resource: Resource) -> None:
        try:
            runs = self._run(resource, "DELETE")
        except ResourceFailure:  # the config is gone already
            runs = False
        if not runs:
            self._drop(resource)

    def deleted(self, resource: Resource) -> bool:
        done = self._over(resource)
        if done:
            self._drop(resource)
        return done

    def _drop(self, resource: Resource) -> None:
        row = self._row(resource)
        if row is not None:
            tx = backend_of(resource).tx
            tx.delete(deployments, id=row["id"])
            tx.delete(configs, id=row["config_id"])
        if resource.data.pop("signal_url", None):
            swift_signal.drop_object(resource)

    def signal(self, resource: Resource, data: Any) -> str:
        row = self._row(resource)
        if row is None:
            raise ResourceFailure("The deployment is not there.", "NotFound")
        if row["status"] != "IN_PROGRESS":
            raise NoActionRequired  # outputs are only expected while it runs
        return deploying.signalled(backend_of(resource).tx, row, data if isinstance(data, dict) else {})

    def attribute(self, resource: Resource, name: str, path: list[Any]) -> Any:
        row = self._row(resource)
        values = (row or {}).get("output_values") or {}
        if name in values:
            return select(values[name], path)
        if name == "show":
            return deploying.document(row) if row is not None else None
        if name in OUTPUTS:
            return None
        try:
            declared = [each.get("name") for each in self._config(resource)["outputs"] or ()]
        except ResourceFailure as failure:
            raise FunctionError(failure.what) from None
        if name not in declared:
            raise InvalidTemplateAttribute(f"The Referenced Attribute ({resource.name} {name}) is incorrect.")
        return None


class StructuredDeployment(SoftwareDeployment):
    """OS::Heat::StructuredDeployment: values for `get_input` are put into the structure."""

    def derived(self, resource: Resource, config: Row, inputs: list[dict[str, Any]]) -> Any:
        values = resource.properties
        given = {each["name"]: each.get("value") for each in inputs}
        strict = values.get("input_values_validate") == "STRICT"
        return self._filled(config["config"], given, values.get("input_key") or "get_input", strict)

    def _filled(self, snippet: Any, given: Mapping[str, Any], key: str, strict: bool) -> Any:
        if isinstance(snippet, dict):
            if len(snippet) == 1 and key in snippet:
                name = snippet[key]
                if strict and name not in given:
                    raise ResourceFailure(f"Missing input '{name}' for config.", "UserParameterMissing")
                return given.get(name) if isinstance(name, str) else None
            return {name: self._filled(each, given, key, strict) for name, each in snippet.items()}
        return [self._filled(each, given, key, strict) for each in snippet] if isinstance(snippet, list) else snippet


KINDS: dict[str, type[Kind]] = {
    "OS::Heat::SoftwareConfig": SoftwareConfig, "OS::Heat::StructuredConfig": StructuredConfig,
    "OS::Heat::CloudConfig": CloudConfig, "OS::Heat::MultipartMime": MultipartMime,
    "OS::Heat::SoftwareComponent": SoftwareComponent, "OS::Heat::SoftwareDeployment": SoftwareDeployment,
    "OS::Heat::StructuredDeployment": StructuredDeployment,
}  # fmt: skip
