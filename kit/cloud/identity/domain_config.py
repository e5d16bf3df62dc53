"""A domain's own configuration: where its users come from. It is kept and shown; nothing here obeys it."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest, Forbidden, NotFound
from kit.cloud.identity.common import fetch, require_admin, require_reader
from kit.cloud.identity.models import domain_options, projects

# What may be set for a domain, with Keystone's defaults.
DEFAULTS: dict[str, dict[str, Any]] = {
    "identity": {"driver": "sql", "list_limit": None},
    "ldap": {
        "url": "ldap://localhost", "user": None, "suffix": "cn=example,cn=com", "query_scope": "one", "page_size": 0,
        "alias_dereferencing": "default", "debug_level": None, "chase_referrals": None, "user_tree_dn": None,
        "user_filter": None, "user_objectclass": "inetOrgPerson", "user_id_attribute": "cn",
        "user_name_attribute": "sn", "user_description_attribute": "description", "user_mail_attribute": "mail",
        "user_pass_attribute": "userPassword", "user_enabled_attribute": "enabled", "user_enabled_invert": False,
        "user_enabled_mask": 0, "user_enabled_default": "True", "user_attribute_ignore": ["default_project_id"],
        "user_default_project_id_attribute": None, "user_enabled_emulation": False, "user_enabled_emulation_dn": None,
        "user_enabled_emulation_use_group_config": False, "user_additional_attribute_mapping": [],
        "group_tree_dn": None, "group_filter": None, "group_objectclass": "groupOfNames", "group_id_attribute": "cn",
        "group_name_attribute": "ou", "group_members_are_ids": False, "group_member_attribute": "member",
        "group_desc_attribute": "description", "group_attribute_ignore": [], "group_additional_attribute_mapping": [],
        "tls_cacertfile": None, "tls_cacertdir": None, "use_tls": False,
        "tls_req_cert": "demand", "use_pool": True, "pool_size": 10, "pool_retry_max": 3,
        "pool_retry_delay": 0.1, "pool_connection_timeout": -1, "pool_connection_lifetime": 600,
        "use_auth_pool": True, "auth_pool_size": 100, "auth_pool_connection_lifetime": 60,
    },
}  # fmt: skip
# A secret may be set, and is never shown.
SECRET = ("ldap", "password")

Config = dict[str, dict[str, Any]]


def _supported(group: str, option: str | None = None) -> None:
    if group not in DEFAULTS:
        raise Forbidden(
            f"Invalid domain specific configuration: Group {group} is not supported for domain specific configurations."
        )
    if option is not None and option not in DEFAULTS[group] and (group, option) != SECRET:
        raise Forbidden(
            f"Invalid domain specific configuration: Option {option} in group {group} is not supported for domain "
            "specific configurations."
        )


def _domain(call: Call, domain_id: str) -> None:
    fetch(call, projects, "domain", domain_id, is_domain=True)


def _load(call: Call, domain_id: str, *, secrets: bool = False) -> Config:
    found: Config = {}
    for row in call.tx.rows(domain_options, domain_id=domain_id, order=domain_options.c.id):
        if secrets or (row["group"], row["option"]) != SECRET:
            found.setdefault(row["group"], {})[row["option"]] = row["value"]["is"]
    return found


def _missing(domain_id: str, what: str) -> NotFound:
    return NotFound(f"Could not find {what} in domain configuration for domain {domain_id}.")


def _pick(config: Config, domain_id: str, group: str = "", option: str = "") -> dict[str, Any]:
    """The whole, a group, or an option of a configuration; 404 when it is not there."""
    if not config:
        raise _missing(domain_id, f"option {option} in group {group}" if option else "any options")
    if not group:
        return config
    if option:
        if option not in config.get(group, {}):
            raise _missing(domain_id, f"option {option} in group {group}")
        return {option: config[group][option]}
    if group not in config:
        raise _missing(domain_id, f"group {group}")
    return {group: config[group]}


def _given(call: Call) -> dict[str, Any]:
    data = call.json()
    config = data.get("config", {}) if isinstance(data, dict) else None
    if not isinstance(config, dict):
        raise BadRequest(
            "Expecting to find config in request body. The server could not comply with the request since it is "
            "either malformed or otherwise incorrect. The client is assumed to be in error."
        )
    return config


def _checked(config: dict[str, Any]) -> Config:
    if not config:
        raise Forbidden("Invalid domain specific configuration: No options specified.")
    for group, options in config.items():
        _supported(group)
        if not isinstance(options, dict) or not options:
            raise Forbidden(
                f"Invalid domain specific configuration: The value of group {group} specified in the config should be "
                "a dictionary of options."
            )
        for option in options:
            _supported(group, option)
    return config


def _store(call: Call, domain_id: str, config: Config) -> None:
    for group, options in config.items():
        for option, value in options.items():
            call.tx.delete(domain_options, domain_id=domain_id, group=group, option=option)
            # Wrapped, so that a null is told from nothing.
            call.tx.insert(domain_options, domain_id=domain_id, group=group, option=option, value={"is": value})


_COMPLIANCE = "security_compliance"
# What everybody may read of it, of the default domain: what a password must look like.
_PASSWORDS: dict[str, Any] = {"password_regex": None, "password_regex_description": None}


def _compliance(domain_id: str, option: str) -> dict[str, Any]:
    start = "Invalid domain specific configuration: Reading security compliance"
    if domain_id != "default":
        raise Forbidden(
            f"{start} information for any domain other than the default domain is not allowed or supported.."
        )
    if option and option not in _PASSWORDS:
        raise Forbidden(f"{start} values other than {' and '.join(_PASSWORDS)} is not allowed..")
    return {option: _PASSWORDS[option]} if option else {_COMPLIANCE: _PASSWORDS}


def put(call: Call, domain_id: str) -> Answer:
    """Give a domain this configuration instead of what it had."""
    require_admin(call, "create_domain_config")
    _domain(call, domain_id)
    config = _checked(_given(call))
    replaced = call.tx.delete(domain_options, domain_id=domain_id)
    _store(call, domain_id, config)
    return Answer(200 if replaced else 201, {"config": _load(call, domain_id)})


def show(call: Call, domain_id: str, group: str = "", option: str = "") -> dict[str, Any]:
    """A domain's configuration, a group of it, or an option."""
    if group == _COMPLIANCE:
        return {"config": _compliance(domain_id, option)}
    require_reader(call, "get_domain_config")
    if group:
        _supported(group, option or None)
    return {"config": _pick(_load(call, domain_id), domain_id, group, option)}


