"""Three doors to one Nova: the v2 of 2015, the /v2 of today, and v2.1; and twenty bodies to send through them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

import yaml

from kit.cloud import Cloud
from kit.lab import Lab
from kit.lab.outcome import Note

LEGACY, COMPATIBLE, CURRENT = "legacy v2", "/v2", "v2.1"
DOORS = (LEGACY, COMPATIBLE, CURRENT)
ACCEPT = "accept"
# What a body for a new server may hold at 2.1.
KNOWN = {
    "name", "imageRef", "flavorRef", "metadata", "networks", "min_count", "max_count", "key_name", "user_data",
    "availability_zone", "security_groups", "config_drive", "accessIPv4", "accessIPv6",
}  # fmt: skip
# Six clients of v2.1, by what they ask for.
HEADERS: dict[str, dict[str, str]] = {
    "nothing": {},
    "latest": {"OpenStack-API-Version": "compute latest"},
    "volume": {"OpenStack-API-Version": "volume 3.27"},
    "old name": {"X-OpenStack-Nova-API-Version": "2.9"},
    "beyond": {"OpenStack-API-Version": "compute 2.999"},
    "major": {"OpenStack-API-Version": "compute 2"},
}
ACT, META = "/servers/{server}/action", "/servers/{server}/metadata"


class Draw(random.Random):
    """Values that differ at each check."""

    def word(self) -> str:
        """A name."""
        return f"{self.choice(('web', 'shop', 'mail', 'cache', 'test'))}-{self.randrange(2, 90)}"

    def odd(self) -> str:
        """A member that no API knows."""
        return self.choice(("colour", "owner", "cost_centre", "ticket", "nick"))

    def key(self) -> str:
        """A key of metadata."""
        return self.choice(("stage", "team", "tier", "role"))


def server(draw: Draw, **more: Any) -> dict[str, Any]:
    """A body for a new server."""
    return {"server": {"name": draw.word(), "imageRef": "{image}", "flavorRef": "1", **more}}


@dataclass(frozen=True)
class Kind:
    """A kind of request.

    Attributes
    ----------
    path : str
        Where it is posted.
    make : callable
        A body of this kind with values of its own.
    why : str
        What explains the answer of the door for which it is predicted.
    """

    letter: str
    path: str
    make: Callable[[Draw], Any]
    why: str


def _kinds() -> list[Kind]:
    spaced = "A name may hold spaces, but not begin or end with one."
    return [
        # v2.1
        Kind("a", "/servers", lambda d: server(d, **{d.odd(): "red"}), "v2.1 refuses a member that it does not know."),
        Kind("b", "/servers", lambda d: server(d, name=f"my {d.word()}"), spaced),
        Kind("c", "/servers", lambda d: server(d, name=f"{d.word()} "), spaced),
        Kind("d", "/servers", lambda d: server(d, min_count="1"), "A number as text is taken where the schema lists it."),
        Kind("e", "/servers", lambda d: server(d, tags=[d.key()]), "tags came with 2.52; at 2.1 nobody knows them."),
        Kind("f", META, lambda d: {"metadata": {d.key(): d.randrange(9)}}, "A value of metadata is a text."),
        Kind("g", ACT, lambda d: {"reboot": {"type": d.choice(("SOFT", "soft", "Soft"))}}, "The schema lists SOFT, Soft and soft, and so for HARD."),
        # /v2
        Kind("h", "/servers", lambda d: server(d, networks="none"), "A list of networks was all that 2.1 knew; what is there is checked."),
        Kind("i", "/servers", lambda d: {**server(d), d.odd(): 1}, "What /v2 does not know it takes out, wherever it stands."),
        Kind("j", "/servers", lambda d: server(d, name=f"  {d.word()}"), "/v2 strips the spaces around a name."),
        Kind("k", "/servers", lambda d: server(d, name=" " * d.randrange(2, 6)), "Without its spaces nothing is left of that name."),
        Kind("l", META, lambda d: {"metadata": {f"{d.key()}#{d.randrange(9)}": "1"}}, "Under a pattern nothing is taken out: the key is checked."),
        Kind("m", ACT, lambda d: {"reboot": {"type": "HARD", d.odd(): 1}}, "What /v2 does not know it takes out, wherever it stands."),
        Kind("n", "/servers", lambda d: {"instance": server(d)["server"]}, "Once the unknown is out, the body has no server."),
        # legacy v2
        Kind("o", META, lambda d: {"metadata": {f"{d.key()}#{d.randrange(9)}": "1"}}, "Its hand-made checks never looked at the letters of a key."),
        Kind("p", META, lambda d: {"metadata": {d.key(): "x" * d.randrange(256, 300)}}, "Too long was Request Entity Too Large there."),
        Kind("q", "/servers", lambda d: {"instance": server(d)["server"]}, "JSON without its root was Unprocessable Entity there."),
        Kind("r", META, lambda d: {"metadata": {d.key(): d.randrange(9)}}, "That it did check by hand: a value is a text."),
        Kind("s", ACT, lambda d: {"reboot": {"type": d.choice(("sOFT", "hArD", "SoFt"))}}, "It wrote the word in capitals before it looked."),
        Kind("t", "/servers", lambda d: server(d, accessIPv4=""), "An empty address was no address, and no fault."),
    ]  # fmt: skip


KINDS = {each.letter: each for each in _kinds()}
STRICT, SOFT, OLD = "abcdefg", "hijklmn", "opqrst"


@dataclass(frozen=True)
class Said:
    """What one door said to one body."""

    status: int
    message: str

    @property
    def short(self) -> Any:
        """`accept`, or the status of the refusal."""
        return ACCEPT if self.status < 400 else self.status


class Doors:
    """The same cloud behind three doors; every body meets it as it began.

    Parameters
    ----------
    seed : int
        Decides the values in the bodies.
    """

    def __init__(self, lab: Lab, seed: int = 7) -> None:
        plan = yaml.safe_load(lab.file("cloud.yaml").read_text(encoding="utf-8"))
        today = lab.fresh_cloud(plan, random_seed=seed)
        then = lab.fresh_cloud({**plan, "compute": {"legacy_v2": True}}, random_seed=seed)
        self._clouds: dict[str, Cloud] = {LEGACY: then, COMPATIBLE: today, CURRENT: today}
        self._sessions = {id(cloud): cloud.connect("alice", "shop") for cloud in (today, then)}
        conn = self.conn(CURRENT)
        self._ids = {
            "{image}": next(iter(conn.image.images())).id, "{server}": conn.compute.find_server("web-1").id,
        }  # fmt: skip
        self._begin = {id(cloud): cloud.snapshot() for cloud in (today, then)}
        draw = Draw(seed)
        self.bodies = {letter: kind.make(draw) for letter, kind in KINDS.items()}

    def conn(self, door: str) -> Any:
        """Alice's connection to the cloud behind a door."""
        return self._sessions[id(self._clouds[door])]

    def send(self, door: str, body: Any, path: str = "/servers") -> Any:
        """Post a body through a door; the whole answer."""
        conn = self.conn(door)
        self._clouds[door].restore(self._begin[id(self._clouds[door])])
        root = conn.session.get_endpoint(service_type="compute").removesuffix("/v2.1")
        version = "v2.1" if door == CURRENT else f"v2/{conn.session.get_project_id()}"
        text = self._filled(json.dumps(body))
        return conn.session.post(
            f"{root}/{version}{self._filled(path)}", data=text, raise_exc=False,
            headers={"Content-Type": "application/json"},
        )  # fmt: skip

    def _filled(self, text: str) -> str:
        for name, id in self._ids.items():
            text = text.replace(name, id)
        return text

    def said(self, door: str, letter: str) -> Said:
        """What a door says to the body of a letter."""
        answer = self.send(door, self.bodies[letter], KINDS[letter].path)
        fault = next(iter(answer.json().values()), {}) if answer.status_code >= 400 else {}
        return Said(
            answer.status_code, self._short(str(fault.get("message", "") if isinstance(fault, dict) else fault))
        )

    def _short(self, text: str) -> str:
        for name, id in self._ids.items():
            text = text.replace(id, name)
        return text.replace("\n", " ")

    def show(self, letters: Iterable[str]) -> Table:
        """Some of the bodies."""
        lines = [[each, KINDS[each].path, json.dumps(self.bodies[each])] for each in letters]
        for line in lines:
            line[2] = (
                line[2] if len(line[2]) < 110 else f"{line[2][:60]}...{line[2][-20:]}  ({len(line[2])} characters)"
            )
        return Table("Bodies to post", ["letter", "to", "body"], lines)

    def compare(self, predicted: dict[str, Any]) -> Table | Note:
        """What was predicted beside what each door says; nothing before something is predicted."""
        if any(each is ... for each in predicted.values()):
            return Note("Predict first: the answers come here.", "")
        lines = []
        for letter, guess in predicted.items():
            found = [str(self.said(door, letter).short) for door in DOORS]
            lines.append([letter, str(guess), *found, "≠" if len(set(found)) > 1 else "="])
        return Table("Predicted and answered", ["letter", "you say", *DOORS, "doors"], lines)


