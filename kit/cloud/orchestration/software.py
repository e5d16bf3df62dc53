"""The API of software configs and deployments."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.orchestration import deploying, holding
from kit.cloud.orchestration.common import body, keep, number
from kit.cloud.orchestration.errors import HeatError, bad_request
from kit.cloud.orchestration.models import configs, deployments, stacks
from kit.cloud.store import Row


def _absent(what: str, id: str) -> HeatError:
    return HeatError(404, f"The {what} ({id}) could not be found.", "EntityNotFound")


def _config(call: Call, tenant: str, id: str) -> Row:
    row = call.tx.get(configs, id)
    if row is None or (row["project_id"] != tenant and not call.context.is_admin):
        raise _absent("Software Config", id)
    return row


def config_index(call: Call, tenant: str) -> dict[str, Any]:
    """List the configs."""
    found = call.tx.rows(configs, project_id=tenant, order=[configs.c.created_at, configs.c.id])
    if call.query.one("global_tenant") and call.context.is_admin:
        found = call.tx.rows(configs, order=[configs.c.created_at, configs.c.id])
    marker, limit = call.query.one("marker"), number(call, "limit")
    places = [place for place, row in enumerate(found) if row["id"] == marker]
    found = found[places[0] + 1 :] if places else [] if marker else found
    return {"software_configs": [deploying.config_document(row, False) for row in found[: limit or 1000]]}


def config_show(call: Call, tenant: str, config_id: str) -> dict[str, Any]:
    """Show a config."""
    return {"software_config": deploying.config_document(_config(call, tenant, config_id))}


def config_create(call: Call, tenant: str) -> dict[str, Any]:
    """Make a config."""
    given = body(call)
    for name in ("inputs", "outputs"):
        for each in given.get(name) or ():
            if not isinstance(each, dict) or not each.get("name"):
                raise bad_request(f"Config {name[:-1]} must have a name.", "StackValidationFailed")
    row = deploying.new_config(
        call.tx, tenant, name=given.get("name"), group=given.get("group") or "Heat::Ungrouped",
        config=given.get("config") or "", inputs=given.get("inputs") or [], outputs=given.get("outputs") or [],
        options=given.get("options") or {},
    )  # fmt: skip
    return {"software_config": deploying.config_document(row)}


def config_delete(call: Call, tenant: str, config_id: str) -> None:
    """Delete a config that no deployment has."""
    row = _config(call, tenant, config_id)
    if call.tx.first(deployments, config_id=config_id) is not None:
        told = f"Software config with id {config_id} can not be deleted as it is referenced."
        raise HeatError(400, told, "InvalidRestrictedAction")
    call.tx.delete(configs, id=row["id"])


def _deployment(call: Call, tenant: str, id: str) -> Row:
    row = call.tx.get(deployments, id)
    if row is None or (row["project_id"] != tenant and not call.context.is_admin):
        raise _absent("Software Deployment", id)
    return row


def deployment_index(call: Call, tenant: str) -> dict[str, Any]:
    """List the deployments, of one server where asked."""
    server = call.query.one("server_id")
    query: dict[str, Any] = {"project_id": tenant} | ({"server_id": server} if server else {})
    found = call.tx.rows(deployments, order=[deployments.c.created_at, deployments.c.id], **query)
    return {"software_deployments": [deploying.document(row) for row in found]}


def deployment_show(call: Call, tenant: str, deployment_id: str) -> dict[str, Any]:
    """Show a deployment."""
    return {"software_deployment": deploying.document(_deployment(call, tenant, deployment_id))}


def deployment_create(call: Call, tenant: str) -> dict[str, Any]:
    """Make a deployment."""
    given = body(call)
    _config(call, tenant, str(given.get("config_id")))
    tx = call.tx
    row = tx.insert(
        deployments, id=given.get("id") or tx.ids.uuid(), project_id=tenant, server_id=given.get("server_id"),
        config_id=given["config_id"], stack_user_project_id=given.get("stack_user_project_id") or tenant,
        input_values=given.get("input_values") or {}, output_values={}, action=given.get("action") or "INIT",
        status=given.get("status") or "COMPLETE", status_reason=given.get("status_reason") or "",
        created_at=tx.stamp, updated_at=None,
    )  # fmt: skip
    return {"software_deployment": deploying.document(row)}


def deployment_update(call: Call, tenant: str, deployment_id: str) -> dict[str, Any]:
    """Change a deployment: the server's agent tells its outputs so. Its stack goes on."""
    row = _deployment(call, tenant, deployment_id)
    names = ("config_id", "input_values", "output_values", "action", "status", "status_reason")
    fields = {name: value for name, value in body(call).items() if name in names}
    call.tx.update(deployments, row["id"], **fields, updated_at=call.tx.stamp)
    _stacks_go_on(call, row)
    return {"software_deployment": deploying.document({**row, **fields, "updated_at": call.tx.stamp})}


def _stacks_go_on(call: Call, row: Row) -> None:
    """Let stacks look again that may wait for this deployment."""
    for root in call.tx.rows(stacks, project_id=row["project_id"], status="IN_PROGRESS", absent=("parent_id",)):
        if root["deleted_at"] is None and root["state"] and row["id"] in root["state"]:
            keep(call, holding.load(call.cloud, call.tx, root))


def deployment_delete(call: Call, tenant: str, deployment_id: str) -> None:
    """Delete a deployment."""
    call.tx.delete(deployments, id=_deployment(call, tenant, deployment_id)["id"])


def metadata(call: Call, tenant: str, server_id: str) -> dict[str, Any]:
    """The configs that a server is to run: what its agent polls."""
    return {"metadata": deploying.of_server(call.tx, server_id, tenant)}