def update(call: Call, domain_id: str, group: str = "", option: str = "") -> dict[str, Any]:
    """Change a domain's configuration, a group of it, or an option."""
    require_admin(call, "update_domain_config")
    _domain(call, domain_id)
    given = _given(call)
    if group:
        _supported(group, option or None)
        if option:
            if list(given) != [option]:
                for name in given:
                    _supported(group, name)
                raise Forbidden(
                    "Invalid domain specific configuration: Trying to update option "
                    f"{option} in group {group}, but config provided contains option {', '.join(given)} instead."
                )
            given = {group: given}
        elif list(given) != [group]:
            if len(given) != 1:
                raise Forbidden(
                    f"Invalid domain specific configuration: Trying to update group {group}, so that, and only that, "
                    "group must be specified in the config."
                )
            raise Forbidden(
                f"Invalid domain specific configuration: request to update group {group}, but config provided contains "
                f"group {next(iter(given))} instead."
            )
        _pick(_load(call, domain_id, secrets=True), domain_id, group, option)
    _store(call, domain_id, _checked(given))
    return {"config": _load(call, domain_id)}


def delete(call: Call, domain_id: str, group: str = "", option: str = "") -> None:
    """Take a domain's configuration away, a group of it, or an option."""
    require_admin(call, "delete_domain_config")
    _domain(call, domain_id)
    if group:
        _supported(group, option or None)
    config = _load(call, domain_id, secrets=True)
    if group and group not in config:
        raise _missing(domain_id, f"group {group}")
    if option:
        _pick(config, domain_id, group, option)
    equals = {name: value for name, value in (("group", group), ("option", option)) if value}
    call.tx.delete(domain_options, domain_id=domain_id, **equals)


def default(call: Call, group: str = "", option: str = "") -> dict[str, Any]:
    """What a domain without a configuration of its own has."""
    require_reader(call, "get_domain_config_default")
    if group:
        _supported(group, option or None)
    if option:
        return {"config": {option: DEFAULTS[group].get(option)}}
    return {"config": {group: DEFAULTS[group]} if group else DEFAULTS}