class Table:
    """Rows of texts."""

    def __init__(self, caption: str, head: list[str], rows: list[list[str]]) -> None:
        self.caption, self.head, self.rows = caption, head, rows

    def __repr__(self) -> str:
        wide = [max(len(row[place]) for row in [self.head, *self.rows]) for place in range(len(self.head))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, wide, strict=True)).rstrip()
            for row in [self.head, *self.rows]
        ]
        return "\n".join([lines[0], "  ".join("-" * width for width in wide), *lines[1:]])

    def _repr_html_(self) -> str:
        look = "text-align:left;vertical-align:top"
        head = "".join(f'<th scope="col" style="{look}">{escape(name)}</th>' for name in self.head)
        rows = "".join("<tr>" + "".join(_cell(cell, look) for cell in row) + "</tr>" for row in self.rows)
        caption = f"<caption>{escape(self.caption)}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(text: str, look: str) -> str:
    """A path or a body as code; a path in one line."""
    if text[:1] not in "{/" or text == COMPATIBLE:
        return f'<td style="{look}">{escape(text)}</td>'
    whole = "white-space:nowrap" if text[0] == "/" else "overflow-wrap:anywhere;white-space:pre-wrap"
    return f'<td style="{look}"><code style="{whole}">{escape(text)}</code></td>'
