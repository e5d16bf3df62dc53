"""What may stand in the query of a request, by operation and microversion, and Nova's refusal of anything else.

Source: the query schemas of nova/api/openstack/compute/schemas, Nova 34. A parameter that a schema does not know is
ignored, until the microversion from which it is refused (2.75 for most lists, 2.102 for nearly all the rest).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from kit.cloud.call import Call
from kit.cloud.compute.forms import BOOLEAN
from kit.cloud.compute.queries_servers import IGNORED, MATCHED, MATCHED_226, SORTED, TEXTS
from kit.cloud.errors import BadRequest

Rule = Callable[[str], str]  # what is wrong with a value, or nothing


def text(value: str) -> str:
    """Anything."""
    return ""


def count(value: str) -> str:
    """A whole number, 0 or more."""
    return _long(value) or ("" if re.match("^[0-9]*$", value) else f"{value!r} does not match '^[0-9]*$'")


def positive(value: str) -> str:
    """A whole number, 1 or more."""
    return count(value) or ("" if int(value) else f"{int(value)} is less than the minimum of 1")


def _long(value: str) -> str:
    return "" if value else "'' should be non-empty"


def moment(value: str) -> str:
    """A moment in ISO 8601."""
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return f"{value!r} is not a 'date-time'"
    return ""


def regex(value: str) -> str:
    """A regular expression that is not empty."""
    try:
        re.compile(value)
    except re.error:
        return f"{value!r} is not a 'regex'"
    return "" if value else "'' is not a 'regex'"


def among(*words: object) -> Rule:
    """One of some words."""
    return lambda value: "" if value in words else f"{value!r} is not one of {list(words)}"


def host_part(value: str) -> str:
    """A part of a host name."""
    if not re.match("^[a-zA-Z0-9-._]*$", value):
        return f"{value!r} does not match '^[a-zA-Z0-9-._]*$'"
    return _long(value) or (f"{value!r} is too long" if len(value) > 255 else "")


@dataclass(frozen=True)
class Once:
    """A parameter that may be given once only."""

    rule: Rule


@dataclass(frozen=True)
class Query:
    """The parameters that an operation knows from a microversion on; with `strict`, others are refused."""

    since: str
    known: dict[str, Rule | Once]
    strict: bool = False


def _texts(*names: str) -> dict[str, Rule | Once]:
    return dict.fromkeys(names, text)


_SORT_FLAVORS = (
    "created_at", "description", "disabled", "ephemeral_gb", "flavorid", "id", "is_public", "memory_mb", "name", "root_gb",
    "rxtx_factor", "swap", "updated_at", "vcpu_weight", "vcpus",
)  # fmt: skip
_LIMIT: dict[str, Rule | Once] = {"limit": count}
_ONE_PAGE: dict[str, Rule | Once] = {"limit": Once(count), "marker": Once(text)}
_FLAVORS = {
    **_LIMIT, **_texts("marker", "is_public", "minRam", "minDisk"), "sort_key": among(*_SORT_FLAVORS),
    "sort_dir": among("asc", "desc"),
}  # fmt: skip
_NO_FACTOR = among(*(word for word in _SORT_FLAVORS if word != "rxtx_factor"))
_BOOLEAN = Once(among(*BOOLEAN["enum"]))
_HYPERVISORS = {"hypervisor_hostname_pattern": Once(host_part), **_ONE_PAGE, "with_servers": _BOOLEAN}
_MIGRATIONS = _texts("hidden", "host", "instance_uuid", "source_compute", "status", "migration_type")
_MIGRATIONS_259 = {**_MIGRATIONS, **_ONE_PAGE, "changes-since": Once(moment)}
_MIGRATIONS_266 = {**_MIGRATIONS_259, "changes-before": Once(moment)}
_ACTIONS_258 = {**_ONE_PAGE, "changes-since": Once(moment)}
_USAGE = _texts("start", "end")
_USER = _texts("user_id")
_PAGES: dict[str, Rule | Once] = {"limit": count, "offset": count}
_SERVERS: dict[str, Rule | Once] = {
    **_texts(*TEXTS), **dict.fromkeys(MATCHED, regex), **_LIMIT, "sort_key": among(*SORTED, *IGNORED), "changes-since": moment,
}  # fmt: skip
_SERVERS_226 = {**_SERVERS, **dict.fromkeys(MATCHED_226, regex)}
_SERVERS_266: dict[str, Rule | Once] = {**_SERVERS_226, "changes-before": moment}
_SERVERS_273: dict[str, Rule | Once] = {**_SERVERS_266, "locked": text}
_SERVERS_275: dict[str, Rule | Once] = {**_SERVERS_273, "sort_key": among("locked", *SORTED)}
_ALL_PROJECTS = {**_PAGES, **_texts("all_projects")}


def _from_275(known: dict[str, Rule | Once]) -> tuple[Query, ...]:
    return Query("2.1", known), Query("2.75", known, strict=True)


_SERVER_LIST = (
    Query("2.1", _SERVERS), Query("2.26", _SERVERS_226), Query("2.66", _SERVERS_266), Query("2.73", _SERVERS_273),
    Query("2.75", _SERVERS_275, strict=True),
)  # fmt: skip
_FLAVOR_LIST = (
    *_from_275(_FLAVORS),
    Query("2.102", {**_FLAVORS, "sort_key": _NO_FACTOR, "name": text}, strict=True),
)
_HYPERVISOR_LIST = (
    Query("2.33", {**_LIMIT, **_texts("marker")}),
    Query("2.53", _HYPERVISORS, strict=True),
)
_OPEN = (Query("2.1", {}), Query("2.102", {}, strict=True))
_OLD_PAGES = (Query("2.1", _PAGES),)
_IMAGES = (Query("2.1", {"limit": positive, "page_size": positive, "offset": positive}),)

QUERIES: dict[str, tuple[Query, ...]] = {
    "servers.index": _SERVER_LIST, "servers.detail": _SERVER_LIST, "flavors.index": _FLAVOR_LIST,
    "flavors.detail": _FLAVOR_LIST, "hosts.hypervisor_index": _HYPERVISOR_LIST,
    "hosts.hypervisor_detail": _HYPERVISOR_LIST,
    "hosts.hypervisor_show": (Query("2.53", {"with_servers": _BOOLEAN}, strict=True),),
    "hosts.service_index": _from_275(_texts("host", "binary")), "quotas.absolute": _from_275(_texts("tenant_id")),
    "keypairs.index": (
        Query("2.10", _USER), Query("2.35", {**_LIMIT, **_texts("marker"), **_USER}),
        Query("2.75", {**_LIMIT, **_texts("marker"), **_USER}, strict=True),
    ),
    "keypairs.show": (Query("2.10", _USER), Query("2.75", _USER, strict=True)),
    "keypairs.delete": (Query("2.10", _USER), Query("2.75", _USER, strict=True)),
    "quotas.show": _from_275(_USER), "quotas.update": _from_275(_USER), "quotas.delete": _from_275(_USER),
    "quotas.detail": _from_275(_USER), "server_groups.index": _from_275(_ALL_PROJECTS),
    "views.index": (
        Query("2.1", _MIGRATIONS), Query("2.59", _MIGRATIONS_259, strict=True), Query("2.66", _MIGRATIONS_266, strict=True),
        Query("2.80", {**_MIGRATIONS_266, "user_id": Once(text), "project_id": Once(text)}, strict=True),
    ),
    "usage.index": (
        Query("2.1", {**_USAGE, **_texts("detailed")}),
        Query("2.40", {**_USAGE, **_texts("detailed", "marker"), **_LIMIT}),
        Query("2.75", {**_USAGE, **_texts("detailed", "marker"), **_LIMIT}, strict=True),
    ),
    "usage.show": (
        Query("2.1", _USAGE), Query("2.40", {**_USAGE, **_texts("marker"), **_LIMIT}),
        Query("2.75", {**_USAGE, **_texts("marker"), **_LIMIT}, strict=True),
    ),
    "instance_actions.index": (
        Query("2.58", _ACTIONS_258, strict=True),
        Query("2.66", {**_ACTIONS_258, "changes-before": Once(moment)}, strict=True),
    ),
    "volume_attachments.index": _from_275(_PAGES), "proxy_security.index": (Query("2.1", {**_PAGES, "all_tenants": text}),),
    "assisted_snapshots.delete": _from_275(_texts("delete_info")), "proxy_images.index": _IMAGES,
    "proxy_images.detail": _IMAGES,
    **dict.fromkeys(
        ("proxy_volumes.volume_index", "proxy_volumes.snapshot_index"),
        _OLD_PAGES,
    ),
    **dict.fromkeys(
        (
            "extensions.index", "extensions.show", "flavors.show", "flavors.spec_index", "flavors.spec_show",
            "flavors.access_index", "aggregates.index", "aggregates.show", "hosts.zone_index", "hosts.zone_detail",
            "hosts_old.audit_index", "hosts_old.audit_show", "quotas.class_show", "server_groups.show", "servers.show",
            "server_diagnostics.diagnostics", "servers.address_index", "servers.address_show", "server_parts.meta_index",
            "server_parts.meta_show", "views.server_index", "views.server_show", "instance_actions.show",
            "server_parts.interface_index", "server_parts.interface_show", "server_parts.password_show",
            "server_parts.group_index", "server_topology.show",
        ),
        _OPEN,
    ),
    "console_tokens.show": (Query("2.99", {}, strict=True),),
    **dict.fromkeys(("server_shares.index", "server_shares.show"), (Query("2.97", {}, strict=True),)),
}  # fmt: skip


def check_query(call: Call, operation: str) -> None:
    """Refuse a query with a value that makes no sense, or with a parameter that is not known where that matters.

    Raises
    ------
    BadRequest
        In the form of `nova.api.validation.validators._SchemaValidator`.
    """
    newest = _newest(call, operation)
    if newest is None:
        return
    for name, rule in newest.known.items():
        values = call.query.get(name)
        if not values:
            continue
        once = isinstance(rule, Once)
        wrong: tuple[str, object] | None = (f"{values} is too long", values) if once and len(values) > 1 else None
        for value in values:
            said = (rule.rule if isinstance(rule, Once) else rule)(value)
            if said:
                wrong = (said, value)
                break
        if wrong:
            raise BadRequest(f"Invalid input for query parameters {name}. Value: {wrong[1]}. {wrong[0]}")
    if newest.strict:
        unknown = [name for name in call.query if name not in newest.known and not _kept(operation, name)]
        if unknown:
            if operation in _PATTERNED:
                verb = "does" if len(unknown) == 1 else "do"
                raise BadRequest(f"{', '.join(map(repr, sorted(unknown)))} {verb} not match any of the regexes: '^_'")
            raise BadRequest(f"Additional properties are not allowed ({_listed(unknown)} unexpected)")


# Lists whose schema lets parameters with an underscore through.
_PATTERNED = ("servers.index", "servers.detail")


def _newest(call: Call, operation: str) -> Query | None:
    return next((each for each in reversed(QUERIES.get(operation, ())) if call.at_least(each.since)), None)


def known(call: Call, operation: str) -> frozenset[str]:
    """The parameters that an operation listens to at the request's microversion."""
    newest = _newest(call, operation)
    return frozenset(newest.known) if newest else frozenset()


def _kept(operation: str, name: str) -> bool:
    """Whether a parameter is one of those with an underscore that lists of servers have always let through."""
    return name.startswith("_") and operation in _PATTERNED


def _listed(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names) + (" was" if len(names) == 1 else " were")
