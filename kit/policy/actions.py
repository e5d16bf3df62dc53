"""Actions on a cloud: what `execute[nova:servers.pause(id)]` calls, as a request to the service's API.

The names are those of the Python clients that Congress called (novaclient, neutronclient, cinderclient,
glanceclient, keystoneclient), and a few that Congress's own drivers added.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from kit.policy.errors import ActionError
from kit.policy.suggest import did_you_mean
from kit.policy.values import Value


class Connection(Protocol):
    """What is needed of `openstack.connection.Connection`: raw requests to the services."""

    compute: Any
    network: Any
    identity: Any
    image: Any
    block_storage: Any


@dataclass(frozen=True)
class Verb:
    """One action.

    Attributes
    ----------
    args : tuple of str
        Names of the arguments; one that ends in `?` may be left out.
    description : str
        What it does.
    request : callable
        From the arguments to method, path and body.
    """

    args: tuple[str, ...]
    description: str
    request: Callable[..., tuple[str, str, Any]]

    @property
    def least(self) -> int:
        """How many arguments it needs."""
        return sum(not name.endswith("?") for name in self.args)


def _server(name: str, description: str, key: str = "", body: Any = None) -> tuple[str, Verb]:
    document = {key or name: body}
    return f"servers.{name}", Verb(("server",), description, lambda id: ("POST", f"/servers/{id}/action", document))


def _delete(name: str, path: str, what: str) -> tuple[str, Verb]:
    return name, Verb((what.replace(" ", "_"),), f"Delete a {what}.", lambda id: ("DELETE", f"{path}/{id}", None))


def _named(*found: tuple[str, Verb]) -> dict[str, Verb]:
    return dict(found)


def _attributes(resource: str, id: str, *pairs: Value) -> tuple[str, str, Any]:
    names, values = pairs[::2], [None if value == "None" else value for value in pairs[1::2]]
    if len(names) != len(values):
        raise ActionError(
            "update_resource_attrs needs a value for every attribute", todo="Give resource, id, name, value, ..."
        )
    path = "floatingips" if resource == "floatingip" else f"{resource.replace('_', '-')}s"
    return "PUT", f"/{path}/{id}", {resource: dict(zip(map(str, names), values, strict=True))}


_SHARED = {"block_migration": False, "disk_over_commit": False}

NOVA = _named(
    _server("start", "Start a server.", "os-start"),
    _server("stop", "Stop a server.", "os-stop"),
    _server("pause", "Pause a server."),
    _server("unpause", "Go on with a paused server."),
    _server("suspend", "Suspend a server."),
    _server("resume", "Resume a suspended server."),
    _server("lock", "Lock a server."),
    _server("unlock", "Unlock a server."),
    _server("shelve", "Shelve a server."),
    _server("unshelve", "Bring a shelved server back."),
    _server("rescue", "Boot a server into its rescue image.", body={}),
    _server("unrescue", "Bring a rescued server back."),
    _server("migrate", "Move a server to another host."),
    _server("force_delete", "Delete a server at once.", "forceDelete"),
    _server("restore", "Bring a softly deleted server back."),
    _delete("servers.delete", "/servers", "server"),
    _delete("flavors.delete", "/flavors", "flavor"),
    _delete("server_groups.delete", "/os-server-groups", "server group"),
) | {
    "servers.reboot": Verb(
        ("server", "type?"), "Reboot a server, SOFT or HARD.",
        lambda id, type="SOFT": ("POST", f"/servers/{id}/action", {"reboot": {"type": type}}),
    ),
    "servers.add_security_group": Verb(
        ("server", "name"), "Give a server's ports a security group.",
        lambda id, name: ("POST", f"/servers/{id}/action", {"addSecurityGroup": {"name": name}}),
    ),
    "servers.remove_security_group": Verb(
        ("server", "name"), "Take a security group from a server's ports.",
        lambda id, name: ("POST", f"/servers/{id}/action", {"removeSecurityGroup": {"name": name}}),
    ),
    "servers.reset_state": Verb(
        ("server", "state"), "Set a server's state by hand: active or error.",
        lambda id, state: ("POST", f"/servers/{id}/action", {"os-resetState": {"state": state}}),
    ),
    "servers.live_migrate": Verb(
        ("server", "host?"), "Move a running server.",
        lambda id, host=None: ("POST", f"/servers/{id}/action", {"os-migrateLive": {"host": host, **_SHARED}}),
    ),
    "servers_set_meta": Verb(
        ("server", "key", "value"), "Set one metadata item of a server.",
        lambda id, key, value: ("POST", f"/servers/{id}/metadata", {"metadata": {str(key): str(value)}}),
    ),
    "servers.delete_meta": Verb(
        ("server", "key"), "Remove one metadata item of a server.",
        lambda id, key: ("DELETE", f"/servers/{id}/metadata/{key}", None),
    ),
}  # fmt: skip

NEUTRON = _named(
    _delete("delete_security_group_rule", "/security-group-rules", "security group rule"),
    _delete("delete_security_group", "/security-groups", "security group"),
    _delete("delete_port", "/ports", "port"),
    _delete("delete_network", "/networks", "network"),
    _delete("delete_subnet", "/subnets", "subnet"),
    _delete("delete_router", "/routers", "router"),
    _delete("delete_floatingip", "/floatingips", "floating ip"),
) | {
    "disassociate_floatingip": Verb(
        ("floating_ip",), "Take a floating IP from its port.",
        lambda id: ("PUT", f"/floatingips/{id}", {"floatingip": {"port_id": None}}),
    ),
    "remove_interface_router": Verb(
        ("router", "subnet"), "Take a subnet from a router.",
        lambda id, subnet: ("PUT", f"/routers/{id}/remove_router_interface", {"subnet_id": subnet}),
    ),
    "update_resource_attrs": Verb(
        ("resource", "id", "attribute", "value"), "Set attributes of a resource: port, network, router and so on.", _attributes
    ),
}  # fmt: skip

# What reads before it writes: Congress's own two verbs on a port's groups.
PORT_GROUPS = {
    "attach_port_security_group": Verb(("port", "security_group"), "Give a port a security group.", _attributes),
    "detach_port_security_group": Verb(("port", "security_group"), "Take a security group from a port.", _attributes),
}

ACTIONS: dict[str, dict[str, Verb]] = {
    "nova": NOVA,
    "neutronv2": {**NEUTRON, **PORT_GROUPS},
    "cinder": _named(
        _delete("volumes.delete", "/volumes", "volume"),
        _delete("volume_snapshots.delete", "/snapshots", "snapshot"),
    ),
    "glancev2": _named(_delete("images.delete", "/images", "image")),
    "keystonev3": _named(_delete("users.delete", "/users", "user"), _delete("projects.delete", "/projects", "project")),
}
"""Data source to action to what it does."""

_PROXIES = {
    "nova": "compute", "neutronv2": "network", "cinder": "block_storage", "glancev2": "image", "keystonev3": "identity",
}  # fmt: skip


def perform(connection: Connection, service: str, name: str, args: tuple[Value, ...] = ()) -> None:
    """Call an action.

    Parameters
    ----------
    connection : openstack.connection.Connection
        Who does it; an administrator's, as a rule.
    service, name : str
        `nova`, `servers.pause`.
    args : tuple
        Its arguments, in order.

    Raises
    ------
    ActionError
        There is no such action, it has other arguments, or the cloud refuses; the text has the cloud's words.
    """
    verb = find(service, name)
    many = name == "update_resource_attrs"
    if len(args) < verb.least or (len(args) > len(verb.args) and not many):
        raise ActionError(
            f"`{service}:{name}` takes {', '.join(verb.args)}, but {len(args)} arguments were given",
            todo=f"Write execute[{service}:{name}({', '.join(verb.args)})].",
        )
    proxy = getattr(connection, _PROXIES[service])
    if name in PORT_GROUPS:
        method, path, body = _port_groups(proxy, name, *map(str, args))
    else:
        method, path, body = verb.request(*args)
    _checked(
        getattr(proxy, method.lower())(_below(proxy, service, path), **({"json": body} if body is not None else {}))
    )


def find(service: str, name: str) -> Verb:
    """An action by its service and name.

    Raises
    ------
    ActionError
        There is none; the text suggests one.
    """
    known = ACTIONS.get(service)
    if known is None:
        raise ActionError(f"There are no actions of `{service}`.", todo=f"There are: {', '.join(ACTIONS)}.")
    if name not in known:
        raise ActionError(f"`{service}` has no action `{name}`.", todo=did_you_mean(name, known))
    return known[name]


def _below(proxy: Any, service: str, path: str) -> str:
    """The path below the proxy's endpoint, which ends with the version or does not."""
    version = {"neutronv2": "/v2.0", "glancev2": "/v2"}.get(service, "")
    return path if str(proxy.get_endpoint() or "").rstrip("/").endswith(version) else version + path


def _port_groups(network: Any, name: str, port: str, group: str) -> tuple[str, str, Any]:
    path = f"/ports/{port}"
    found = _checked(network.get(_below(network, "neutronv2", path))).json()["port"]["security_groups"]
    groups = [*found, group] if name.startswith("attach") else [item for item in found if item != group]
    return "PUT", path, {"port": {"security_groups": list(dict.fromkeys(groups))}}


def _checked(answer: Any) -> Any:
    if answer.status_code >= 400:
        raise ActionError(f"The cloud refuses ({answer.status_code}): {_message(answer)}")
    return answer


def _message(answer: Any) -> str:
    """The sentence inside a service's error envelope, whichever it is."""
    try:
        found = answer.json()
    except ValueError:
        return str(answer.text)
    while isinstance(found, dict):
        inner = found.get("message") or next((value for value in found.values() if isinstance(value, dict)), None)
        if inner is None:
            return str(found)
        found = inner
    return str(found)
