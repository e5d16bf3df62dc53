"""The legacy tree's names of policy rules: `compute_extension:hypervisors` for `os_compute_api:os-hypervisors:list`."""

from __future__ import annotations

import re

# Nova's etc/policy.json, Kilo. What is not listed follows the extension's name.
_NAMES = {
    "os-hypervisors": "hypervisors", "os-services": "services", "os-aggregates": "aggregates", "os-hosts": "hosts",
    "os-flavor-manage": "flavormanage", "os-flavor-access": "flavor_access", "os-evacuate": "evacuate",
    "os-rescue": "rescue", "os-unrescue": "rescue", "os-migrations": "migrations:index",
    "os-server-diagnostics": "server_diagnostics", "os-console-output": "console_output",
    "os-remote-consoles": "consoles", "os-security-groups": "security_groups", "os-floating-ips": "floating_ips",
    "os-attach-interfaces": "attach_interfaces", "os-server-password": "server_password",
    "os-create-backup": "admin_actions:createBackup", "os-deferred-delete": "deferred_delete",
    "os-multinic": "multinic", "os-networks": "networks", "os-tenant-networks": "os-tenant-networks",
    "os-server-external-events": "os-server-external-events:create", "os-quota-class-sets": "quota_classes",
}  # fmt: skip
# With the verb behind the extension.
_VERBS = {
    "os-flavor-extra-specs": "flavorextraspecs", "os-quota-sets": "quotas", "os-shelve": "shelve",
    "os-simple-tenant-usage": "simple_tenant_usage", "os-availability-zone": "availability_zone",
    "os-keypairs": "keypairs",
}  # fmt: skip
_ADMIN = {
    "os-migrate-server:migrate": "migrate", "os-migrate-server:migrate_live": "migrateLive",
    "os-pause-server:pause": "pause", "os-pause-server:unpause": "unpause", "os-suspend-server:suspend": "suspend",
    "os-suspend-server:resume": "resume", "os-lock-server:lock": "lock", "os-lock-server:unlock": "unlock",
    "os-admin-actions:reset_state": "resetState", "os-admin-actions:reset_network": "resetNetwork",
    "os-admin-actions:inject_network_info": "injectNetworkInfo",
}  # fmt: skip
_MESSAGE = re.compile(r"(?<=Policy doesn't allow )os_compute_api:(\S+)(?= to be performed)")


def old_name(rule: str) -> str:
    """The legacy name of a rule, given without `os_compute_api:`.

    Examples
    --------
    >>> old_name("servers:create"), old_name("os-hypervisors:list"), old_name("os-migrate-server:migrate")
    ('compute:create', 'compute_extension:hypervisors', 'compute_extension:admin_actions:migrate')
    """
    extension, _, verb = rule.partition(":")
    if extension in ("servers", "server-metadata", "ips"):
        return f"compute:{verb}"
    if rule in _ADMIN:
        return f"compute_extension:admin_actions:{_ADMIN[rule]}"
    if extension in _VERBS:
        return f"compute_extension:{_VERBS[extension]}{':' + verb if verb else ''}"
    name = _NAMES.get(extension, extension.removeprefix("os-").replace("-", "_"))
    return f"compute_extension:{name}"


def with_old_names(message: str) -> str:
    """A refusal in the legacy tree's words."""
    return _MESSAGE.sub(lambda found: old_name(found[1]), message)
