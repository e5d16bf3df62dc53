"""Predict what a door says to a body, and mend bodies that only the old door takes."""

from __future__ import annotations

import json
from typing import Any

from kit.lab import Lab, NotYet, Step, Wrong
from kit.lab.answers import function, kind

from .doors import ACCEPT, COMPATIBLE, CURRENT, DOORS, KINDS, KNOWN, LEGACY, OLD, SOFT, STRICT, Doors, Draw
from .given import predictions


def agree(doors: Doors, door: str, said: dict[str, Any], letter: str) -> None:
    """Refuse a prediction that the door does not keep."""
    got = doors.said(door, letter)
    guess = status(said, letter)
    if guess == got.short:
        return
    told = (
        f"{door} accepts it"
        if got.short == ACCEPT
        else f"{door} refuses it"
        if guess == ACCEPT
        else f"{door} refuses it otherwise"
    )
    raise NotYet(f"{letter}: you say {guess}, and {told}.", KINDS[letter].why)


def status(said: dict[str, Any], name: str) -> Any:
    """What is predicted: `accept`, or the status of a refusal."""
    guess = said[name]
    if guess != ACCEPT and not (isinstance(guess, int) and 400 <= guess < 600):
        raise NotYet(f"{name}: {guess!r} is no prediction.", f'"{ACCEPT}", or a status such as 400, was asked for.')
    return guess


FIRST = 'first = {"legacy v2": "accept", "/v2": "accept", "v2.1": 400}'


class First(Step):
    name = "first"
    title = "One body, three doors"
    minutes = 2
    variables = ("first",)
    hints = (
        "Two of the three take it.",
        "What v2 did not know it ignored, and /v2 promises to do as v2 did. v2.1 was made so that a slip is seen.",
        FIRST,
    )
    solution = FIRST
    wrong = {
        "all-take": Wrong(FIRST.replace("400", '"accept"'), "v2.1 refuses it"),
        "all-refuse": Wrong(FIRST.replace('"accept"', "400"), "legacy v2 accepts it"),
        "not-quite": Wrong(FIRST.replace('"/v2": "accept"', '"/v2": 400'), "/v2 accepts it"),
    }

    def check(self, lab: Lab, first: Any) -> str:
        said = predictions(first, DOORS)
        for seed in (11, 12):
            doors = Doors(lab, seed)
            for door in DOORS:
                got = doors.said(door, "a").short
                if status(said, door) != got:
                    member = next(name for name in doors.bodies["a"]["server"] if name not in KNOWN)
                    verb = "accepts" if got == ACCEPT else "refuses"
                    raise NotYet(
                        f"You say {said[door]}, and {door} {verb} it.",
                        f"The check sent the member {member!r}, which no API knows.",
                        "Let one door be strict." if got != ACCEPT else "Only one of the three is strict.",
                    )
        return "A slip of the pen was ignored for years; v2.1 tells you of it."


class _Predict(Step):
    """Seven bodies, or six, and one door."""

    door: str
    letters: str

    def check(self, lab: Lab, *answer: Any) -> str:
        said = predictions(answer[0], self.letters)
        for seed in (21, 22, 23):
            doors = Doors(lab, seed)
            for letter in self.letters:
                agree(doors, self.door, said, letter)
        return self.praise

    praise = ""


STRICTLY = """
strict = {"a": 400, "b": "accept", "c": 400, "d": "accept", "e": 400, "f": 400, "g": "accept"}
"""


