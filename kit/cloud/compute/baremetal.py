"""Nova's old proxy to bare-metal nodes (until 2.35). A cloud of ours has none: the list is empty, and Ironic's own
commands are named to whoever would change one."""

from __future__ import annotations

from typing import Any, NoReturn

from kit.cloud.call import Call
from kit.cloud.compute.actions import named
from kit.cloud.compute.validation import require_admin
from kit.cloud.errors import BadRequest, NotFound
from kit.cloud.service import Service


def index(call: Call) -> dict[str, Any]:
    """List the nodes."""
    require_admin(call, "os-baremetal-nodes:list")
    return {"nodes": []}


def show(call: Call, node_id: str) -> NoReturn:
    """Show a node."""
    require_admin(call, "os-baremetal-nodes:show")
    raise NotFound(f"Node {node_id} could not be found.")


def create(call: Call) -> NoReturn:
    """Make a node, which only Ironic does."""
    _elsewhere("node-create")


def delete(call: Call, node_id: str) -> NoReturn:
    """Delete a node, which only Ironic does."""
    _elsewhere("node-delete")


_COMMANDS = {"add_interface": "port-create", "remove_interface": "port-delete"}


def action(call: Call, node_id: str) -> NoReturn:
    """Change a node's interfaces, which only Ironic does."""
    name, _ = named(call)
    if name not in _COMMANDS:
        raise BadRequest(f"There is no such action: {name}")
    _elsewhere(_COMMANDS[name])


def _elsewhere(command: str) -> NoReturn:
    raise BadRequest(f"Command not supported. Please use Ironic command {command} to perform this action.")


def add_to(service: Service, until: str) -> None:
    """Add the operations to the compute service; `until` is the last microversion with them."""
    nodes = "/v2.1/os-baremetal-nodes"
    service.add("GET", nodes, index, until=until)
    service.add("POST", nodes, create, until=until)
    service.add("GET", f"{nodes}/{{node_id}}", show, until=until)
    service.add("DELETE", f"{nodes}/{{node_id}}", delete, until=until)
    service.add("POST", f"{nodes}/{{node_id}}/action", action, until=until)
