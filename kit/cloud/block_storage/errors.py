"""Cinder's refusals, in its words (cinder.exception), and who may do what (cinder.policies)."""

from __future__ import annotations

from kit.cloud.call import Call
from kit.cloud.errors import ApiError, BadRequest, Conflict, Forbidden, NotFound, OverLimit

# What an exception of each kind says before its reason.
_INVALID = {
    "volume": "Invalid volume", "snapshot": "Invalid snapshot", "backup": "Invalid backup", "group": "Invalid Group",
    "group_snapshot": "Invalid GroupSnapshot", "volume_type": "Invalid volume type", "group_type": "Invalid group type",
    "host": "Invalid host", "auth_key": "Invalid auth key", "metadata": "Invalid metadata", "qos": "Invalid qos specs",
}  # fmt: skip

_NAMES = {
    "volume": "Volume", "snapshot": "Snapshot", "backup": "Backup", "group": "Group", "message": "Message",
    "group_snapshot": "GroupSnapshot", "transfer": "Transfer", "volume_type": "Volume type", "group_type": "Group type",
    "host": "Host", "cluster": "Cluster",
}  # fmt: skip


def invalid_input(reason: str) -> BadRequest:
    """cinder.exception.InvalidInput."""
    return BadRequest(f"Invalid input received: {reason}")


def invalid(kind: str, reason: str) -> BadRequest:
    """`Invalid volume: ...`, and the like."""
    return BadRequest(f"{_INVALID[kind]}: {reason}")


def not_found(kind: str, id: object) -> NotFound:
    """No such thing, or another project's."""
    return NotFound(f"{_NAMES[kind]} {id} could not be found.")


def conflict(message: str) -> Conflict:
    """Another thing, or a state, stands against it."""
    return Conflict(message)


def over_quota(exception: str, message: str) -> OverLimit:
    """A quota is full: 413, and the exception's name before its text."""
    return OverLimit(f"{exception}: {message}", status=413, headers={"Retry-After": "0"})


def malformed() -> BadRequest:
    """What Cinder answers when its own code stumbles over a value."""
    return BadRequest(
        "The server could not comply with the request since it is either malformed or otherwise incorrect."
    )


def not_supported(operation: str) -> ApiError:
    """cinder.exception.NotSupportedOperation."""
    return ApiError(f"Operation not supported: {operation}.", status=405)


def refuse(rule: str) -> Forbidden:
    """A policy rule refuses."""
    return Forbidden(f"Policy doesn't allow {rule} to be performed.")


def require_admin(call: Call, rule: str) -> None:
    """Refuse whoever is no administrator; `rule` is Cinder's policy name."""
    if not call.context.is_admin:
        raise refuse(rule)


def require_member(call: Call, rule: str) -> None:
    """Refuse who may only read."""
    if not (call.context.is_admin or "member" in call.context.roles):
        raise refuse(rule)


def require_reader(call: Call, rule: str) -> None:
    """Refuse who has none of the roles that Cinder knows."""
    if not (call.context.is_admin or "reader" in call.context.roles):
        raise refuse(rule)