class Strict(_Predict):
    name = "strict"
    title = "What does v2.1 accept?"
    minutes = 4
    variables = ("strict",)
    door, letters = CURRENT, STRICT
    praise = "A schema says what may be there, of which kind, and nothing else."
    hints = (
        "Three of the seven are accepted.",
        "v2.1 at its first version: a schema of that version, no unknown members, no spaces at the ends of a name.",
        STRICTLY.strip(),
    )
    solution = STRICTLY
    wrong = {
        "lenient": Wrong(STRICTLY.replace('"a": 400', '"a": "accept"'), "does not know"),
        "no-spaces": Wrong(STRICTLY.replace('"b": "accept"', '"b": 400'), "may hold spaces"),
        "stripped": Wrong(STRICTLY.replace('"c": 400', '"c": "accept"'), "begin or end"),
        "text": Wrong(STRICTLY.replace('"d": "accept"', '"d": 400'), "number as text"),
        "newer": Wrong(STRICTLY.replace('"e": 400', '"e": "accept"'), "2.52"),
        "numbers": Wrong(STRICTLY.replace('"f": 400', '"f": "accept"'), "is a text"),
        "word": Wrong(STRICTLY.replace("400", '"no"'), "is no prediction"),
    }


SOFTLY = """
soft = {"h": 400, "i": "accept", "j": "accept", "k": 400, "l": 400, "m": "accept", "n": 400}
"""


class Soft(_Predict):
    name = "soft"
    title = "What does /v2 forgive?"
    minutes = 4
    variables = ("soft",)
    door, letters = COMPATIBLE, SOFT
    praise = "It takes out what it does not know and strips names; what is left meets the same schema."
    hints = (
        "Three of the seven are accepted.",
        "/v2 forgives two things only: members that it does not know, and spaces around names. Keys of metadata stay and are checked.",
        SOFTLY.strip(),
    )
    solution = SOFTLY
    wrong = {
        "any-kind": Wrong(SOFTLY.replace('"h": 400', '"h": "accept"'), "A list of networks"),
        "inside-only": Wrong(SOFTLY.replace('"i": "accept"', '"i": 400'), "wherever it stands"),
        "spaces": Wrong(SOFTLY.replace('"j": "accept"', '"j": 400'), "strips the spaces"),
        "blank": Wrong(SOFTLY.replace('"k": 400', '"k": "accept"'), "nothing is left"),
        "keys": Wrong(SOFTLY.replace('"l": 400', '"l": "accept"'), "Under a pattern"),
        "no-root": Wrong(SOFTLY.replace('"n": 400', '"n": "accept"'), "has no server"),
    }


OLDER = """
old = {"o": "accept", "p": 413, "q": 422, "r": 400, "s": "accept", "t": "accept"}
"""


class Old(_Predict):
    name = "old"
    title = "What did v2 say?"
    minutes = 4
    variables = ("old",)
    door, letters = LEGACY, OLD
    praise = "Checks made by hand: here too loose, there another status. Compatible meant most of it, not all."
    hints = (
        "Three of the six are accepted; the others get three different statuses.",
        "A key's letters, mixed case and an empty address went unchecked. 413 is for what is too large, 422 for JSON of another form.",
        OLDER.strip(),
    )
    solution = OLDER
    wrong = {
        "keys": Wrong(OLDER.replace('"o": "accept"', '"o": 400'), "letters of a key"),
        "today": Wrong(OLDER.replace("413", "400"), "Too Large"),
        "form": Wrong(OLDER.replace("422", "400"), "Unprocessable"),
        "loose": Wrong(OLDER.replace('"r": 400', '"r": "accept"'), "check by hand"),
        "case": Wrong(OLDER.replace('"s": "accept"', '"s": 400'), "capitals"),
        "address": Wrong(OLDER.replace('"t": "accept"', '"t": 400'), "no address"),
    }


MODERN = """
def modern(body):
    server = {name: value for name, value in body["server"].items() if name in KNOWN and value != ""}
    server["name"] = server["name"].strip()
    return {"server": server}
"""


