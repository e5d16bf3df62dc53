"""Extensions that the operator of a legacy cloud has switched off: their paths, actions and attributes are not there.

Source: nova/api/openstack/compute/legacy_v2/contrib, Nova 12.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

# Alias to the first part of its paths, or the part below a server or a flavor; others are found at their own alias.
_PATHS = {
    "os-attach-interfaces": ("os-interface",), "os-server-diagnostics": ("diagnostics",),
    "os-flavor-extra-specs": ("os-extra_specs",), "os-volumes": ("os-volumes", "os-snapshots", "os-volume_attachments"),
    "os-security-groups": ("os-security-groups", "os-security-group-rules"),
    "os-instance-actions": ("os-instance-actions",), "os-consoles": ("remote-consoles",),
}  # fmt: skip
_ACTIONS = {
    "os-server-start-stop": ("os-start", "os-stop"), "os-rescue": ("rescue", "unrescue"), "os-evacuate": ("evacuate",),
    "os-shelve": ("shelve", "unshelve", "shelveOffload"), "os-deferred-delete": ("forceDelete", "restore"),
    "os-console-output": ("os-getConsoleOutput",), "os-floating-ips": ("addFloatingIp", "removeFloatingIp"),
    "os-consoles": ("os-getVNCConsole", "os-getSPICEConsole", "os-getRDPConsole", "os-getSerialConsole"),
    "os-security-groups": ("addSecurityGroup", "removeSecurityGroup"), "NMN": ("addFixedIp", "removeFixedIp"),
    "os-flavor-access": ("addTenantAccess", "removeTenantAccess"),
    "os-admin-actions": (
        "pause", "unpause", "suspend", "resume", "migrate", "lock", "unlock", "os-migrateLive", "os-resetState",
        "resetNetwork", "injectNetworkInfo", "createBackup",
    ),
}  # fmt: skip
# Attributes without the alias before a colon.
_ATTRIBUTES = {
    "os-config-drive": "config_drive", "os-keypairs": "key_name", "os-security-groups": "security_groups",
    "os-flavor-rxtx": "rxtx_factor", "os-flavor-swap": "swap",
}  # fmt: skip
_PREFIXES = {"os-extended-volumes": "os-extended-volumes:", "OS-EXT-IPS": "OS-EXT-IPS:type"}


def path_is_off(rest: str, off: Collection[str]) -> bool:
    """Whether a path below the API belongs to an extension that is off."""
    parts = rest.strip("/").split("/")
    own = {parts[0], parts[2] if len(parts) > 2 and parts[0] in ("servers", "flavors") else ""}
    return any(not own.isdisjoint(_PATHS.get(alias, (alias,))) for alias in off)


def action_is_off(name: str, off: Collection[str]) -> bool:
    """Whether an action belongs to an extension that is off."""
    return any(name in _ACTIONS.get(alias, ()) for alias in off)


def without(body: Any, off: Collection[str]) -> Any:
    """An answer without the attributes of extensions that are off."""
    names = {_ATTRIBUTES[alias] for alias in off if alias in _ATTRIBUTES}
    prefixes = tuple(_PREFIXES.get(alias, f"{alias}:") for alias in off)
    return _stripped(body, names, prefixes)


def _stripped(value: Any, names: Collection[str], prefixes: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_stripped(each, names, prefixes) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: inner if name == "metadata" else _stripped(inner, names, prefixes)
        for name, inner in value.items()
        if name not in names and not name.startswith(prefixes)
    }
