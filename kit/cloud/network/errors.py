"""Neutron's refusals: a type, a message, a status."""

from __future__ import annotations

from kit.cloud.errors import BadRequest, Conflict, Forbidden, NotFound


def invalid(name: str, reason: str) -> BadRequest:
    """An attribute's value does not fit (neutron.api.v2.attributes)."""
    return BadRequest(f"Invalid input for {name}. Reason: {reason}.", type="HTTPBadRequest")


def bad_request(message: str, type: str = "HTTPBadRequest") -> BadRequest:
    """A malformed request."""
    return BadRequest(message, type=type)


def invalid_input(message: str) -> BadRequest:
    """neutron_lib.exceptions.InvalidInput."""
    return BadRequest(f"Invalid input for operation: {message}.", type="InvalidInput")


def not_found(kind: str, id: object) -> NotFound:
    """`Network X could not be found.` with type `NetworkNotFound`."""
    types = {"Security group": "SecurityGroupNotFound", "Security group rule": "SecurityGroupRuleNotFound"}
    verb = "does not exist" if kind in types else "could not be found"
    type = types.get(kind, f"{kind.title().replace(' ', '')}NotFound")
    type = {"Floating IP": "FloatingIPNotFound"}.get(kind, type)
    return NotFound(f"{kind} {id} {verb}{'' if kind in types else '.'}", type=type)


def conflict(type: str, message: str) -> Conflict:
    """A state, or another thing, stands against it."""
    return Conflict(message, type=type)


def not_allowed(rule: str) -> Forbidden:
    """A policy rule refuses: `create_network:shared`."""
    action, _, attribute = rule.partition(":")
    text = f"(rule:{action} and rule:{rule})" if attribute else f"rule:{rule}"
    return Forbidden(f"{text} is disallowed by policy", type="PolicyNotAuthorized")


def over_quota(resource: str) -> Conflict:
    """A project has as many as its quota lets it."""
    return Conflict(f"Quota exceeded for resources: ['{resource}'].", type="OverQuota")