class Modern(Step):
    name = "modern"
    title = "Mend what the old door took"
    minutes = 5
    variables = ("modern",)
    hints = (
        "Three things to mend: unknown members (inside and beside the server), spaces around the name, empty addresses.",
        "Keep the members that are in KNOWN and not empty; then strip the name.",
        MODERN.strip(),
    )
    solution = MODERN
    wrong = {
        "same": Wrong("def modern(body):\n    return body", "was unexpected"),
        "keeps-unknown": Wrong(MODERN.replace("name in KNOWN and ", ""), "was unexpected"),
        "keeps-beside": Wrong(MODERN.replace('{"server": server}', '{**body, "server": server}'), "was unexpected"),
        "keeps-spaces": Wrong(MODERN.replace(".strip()", ""), 'The old body had: {"name"'),
        "keeps-empty": Wrong(MODERN.replace(' and value != ""', ""), "is not a 'ipv4'"),
        "no-spaces": Wrong(MODERN.replace(".strip()", '.replace(" ", "")'), "another name"),
        "bare": Wrong(MODERN.replace("name in KNOWN", 'name in ("name", "imageRef", "flavorRef")'), "metadata"),
        "truthy": Wrong(MODERN.replace('value != ""', "value"), "config_drive"),
        "one-flavor": Wrong(
            MODERN.replace("    return", '    server["flavorRef"] = "1"\n    return'), "another flavor"
        ),
    }

    def check(self, lab: Lab, modern: Any) -> str:
        modern = function(modern, "body to a body, mended")
        doors = Doors(lab, 51)
        draw = Draw(51)
        for changes in _bodies(draw):
            body = {"server": {"name": draw.word(), "imageRef": "{image}", "flavorRef": "1"}} | changes.pop(
                "beside", {}
            )
            body["server"] |= changes
            mended = modern(json.loads(json.dumps(body)))
            if not isinstance(mended, dict):
                raise NotYet(f"modern gives {kind(mended)}.", "A body, mended, was asked for.", "return {...}")
            _json(mended)
            lost = [name for name, value in body["server"].items() if _lost(mended, name, value)]
            if lost:
                raise NotYet(f"Your body has lost the member {lost[0]!r}.", "v2.1 knows it.", "Keep what is in KNOWN.")
            was = _made(doors, LEGACY, body)
            answer = doors.send(CURRENT, mended)
            if answer.status_code >= 400:
                said = str(next(iter(answer.json().values()))["message"])
                said = said if len(said) < 120 else f"...{said[-110:]}"
                raise NotYet(
                    f"v2.1 refuses your body: {said}", f"The old body had: {json.dumps(changes or body)[:120]}"
                )
            _same(was, _made(doors, CURRENT, mended))
        return "The same servers, through the strict door; your users see no difference."


def _json(mended: dict[str, Any]) -> None:
    try:
        json.dumps(mended)
    except TypeError as error:
        raise NotYet(f"Your body is no JSON: {error}.", "Its values are those of the old body.") from None


def _lost(mended: dict[str, Any], name: str, value: Any) -> bool:
    server = mended.get("server")
    return name in KNOWN and value != "" and isinstance(server, dict) and name not in server


def _bodies(draw: Draw) -> list[dict[str, Any]]:
    """What sets old bodies apart from what v2.1 takes."""
    odd = draw.odd()
    notes = {draw.key(): f" {draw.word()} "}
    return [
        {}, {odd: "red"}, {"name": f" my {draw.word()} "}, {"accessIPv4": "", "metadata": notes},
        {"flavorRef": "2"}, {"beside": {odd: True}}, {"metadata": notes, "min_count": "1"},
        {"security_groups": [{"name": "default"}], "config_drive": False, "max_count": 1},
        {"name": f"{draw.word()}  ", "accessIPv6": "", odd: [1],
         "beside": {draw.odd(): 3}},
    ]  # fmt: skip


def _made(doors: Doors, door: str, body: Any) -> dict[str, Any]:
    """The server that a body makes behind a door."""
    made = doors.send(door, body).json()["server"]["id"]
    found: dict[str, Any] = doors.conn(door).compute.get(f"/servers/{made}").json()["server"]
    return found


def _same(was: dict[str, Any], now: dict[str, Any]) -> None:
    for what, name in (("name", "another name"), ("metadata", "other metadata"), ("flavor", "another flavor")):
        one, two = (each[what]["id"] if what == "flavor" else each[what] for each in (was, now))
        if one != two:
            raise NotYet(
                f"Your body makes a server with {name}: {two!r}.",
                f"The old one gave {one!r}.",
                "Mend, and leave the rest.",
            )
