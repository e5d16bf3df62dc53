"""Software configs and deployments: their rows, their documents, and what a signal does to a deployment."""

from __future__ import annotations

from typing import Any

from kit.cloud.orchestration.models import configs, deployments
from kit.cloud.store import Row, Transaction
from kit.hot import Resource


def new_config(tx: Transaction, project_id: str, **fields: Any) -> Row:
    """Make a config."""
    return tx.insert(configs, id=tx.ids.uuid(), project_id=project_id, created_at=tx.stamp, **fields)


def when(stamp: str | None) -> str | None:
    """A moment as Heat shows it."""
    return None if stamp is None else f"{stamp[:19]}Z"


def config_document(row: Row, details: bool = True) -> dict[str, Any]:
    """A config as the API shows it."""
    names = ("id", "name", "group", *(("config", "inputs", "outputs", "options") if details else ()))
    return {**{name: row[name] for name in names}, "creation_time": when(row["created_at"])}


def document(row: Row) -> dict[str, Any]:
    """A deployment as the API shows it."""
    names = (
        "id", "server_id", "config_id", "input_values", "output_values", "action", "status", "status_reason",
    )  # fmt: skip
    moments = {"creation_time": when(row["created_at"]), "updated_time": when(row["updated_at"])}
    return {**{name: row[name] for name in names}, **moments}


def of_server(tx: Transaction, server_id: str, project_id: str) -> list[dict[str, Any]]:
    """The configs of all deployments to a server, by their names. Source: Heat 27, `metadata_software_deployments`."""
    rows = tx.rows(
        deployments, server_id=server_id, project_id=project_id, order=[deployments.c.created_at, deployments.c.id]
    )  # fmt: skip
    found = [config for row in rows if (config := tx.get(configs, row["config_id"])) is not None]
    return [config_document(row) for row in sorted(found, key=lambda row: row["name"] or "")]


def inputs_of(
    resource: Resource, config: Row, given: dict[str, Any], action: str, transport: str | None
) -> list[dict[str, Any]]:  # fmt: skip
    """The inputs of a deployment's own config: those declared with their values, others given, and Heat's own."""
    left = dict(given)
    made = []
    for each in config["inputs"] or ():
        name = each["name"]
        made.append({**each, "value": left.pop(name) if name in left else each.get("default")})
    made += [{"name": name, "type": "String", "value": value} for name, value in left.items()]
    stack = resource.stack
    own: dict[str, Any] = {
        "deploy_server_id": resource.properties["server"], "deploy_action": action,
        "deploy_stack_id": f"{stack.name}/{stack.id}", "deploy_resource_name": resource.name,
        "deploy_signal_transport": transport,
    }  # fmt: skip
    if transport == "TEMP_URL_SIGNAL":
        own |= {"deploy_signal_id": resource.data["signal_url"], "deploy_signal_verb": "PUT"}
    elif transport != "NO_SIGNAL":
        # A server has no token of the project: the address is signed.
        url = f"{stack.url}/resources/{resource.name}/signal?Signature={resource.data['token']}"
        own |= {"deploy_signal_id": url, "deploy_signal_verb": "POST"}
    return made + [{"name": name, "type": "String", "value": value} for name, value in own.items()]


def signalled(tx: Transaction, row: Row, details: dict[str, Any]) -> str:
    """Let a deployment hear from its server. Source: Heat 27, `signal_software_deployment`."""
    config = tx.get(configs, row["config_id"]) or {}
    status, reason = "COMPLETE", "Outputs received"
    values: dict[str, Any] = {}
    failures = []
    for each in config.get("outputs") or ():
        name = each["name"]
        if name in details:
            values[name] = details[name]
            if each.get("error_output"):
                failures.append(f"{name} : {details[name]}")
    for name in ("deploy_stdout", "deploy_stderr", "deploy_status_code"):
        if name in details:
            values[name] = details[name]
    code = details.get("deploy_status_code")
    if code not in (None, 0, "0"):
        failures.append(f"deploy_status_code : Deployment exited with non-zero status code: {code}")
    if failures:
        status, reason = "FAILED", ", ".join(failures)
    tx.update(deployments, row["id"], output_values=values, status=status, status_reason=reason, updated_at=tx.stamp)
    return "deployment failed" if failures else "deployment succeeded"
