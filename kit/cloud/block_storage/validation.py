"""Request bodies as Cinder checks them, in Cinder's words (cinder.api.validation)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from kit.cloud.block_storage.errors import invalid_input
from kit.cloud.call import Call
from kit.cloud.errors import BadRequest, UnsupportedMedia
from kit.cloud.validation import draft_4, library

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

VOLUME_STATUSES = (
    "creating", "available", "deleting", "error", "error_deleting", "error_managing", "managing", "attaching", "in-use",
    "detaching", "maintenance", "restoring-backup", "error_restoring", "reserved", "awaiting-transfer", "backing-up",
    "error_backing-up", "error_extending", "downloading", "uploading", "retyping", "extending",
)  # fmt: skip
MIGRATION_STATUSES = ("migrating", "error", "success", "completing", "none", "starting")
SNAPSHOT_STATUSES = (
    "error", "available", "creating", "deleting", "deleted", "updating", "error_deleting", "unmanaging", "backing-up",
    "restoring",
)  # fmt: skip
GROUP_SNAPSHOT_STATUSES = ("error", "available", "creating", "deleting", "deleted", "updating", "error_deleting")
GROUP_STATUSES = (
    "error", "available", "creating", "deleting", "deleted", "updating", "in-use", "error_deleting",
)  # fmt: skip
_MEDIA = ("", "application/json", "application/vnd.openstack.volume+json")


class InvalidName(Exception):
    """A name does not do; the text says why."""


def is_uuid(text: Any) -> bool:
    """Whether it looks like a UUID, with dashes or without (oslo_utils.uuidutils)."""
    return isinstance(text, str) and bool(re.fullmatch(r"[0-9a-f]{32}", text.strip("{}").replace("-", "").lower()))


def length(value: Any, name: str, low: int, high: int) -> None:
    """Refuse text that is too short or too long (oslo_utils.strutils.check_string_length)."""
    if not isinstance(value, str):
        raise invalid_input(f"{name} is not a string or unicode")
    if len(value) < low:
        raise invalid_input(f"{name} has {len(value)} characters, less than {low}.")
    if len(value) > high:
        raise invalid_input(f"{name} has {len(value)} characters, more than {high}.")


def _name(value: Any) -> bool:
    if not value:
        raise InvalidName("The 'name' can not be None.")
    if isinstance(value, str) and not value.strip():
        raise InvalidName("The 'name' can not be empty.")
    return True


def _stripped_name(value: Any) -> bool:
    _name(value)
    if isinstance(value, str) and len(value.strip()) > 255:
        raise InvalidName("The 'name' can not be greater than 255 characters.")
    return True


def _optional_text(name: str, low: int = 0) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        if isinstance(value, str) and value:
            length(value.strip(), name, low, 255)
        return True

    return check


def _required_text(name: str) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        if value is None and name == "availability_zone":
            return True
        if not value:
            return False
        if isinstance(value, str):
            length(value.strip(), name, 1, 255)
        return True

    return check


def _status(what: str, known: tuple[str, ...], *, required: bool = False, shown: Any = None) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        if (value or required) and str(value).lower() not in known:
            raise BadRequest(f"{what}: {value} is invalid, valid statuses are: {shown or known}.")
        return True

    return check


def _group_status(value: Any) -> bool:
    if value is None:
        raise BadRequest("The 'status' can not be None.")
    if not str(value).strip():
        raise BadRequest("Invalid Group Status: The 'status' can not be empty.")
    if str(value).lower() not in GROUP_SNAPSHOT_STATUSES:
        raise BadRequest(f"Invalid Group Status: Group status: {value} is invalid, valid status are: {GROUP_STATUSES}.")
    return True


def _group_snapshot_status(value: Any) -> bool:
    if not str(value).strip():
        raise BadRequest("Invalid GroupSnapshot Status: The 'status' can not be empty.")
    if str(value).lower() not in GROUP_SNAPSHOT_STATUSES:
        raise BadRequest(
            f"Invalid GroupSnapshot Status: Group snapshot status: {value} is invalid, "
            f"valid statuses are: {GROUP_SNAPSHOT_STATUSES}."
        )
    return True


def _reset_body(value: Any) -> bool:
    if isinstance(value, dict) and not any(value.get(k) for k in ("status", "attach_status", "migration_status")):
        raise BadRequest("Must specify 'status', 'attach_status' or 'migration_status' for update.")
    return True


def _progress(value: Any) -> bool:
    if value:
        if not re.fullmatch(r"-?\d+", str(value)[:-1]):
            raise invalid_input("progress must be an integer percentage")
        if not 0 <= int(str(value)[:-1]) <= 100 or str(value)[-1] != "%":
            raise invalid_input("progress must be an integer percentage between 0 and 100")
    return True


def _level(value: Any) -> bool:
    if str(value or "").upper() not in ("INFO", "WARNING", "ERROR", "DEBUG"):
        raise invalid_input(f"{value or ''} is not a valid log level.")
    return True


def _base64(value: Any) -> bool:
    try:
        base64.b64decode(value)
    except (TypeError, ValueError, binascii.Error):
        return False
    return True


def _key_size(value: Any) -> bool:
    if value is not None and not re.fullmatch(r"-?\d+", str(value)):
        raise invalid_input("key_size must be an integer.")
    return True


FORMATS: dict[str, Callable[[Any], bool]] = {
    "uuid": is_uuid,
    "name": _name,
    "name_skip_leading_trailing_spaces": _stripped_name,
    "name_non_mandatory_remove_white_spaces": _optional_text("name"),
    "description_non_mandatory_remove_white_spaces": _optional_text("description"),
    "disabled_reason": _optional_text("disabled_reason", 1),
    "availability_zone": _required_text("availability_zone"),
    "group_type": _required_text("group_type"),
    "validate_volume_reset_body": _reset_body,
    "volume_status": _status("Volume status", VOLUME_STATUSES),
    "volume_attach_status": _status("Volume attach status", ("attached", "detached"), shown=["attached", "detached"]),
    "volume_migration_status": _status("Volume migration status", MIGRATION_STATUSES),
    "snapshot_status": _status("Snapshot status", SNAPSHOT_STATUSES, required=True),
    "backup_status": _status("Backup status", ("available", "error"), required=True, shown=["available", "error"]),
    "group_status": _group_status,
    "group_snapshot_status": _group_snapshot_status,
    "progress": _progress,
    "base64": _base64,
    "key_size": _key_size,
    "level": _level,
    "mysql_text": lambda value: not isinstance(value, str) or len(value.encode()) <= 65535,
}


@cache
def _checker() -> Any:
    checker = library().FormatChecker(formats=())
    checker.checkers = {
        name: (check, (InvalidName,) if check in (_name, _stripped_name) else ()) for name, check in FORMATS.items()
    }
    return checker


_validators: dict[int, tuple[dict[str, Any], Validator]] = {}


def body(call: Call, schema: dict[str, Any]) -> Any:
    """The JSON body, once it fits the schema (a module constant).

    Raises
    ------
    BadRequest
        In the form of `cinder.api.validation.validators._SchemaValidator`.
    """
    if call.headers.get("content-type", "").split(";")[0].strip() not in _MEDIA:
        raise UnsupportedMedia("Unsupported Content-Type")
    data = call.json()
    check(data, schema)
    return data


def check(data: Any, schema: dict[str, Any]) -> None:
    """Refuse data that does not fit the schema."""
    kept = _validators.get(id(schema))
    if kept is None:
        kept = _validators[id(schema)] = (schema, draft_4()(schema, format_checker=_checker()))
    error = next(iter(kept[1].iter_errors(data)), None)
    if error is None:
        return
    if isinstance(error.cause, InvalidName):
        raise BadRequest(f"An invalid 'name' value was provided. {error.cause}")
    if error.path:
        raise BadRequest(
            f"Invalid input for field/attribute {error.path[-1]}. Value: {error.instance}. {error.message}"
        )
    raise BadRequest(error.message)


TRUE, FALSE = ("1", "t", "true", "on", "y", "yes"), ("0", "f", "false", "off", "n", "no")


def truth(value: Any) -> bool:
    """A boolean that may be a word; one that is no word of either is false."""
    return str(value).strip().lower() in TRUE


def boolean(query: dict[str, str], name: str, default: bool = False) -> bool:
    """A parameter of the query that must be a boolean (cinder.utils.get_bool_param)."""
    text = str(query.get(name, default)).strip().lower()
    if text not in TRUE + FALSE:
        raise BadRequest(f"Value '{query[name]}' for '{name}' is not a boolean.")
    return text in TRUE
