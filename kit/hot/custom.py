"""Custom constraints. Those that need no cloud are checked; those that look something up accept every value.

Source: Heat 27; the sentences are its own. A check gives None, or why the value is wrong ("" for no reason).
"""

from __future__ import annotations

import ipaddress
import json
import re
import zoneinfo
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

LONGEST_NAME, LONGEST_LABEL = 255, 63

# What a cloud would be asked for.
_CLOUD = {
    "barbican": "container secret",
    "blazar": "reservation",
    "cinder": "backup qos_specs snapshot volume vtype",
    "designate": "zone",
    "glance": "image",
    "ironic": "node portgroup",
    "keystone": "domain group project region role service user",
    "magnum": "cluster_template",
    "manila": "share_network share_snapshot share_type",
    "mistral": "workflow",
    "neutron": "address_scope flow_classifier lbaas.listener lbaas.loadbalancer lbaas.pool lbaas.provider network "
    "port port_pair port_pair_group qos_policy router security_group segment subnet subnetpool taas.tap_flow "
    "taas.tap_service",
    "nova": "flavor host keypair network server",
    "octavia": "availabilityzone availabilityzoneprofile flavor flavorprofile l7policy listener loadbalancer pool",
    "trove": "flavor",
    "zaqar": "queue",
}
LOOKUPS = frozenset(f"{service}.{name}" for service, names in _CLOUD.items() for name in names.split())


def _ip(value: Any) -> str | None:
    try:
        if isinstance(value, str) and (":" in value or value.count(".") == 3):
            ipaddress.ip_address(value)
            return None
    except ValueError:
        pass
    return "Invalid IP address"


def _subnet(value: str) -> bool:
    """Whether a text is a network with its length, host bits allowed as Neutron allows them here."""
    address, slash, length = value.partition("/")
    try:
        found = ipaddress.ip_interface(value)
    except ValueError:
        return False
    return bool(slash) and length.isdigit() and (found.version == 6 or str(found) == f"{address}/{int(length)}")


def _net_cidr(value: Any) -> str | None:
    if isinstance(value, str) and _subnet(value):
        return None
    if isinstance(value, str):
        try:
            ipaddress.ip_interface(value)
            return f"'{value}' is not a valid IP subnet"
        except ValueError:
            pass
    return f"Invalid net cidr invalid IPNetwork {value} "


def _ip_or_cidr(value: Any) -> str | None:
    if not isinstance(value, str):
        return f"{value} is not a valid IP or CIDR"
    if "/" in value:
        return None if _subnet(value) else f"'{value}' is not a valid IP subnet"
    return f"'{value}' is not a valid IP address" if _ip(value) else None


def _mac(value: Any) -> str | None:
    forms = (
        r"([0-9a-f]{1,2}[:-]){5}[0-9a-f]{1,2}|([0-9a-f]{1,4}\.){2}[0-9a-f]{1,4}|[0-9a-f]{12}|[0-9a-f]{6}-[0-9a-f]{6}"
    )
    return None if isinstance(value, str) and re.fullmatch(forms, value, re.I) else "Invalid MAC address."


def _dns_reason(value: str) -> str:
    trimmed = value.removesuffix(".")
    if len(trimmed) > LONGEST_NAME:
        return f"'{trimmed}' exceeds the {LONGEST_NAME} character FQDN limit"
    labels = trimmed.split(".")
    for label in labels:
        if not label:
            return "Encountered an empty component."
        if label.startswith("-") or label.endswith("-"):
            return f"Name '{label}' must not start or end with a hyphen."
        if not re.fullmatch(rf"[a-z0-9-]{{1,{LONGEST_LABEL}}}", label):
            only = "each of which can only be alphanumeric or a hyphen."
            return f"Name '{label}' must be 1-{LONGEST_LABEL} characters long, {only}"
    if value.endswith(".") and len(labels) > 1 and labels[-1].isdigit():
        return f"TLD '{labels[-1]}' must not be all numeric."
    return ""


def _dns_name(value: Any) -> str | None:
    reason = _dns_reason(str(value)) if value else ""
    return f"'{value}' not in valid format. Reason: {reason}" if reason else None


def _rel_dns_name(value: Any) -> str | None:
    if not value:
        return None
    text = str(value)
    if text.endswith("."):
        return f"'{text}' is a FQDN. It should be a relative domain name."
    if len(text) > LONGEST_NAME - 3:
        more = f"Adding a domain name will cause it to exceed the maximum length of a FQDN of '{LONGEST_NAME}'."
        return f"'{text}' contains '{len(text)}' characters. {more}"
    return _dns_name(text)


def _dns_domain(value: Any) -> str | None:
    if not value:
        return None
    return _dns_name(value) or (None if str(value).endswith(".") else f"'{value}' must end with '.'.")


def _time(value: Any) -> datetime:
    return datetime.fromisoformat(str(value).strip().replace("Z", "+00:00"))


def _iso_8601(value: Any) -> str | None:
    try:
        if "T" in str(value) or " " in str(value).strip():
            _time(value)
            return None
    except ValueError:
        pass
    return ""


def _expiration(value: Any) -> str | None:
    """The form only: the engine has no clock of its own, and Heat's refusal of the past is left to the service."""
    try:
        if value:
            _time(value)
    except ValueError as error:
        return f"Expiration {value} is invalid: {error}"
    return None


_FIELDS = ((0, 59, ""), (0, 23, ""), (1, 31, "l"), (1, 12, "jan feb mar apr may jun jul aug sep oct nov dec"),
           (0, 7, "sun mon tue wed thu fri sat"), (0, 59, ""), (1970, 2099, ""))  # fmt: skip


def _cron_field(text: str, low: int, high: int, names: str) -> bool:
    for part in text.lower().split(","):
        span, slash, step = part.partition("/")
        if slash and not (step.isdigit() and int(step) > 0):
            return False
        span = span.partition("#")[0]
        if span in ("*", "?"):
            continue
        for end in span.split("-", 1):
            if end in names.split():
                continue
            if not end.isdigit() or not low <= int(end) <= high:
                return False
    return True


def _cron(value: Any) -> str | None:
    if not value:
        return None
    text = str(value).strip()
    if text in ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"):
        return None
    fields = text.split()
    if len(fields) not in (5, 6, 7):
        return "Invalid CRON expression: Exactly 5, 6 or 7 columns has to be specified for iterator expression."
    for field, (low, high, names) in zip(fields, _FIELDS, strict=False):
        if not _cron_field(field, low, high, names):
            return f"Invalid CRON expression: [{text}] is not acceptable, out of range"
    return None


def _timezone(value: Any) -> str | None:
    try:
        if value:
            zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
        return f"Invalid timezone: {error}"
    return None


def _json_string(value: Any) -> str | None:
    try:
        if value:
            json.loads(value)
    except (ValueError, RecursionError) as error:
        return f"JSON string {value} is invalid: {error}"
    return None


CUSTOM: Mapping[str, Callable[[Any], str | None]] = {
    "ip_addr": _ip, "net_cidr": _net_cidr, "ip_or_cidr": _ip_or_cidr, "mac_addr": _mac, "dns_name": _dns_name,
    "rel_dns_name": _rel_dns_name, "dns_domain": _dns_domain, "iso_8601": _iso_8601, "expiration": _expiration,
    "cron_expression": _cron, "timezone": _timezone, "json_string": _json_string,
    "test_constr": lambda value: None,
}  # fmt: skip
