"""How `/v2` (the legacy tree, and today's compatible mode) and `/v2.1` differ, as data: what to send, what each answers.

Every row with a request is tried by a test; the others are told in words.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

LONG = "x" * 256


@dataclass(frozen=True)
class Try:
    """A request that the three answer each in its way.

    Attributes
    ----------
    path : str
        Below the API: `/servers`. Path and body may hold `{image}`, `{flavor}` and `{server}`, ids of things there.
    legacy, compatible, v21 : int
        The statuses.
    """

    name: str
    method: str
    path: str
    body: Any
    legacy: int
    compatible: int
    v21: int

    def filled(self, **ids: str) -> tuple[str, bytes]:
        """Path and body with the ids of a cloud's things."""
        path, text = self.path, self.body if isinstance(self.body, str) else json.dumps(self.body)
        for name, id in ids.items():
            path, text = path.replace(f"{{{name}}}", id), text.replace(f"{{{name}}}", id)
        return path, b"" if self.body is None else text.encode()


@dataclass(frozen=True)
class Difference:
    """One point in which they differ, told for each, with requests that show it."""

    point: str
    legacy: str
    compatible: str
    v21: str
    tries: tuple[Try, ...] = ()


def _server(**more: Any) -> dict[str, Any]:
    return {"server": {"name": "s", "imageRef": "{image}", "flavorRef": "{flavor}", **more}}


_ACT = "/servers/{server}/action"
_META = "/servers/{server}/metadata"

DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        "endpoint", "/v2/PROJECT_ID; in Liberty only by editing the paste file", "/v2, the project's id may follow",
        "/v2.1, the project's id may follow",
        (Try("no project in the path", "GET", "/servers", None, 404, 200, 200),),
    ),
    Difference(
        "unknown member of a body", "ignored", "taken out before anybody sees it", "refused",
        (
            Try("unknown member of a server", "POST", "/servers", _server(colour="red"), 202, 202, 400),
            Try("unknown member beside the server", "POST", "/servers", {**_server(), "colour": "red"}, 202, 202, 400),
            Try("unknown member of a network", "POST", "/servers", _server(security_groups=[{"name": "default", "x": 1}]), 202, 202, 400),
            Try("unknown member of an action", "POST", _ACT, {"reboot": {"type": "HARD", "x": 1}}, 202, 202, 400),
            Try("unknown member of a change", "PUT", "/servers/{server}", {"server": {"name": "n", "x": 1}}, 200, 200, 400),
            Try("a member of a later microversion", "POST", "/servers", _server(tags=["a"]), 202, 202, 400),
        ),
    ),
    Difference(
        "member under a pattern (metadata)", "any key of 1 to 255 characters", "checked", "checked",
        (
            Try("a key with a character outside the pattern", "POST", _META, {"metadata": {"a#b": "1"}}, 200, 400, 400),
            Try("a value that is a number", "POST", _META, {"metadata": {"a": 1}}, 400, 400, 400),
        ),
    ),
    Difference(
        "metadata that is too long", "413 in three places", "400", "400",
        (
            Try("a value of 256 characters", "POST", _META, {"metadata": {"a": LONG}}, 413, 400, 400),
            Try("a key of 256 characters", "POST", "/servers", _server(metadata={LONG: "1"}), 413, 400, 400),
        ),
    ),
    Difference(
        "spaces around a name", "stripped", "stripped", "refused",
        (
            Try("spaces around a server's name", "POST", "/servers", _server(name=" s "), 202, 202, 400),
            Try("spaces around a new name", "PUT", "/servers/{server}", {"server": {"name": " n"}}, 200, 200, 400),
            Try("nothing but spaces", "POST", "/servers", _server(name="  "), 400, 400, 400),
        ),
    ),
    Difference(
        "body of another form", "422 in some places, 400 in others", "400", "400",
        (
            Try("no server in the body", "POST", "/servers", {"instance": {}}, 422, 400, 400),
            Try("a server that is a list", "POST", "/servers", {"server": []}, 422, 400, 400),
            Try("no server in a change", "PUT", "/servers/{server}", {}, 422, 400, 400),
            Try("metadata that is a list", "PUT", _META, {"metadata": []}, 400, 400, 400),
            Try("no JSON at all", "POST", "/servers", "no json", 400, 400, 400),
        ),
    ),
    Difference(
        "types and lengths", "hand-made checks, here and there", "JSON schema", "JSON schema",
        (
            Try("a name that is a number", "POST", "/servers", _server(name=5), 400, 400, 400),
            Try("a name of 256 characters", "POST", "/servers", _server(name=LONG), 400, 400, 400),
            Try("an empty address", "POST", "/servers", _server(accessIPv4=""), 202, 400, 400),
            Try("a kind of reboot in mixed case", "POST", _ACT, {"reboot": {"type": "hArD"}}, 202, 400, 400),
            Try("a flavor by its URL", "POST", "/servers", _server(flavorRef="http://127.0.0.1/v2/flavors/{flavor}"), 202, 202, 202),
        ),
    ),
    Difference(
        "numbers as text", "mixed", "taken where the schema lists them", "taken where the schema lists them",
        (
            Try("a count as text", "POST", "/servers", _server(min_count="1"), 202, 202, 202),
            Try("a count that is no number", "POST", "/servers", _server(min_count="one"), 400, 400, 400),
        ),
    ),
    Difference(
        "microversions", "unknown", "headers are ignored, and taken out of the answer (also out of Vary)",
        "2.1 unless the header asks for more",
        (Try("a path of a later microversion", "GET", "/servers/{server}/tags", None, 404, 404, 404),),
    ),
    Difference(
        "extensions", "switched on and off by the operator, the list shows those that are on",
        "all on; the list shows OS-EXT-VIF-NET besides", "all on; the list is frozen",
        (Try("the alias of the virtual interfaces", "GET", "/extensions/OS-EXT-VIF-NET", None, 200, 200, 404),),
    ),
    Difference("policy names", "compute_extension:...", "os_compute_api:...", "os_compute_api:..."),
    Difference("XML", "dropped in Kilo", "no", "no"),
)  # fmt: skip


def tries() -> list[Try]:
    """The requests of all rows, in order."""
    return [each for row in DIFFERENCES for each in row.tries]
