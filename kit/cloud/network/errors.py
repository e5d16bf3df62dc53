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
    # Neutron ends some of these sentences with a full stop.
    stop = "" if kind in types or kind in ("Router", "Floating IP") else "."
    return NotFound(f"{kind} {id} {verb}{stop}", type=type)


def conflict(type: str, message: str) -> Conflict:
    """A state, or another thing, stands against it."""
    return Conflict(message, type=type)


def not_allowed(action: str, *attributes: str | tuple[str, ...]) -> Forbidden:
    """A policy rule refuses, `create_network`, or those of attributes which stand beside it.

    Parameters
    ----------
    attributes : str or tuple of str
        The attributes that the request sets; a tuple has an attribute's parts after its name.
    """
    text = f"rule:{action}"
    for attribute in attributes:
        name, *below = (attribute,) if isinstance(attribute, str) else attribute
        rule = f"rule:{action}:{name}"
        if below:
            rule = f"({rule} and ({' and '.join(f'rule:{action}:{part}' for part in below)}))"
        text = f"({text} and {rule})"
    return Forbidden(f"{text} is disallowed by policy", type="PolicyNotAuthorized")


def over_quota(resource: str) -> Conflict:
    """A project has as many as its quota lets it."""
    return Conflict(f"Quota exceeded for resources: ['{resource}'].", type="OverQuota")
