"""Checks of names in the domain name system (neutron_lib.api.validators.dns; RFC 1123, section 2.1)."""

from __future__ import annotations

import re

from kit.cloud.network.checks import Unfit, lower, text

# `dns_domain` in neutron.conf.
DOMAIN = "openstacklocal."
_LIMIT = 255
_LABEL = re.compile(r"^([a-zA-Z0-9-]{1,63})$")


def _spelt(value: str) -> None:
    """Refuse what is no name, qualified or not."""
    trimmed = value.removesuffix(".")
    reason = f"'{trimmed}' exceeds the {_LIMIT} character FQDN limit" if len(trimmed) > _LIMIT else None
    labels = trimmed.split(".")
    for label in labels if reason is None else ():
        reason = _wrong(label)
        if reason is not None:
            break
    if reason is None and len(labels) > 1 and re.match("^[0-9]+$", labels[-1]):
        reason = f"TLD '{labels[-1]}' must not be all numeric"
    if reason is not None:
        raise Unfit(f"'{value}' not a valid PQDN or FQDN. Reason: {reason}")


def _wrong(label: str) -> str | None:
    """What is wrong with a part between two dots."""
    if not label:
        return "Encountered an empty component"
    if label.startswith("-") or label.endswith("-"):
        return f"Name '{label}' must not start or end with a hyphen"
    if not _LABEL.match(label):
        return f"Name '{label}' must be 1-63 characters long, each of which can only be alphanumeric or a hyphen"
    return None


def _domain(value: str) -> str:
    text(None)(value)
    if not value:
        return value
    if not value.endswith("."):
        raise Unfit(f"'{value}' is not a FQDN")
    _spelt(value)
    if len(value) > _LIMIT - 2:
        raise Unfit(
            f"'{value}' contains {len(value)} characters. Adding a sub-domain will cause it to exceed the maximum length "
            f"of a FQDN of '{_LIMIT}'"
        )
    return value


def _host(value: str) -> str:
    """The name of a port: a name without a domain, or one in the cloud's own."""
    if not value:
        return value
    _spelt(value)
    return value


def _floating(value: str) -> str:
    """The name of a floating IP, which has no domain in it."""
    text(None)(value)
    if not value:
        return value
    if value.endswith("."):
        raise Unfit(f"'{value}' is a FQDN. It should be a relative domain name")
    _spelt(value)
    if len(value) > _LIMIT - 3:
        raise Unfit(
            f"'{value}' contains {len(value)} characters. Adding a domain name will cause it to exceed the maximum length "
            f"of a FQDN of '{_LIMIT}'"
        )
    return value


domain, host_name, floating_name = lower(_domain), lower(_host), lower(_floating)
