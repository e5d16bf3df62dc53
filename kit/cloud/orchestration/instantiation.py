"""What a request gives for a stack: template, environment, files, parameters. Source: heat.api, `InstantiationData`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kit.cloud.orchestration.errors import bad_request
from kit.hot.text import read_map

LARGEST_TEMPLATE = 524288  # bytes; Heat's `max_template_size`
TRUE = ("true", "1", "t", "yes", "y", "on")
FALSE = ("false", "0", "f", "no", "n", "off")


class Given:
    """The data of a create, update, preview or validate call.

    Parameters
    ----------
    data : dict
        The request's body.
    patch : bool
        Whether it changes a stack of which it says only a part.
    """

    def __init__(self, data: Mapping[str, Any], patch: bool = False) -> None:
        self.data = data
        self.patch = patch

    @property
    def name(self) -> str:
        """The name of the stack.

        Raises
        ------
        HeatError
            400 when there is none.
        """
        name = self.data.get("stack_name")
        if not name:
            raise bad_request("No stack name specified")
        return str(name)

    @property
    def template(self) -> Any:
        """The template, as text or data; None where it may be missing.

        Raises
        ------
        HeatError
            400 when there is none, or it is only named by a URL.
        """
        found = self.data.get("template")
        adopted = self.data.get("adopt_stack_data")
        if found is None and isinstance(adopted, Mapping | str) and adopted:
            found = self.adopted.get("template")
        if found is None and self.data.get("template_url"):
            raise bad_request(f"Could not retrieve template: Failed to fetch {self.data['template_url']}")
        if found is None and not self.patch:
            raise bad_request("No template specified")
        if isinstance(found, str) and len(found) > LARGEST_TEMPLATE:
            told = f"Template size ({len(found)} bytes) exceeds maximum allowed size ({LARGEST_TEMPLATE} bytes)."
            raise bad_request(told, "RequestLimitExceeded")
        if found is not None and not isinstance(found, str | dict):
            raise bad_request("The template is not a JSON object or YAML mapping.")
        return found

    @property
    def adopted(self) -> dict[str, Any]:
        """What `abandon` told of the stack to adopt; empty when none is."""
        found = self.data.get("adopt_stack_data")
        if isinstance(found, str):
            found = read_map(found, "adopt_stack_data")
        return dict(found or {})

    @property
    def environment(self) -> Any:
        """The environment as text or data."""
        found = self.data.get("environment")
        if found is None and self.data.get("adopt_stack_data"):
            found = {
                key: value for key, value in (self.adopted.get("environment") or {}).items()
                if key != "encrypted_param_names" or value
            }  # fmt: skip
        if found in (None, "", {}):
            return None
        if not isinstance(found, str | dict):
            raise bad_request("The environment is not a valid YAML mapping data type.")
        return found

    @property
    def files(self) -> dict[str, str]:
        """The files."""
        found = self.data.get("files")
        if found is None and self.data.get("adopt_stack_data"):
            found = self.adopted.get("files")
        return {str(name): text if isinstance(text, str) else str(text) for name, text in dict(found or {}).items()}

    @property
    def inputs(self) -> dict[str, Any]:
        """Parameters, environment and files as the engine takes them."""
        return {
            "parameters": dict(self.data.get("parameters") or {}), "environment": self.environment,
            "files": self.files, "environment_files": list(self.data.get("environment_files") or ()),
        }  # fmt: skip

    @property
    def changes(self) -> dict[str, Any]:
        """What an update is asked to change, as the engine takes it."""
        return {
            "template": self.template, **self.inputs, "existing": self.patch,
            "clear_parameters": list(self.data.get("clear_parameters") or ()),
        }  # fmt: skip

    @property
    def converge(self) -> bool | None:
        """Whether an update compares with what is really there; None when the request says nothing.

        Raises
        ------
        HeatError
            400 when it is neither true nor false.
        """
        return self._truth("converge")

    @property
    def timeout_mins(self) -> int | None:
        """Minutes until a stack has failed.

        Raises
        ------
        HeatError
            400 when it is no whole number above 0.
        """
        given = self.data.get("timeout_mins")
        if given is None:
            return None
        try:
            minutes = int(given)
        except (TypeError, ValueError):
            raise bad_request(f"Only integer is allowed for 'timeout_mins', got '{given}'.") from None
        if minutes < 0:
            told = f"Value '{minutes}' is invalid for 'timeout_mins' which only accepts non-negative integer."
            raise bad_request(told)
        return minutes or 60

    @property
    def rollback(self) -> bool | None:
        """Whether a failure takes everything back; None when the request says nothing.

        Raises
        ------
        HeatError
            400 when it is neither true nor false.
        """
        found = self._truth("disable_rollback")
        return None if found is None else not found

    def _truth(self, name: str) -> bool | None:
        given = self.data.get(name)
        if given is None:
            return None
        word = str(given).strip().lower()
        if word not in TRUE + FALSE:
            known = ", ".join(f"'{each}'" for each in sorted(TRUE + FALSE))
            raise bad_request(f"Unrecognized value '{given}' for \"{name}\", acceptable values are: {known}")
        return word in TRUE

    @property
    def tags(self) -> list[str] | None:
        """The tags; None when the request says nothing.

        Raises
        ------
        HeatError
            400 when one is empty, too long or has a comma.
        """
        given = self.data.get("tags")
        if given is None:
            return None
        if not isinstance(given, str | list):
            raise bad_request(f'Invalid tags, not a comma-delimited string: "{given}"')
        found = given.split(",") if isinstance(given, str) else [str(each) for each in given]
        for tag in found:
            if not tag.strip():
                raise bad_request(f'Invalid tag, "{given}" has an empty tag')
            if len(tag) > 80:
                raise bad_request(f'Invalid tag, "{tag}" is longer than 80 characters')
        return found
