"""What only a member of the project may do to its servers, with Nova's names of the rules."""

from __future__ import annotations

# Operation to rule, below `os_compute_api:`.
RULES = {
    "server_create.create": "servers:create", "servers.update": "servers:update", "servers.delete": "servers:delete",
    "server_parts.meta_update": "server-metadata:create", "server_parts.meta_replace": "server-metadata:update_all",
    "server_parts.meta_set": "server-metadata:update", "server_parts.meta_delete": "server-metadata:delete",
    "server_parts.tag_add": "os-server-tags:update", "server_parts.tag_replace": "os-server-tags:update_all",
    "server_parts.tag_delete": "os-server-tags:delete", "server_parts.tag_clear": "os-server-tags:delete_all",
    "server_parts.interface_create": "os-attach-interfaces:create",
    "server_parts.interface_delete": "os-attach-interfaces:delete",
    "server_parts.password_clear": "os-server-password:clear", "server_parts.remote_console": "os-remote-consoles",
    "server_groups.create": "os-server-groups:create", "server_groups.delete": "os-server-groups:delete",
    "volume_attachments.create": "os-volumes-attachments:create",
    "volume_attachments.update": "os-volumes-attachments:update",
    "volume_attachments.delete": "os-volumes-attachments:delete",
    "proxy_volumes.volume_create_": "os-volumes:create", "proxy_volumes.volume_delete": "os-volumes:delete",
    "proxy_volumes.snapshot_create": "os-volumes:snapshots:create",
    "proxy_volumes.snapshot_delete": "os-volumes:snapshots:delete",
    "proxy_network.floating_create": "os-floating-ips:create",
    "proxy_network.floating_delete": "os-floating-ips:delete",
    "proxy_security.create": "os-security-groups:create", "proxy_security.update": "os-security-groups:update",
    "proxy_security.delete": "os-security-groups:delete", "proxy_security.rule_create": "os-security-groups:rule:create",
    "proxy_security.rule_delete": "os-security-groups:rule:delete",
}  # fmt: skip

# Action in the body to rule.
ACTIONS = {
    "os-start": "servers:start", "os-stop": "servers:stop", "reboot": "servers:reboot", "resize": "servers:resize",
    "confirmResize": "servers:confirm_resize", "revertResize": "servers:revert_resize", "rebuild": "servers:rebuild",
    "createImage": "servers:create_image", "createBackup": "os-create-backup", "pause": "os-pause-server:pause",
    "unpause": "os-pause-server:unpause", "suspend": "os-suspend-server:suspend", "resume": "os-suspend-server:resume",
    "lock": "os-lock-server:lock", "unlock": "os-lock-server:unlock", "rescue": "os-rescue",
    "unrescue": "os-unrescue", "shelve": "os-shelve:shelve", "unshelve": "os-shelve:unshelve",
    "changePassword": "os-admin-password", "addSecurityGroup": "os-security-groups:add",
    "removeSecurityGroup": "os-security-groups:remove", "os-getConsoleOutput": "os-console-output",
    "os-getVNCConsole": "os-remote-consoles", "os-getSPICEConsole": "os-remote-consoles",
    "os-getRDPConsole": "os-remote-consoles", "os-getSerialConsole": "os-remote-consoles",
    "forceDelete": "os-deferred-delete:force", "restore": "os-deferred-delete:restore",
    "trigger_crash_dump": "servers:trigger_crash_dump", "addFloatingIp": "os-floating-ips:add",
    "removeFloatingIp": "os-floating-ips:remove", "addFixedIp": "os-multinic:add", "removeFixedIp": "os-multinic:remove",
}  # fmt: skip
