"""Microversions: what a header gets, the best version that both sides speak, and what a client must change."""

from __future__ import annotations

import random
import re
from numbers import Integral
from typing import Any

from kit.lab import Lab, NotYet, Step, Wrong
from kit.lab.answers import function, kind, shown
from kit.scheduling import changes
from kit.scheduling.microversions import parts

from .doors import HEADERS
from .given import predictions

WHY = {
    "nothing": "Who asks for nothing was written for the first version.",
    "latest": "The answer names the version, not the word: its `version` in the document above.",
    "volume": "That header speaks to another service.",
    "old name": "Nova still hears its own header.",
    "beyond": "The text is a version, and it lies outside the range.",
    "major": "Microversions are two numbers; this is no version at all.",
}
SERVED = """
served = {"nothing": "2.1", "latest": "2.104", "volume": "2.1",
          "old name": "2.9", "beyond": 406, "major": 400}
"""


class Negotiate(Step):
    name = "negotiate"
    title = "Which version is served?"
    minutes = 3
    variables = ("served",)
    hints = (
        'A version is a text such as "2.1"; a refusal is a number such as 406. Two of the six are refused.',
        "Without a header for *compute* you get the minimum. 406: a version that is not offered; 400: no version.",
        SERVED.strip(),
    )
    solution = SERVED
    wrong = {
        "newest": Wrong(SERVED.replace('"nothing": "2.1"', '"nothing": "2.104"'), "written for the first version"),
        "word": Wrong(SERVED.replace('"2.104"', '"latest"'), "not the word"),
        "volume": Wrong(SERVED.replace('"volume": "2.1"', '"volume": 406'), "another service"),
        "deaf": Wrong(SERVED.replace('"old name": "2.9"', '"old name": "2.1"'), "its own header"),
        "clamped": Wrong(SERVED.replace("406", '"2.104"'), "outside the range"),
        "major": Wrong(SERVED.replace('"major": 400', '"major": 406'), "no version at all"),
    }

    def check(self, lab: Lab, served: Any) -> str:
        said = predictions(served, HEADERS)
        session = lab.fresh_cloud().connect("alice", "shop").session
        url = f"{session.get_endpoint(service_type='compute')}/servers"
        for name, headers in HEADERS.items():
            answer = session.get(url, headers=headers, raise_exc=False)
            got = _served(answer.headers) if answer.ok else answer.status_code
            if isinstance(said[name], float):
                raise NotYet(f"{name}: {said[name]} is a number.", 'Versions are texts: "2.10" is another than "2.1".')
            if said[name] != got:
                raise NotYet(f"{name}: you say {said[name]!r}, the cloud says otherwise.", WHY[name])
        return "The answer repeats what it serves; a client that reads it is never surprised."


def _served(headers: Any) -> str:
    return str(headers.get("OpenStack-API-Version", "")).partition(" ")[2]


BEST = """
def number(text):
    major, minor = text.split(".")
    return int(major), int(minor)

def best(document, low, high):
    shared = [min(each["version"], high, key=number) for each in document["versions"]
              if each["version"] and number(each["version"]) >= number(low)
              and number(each["min_version"]) <= number(high)]
    return max(shared, key=number, default=None)
"""


class Best(Step):
    name = "best"
    title = "The best version that both speak"
    minutes = 4
    variables = ("best",)
    hints = (
        "Two ranges overlap when each begins before the other ends. The best is the smaller one of the two ends.",
        'An entry without microversions has "" for its range: skip it. Turn "2.9" into (2, 9) before you compare.',
        BEST.strip(),
    )
    solution = BEST
    wrong = {
        "text": Wrong(BEST.replace("return int(major), int(minor)", "return text"), "as texts"),
        "float": Wrong(BEST.replace("return int(major), int(minor)", "return float(text)"), "as fractions"),
        "theirs": Wrong(BEST.replace('min(each["version"], high, key=number)', 'each["version"]'), "does not speak"),
        "ours": Wrong(BEST.replace('min(each["version"], high, key=number)', "high"), "does not offer"),
        "no-floor": Wrong(BEST.replace('and number(each["version"]) >= number(low)', ""), "nothing in common"),
        "no-start": Wrong(BEST.replace('\n              and number(each["min_version"]) <= number(high)', ""), "nothing in common"),
        "empty": Wrong(BEST.replace('if each["version"] and', "if"), "no microversions"),
    }  # fmt: skip

    def check(self, lab: Lab, best: Any) -> str:
        best = function(best, "document, low, high to a version or None", nothing=True)
        conn = lab.fresh_cloud().connect()
        nova, cinder = (_document(conn, name) for name in ("compute", "volume"))
        draw = random.Random(31)
        some, more = draw.randrange(20, 40), draw.randrange(50, 90)
        cases = [
            (_upto(nova, "2.10"), "2.9", f"2.{more}", "2.10"), (nova, "2.1", "2.104", "2.104"),
            (nova, "2.1", f"2.{some}", f"2.{some}"), (_upto(nova, "2.12"), "2.1", "2.9", "2.9"),
            (_upto(nova, "2.9"), "2.2", f"2.{more}", "2.9"), (_upto(nova, f"2.{some}"), f"2.{some + 1}", f"2.{more}", None),
            (_upto(nova, "2.90", "2.50"), "2.1", "2.49", None), (cinder, "3.0", "3.8", "3.8"),
            (_upto(cinder, "3.10"), "3.9", "3.70", "3.10"), (_upto(nova, "2.10"), "2.1", "2.1", "2.1"),
        ]  # fmt: skip
        for document, low, high, want in cases:
            entry = document["versions"][-1]
            span = f"the service has {entry['min_version']} to {entry['version']}, the client {low} to {high}"
            got = self._ask(best, document, low, high)
            if got != want:
                raise NotYet(f"You choose {got!s:.40}: {span}.", self._why(best, nova, got, want, entry, high))
        return "Numbers, not texts and not fractions: 3.10 comes after 3.9."

    def _ask(self, best: Any, document: dict[str, Any], low: str, high: str) -> Any:
        try:
            return best(document, low, high)
        except ValueError as error:
            raise NotYet(
                f"An entry without a range stops you: {error}.",
                'v2.0 has no microversions: its version is "".',
                "Skip it.",
            ) from None

    def _why(self, best: Any, nova: Any, got: Any, want: str | None, entry: dict[str, Any], high: str) -> str:
        if want is None:
            return "They have nothing in common: None was asked for."
        if got is None:
            if best(nova, "2.1", "2.104") is None:
                return f"{want} is the highest that both speak; does your function end with return?"
            fractions = best(_upto(nova, "2.10"), "2.1", "2.1") != "2.1"
            return (
                "Do you read them as fractions? 2.10 is not 2.1, and it is later than 2.9."
                if fractions
                else 'Do you compare them as texts? "2.10" comes before "2.9" there, and is later.'
            )
        if not isinstance(got, str) or not re.fullmatch(r"\d+\.\d+", got):
            return f'A version as a text was asked for, "{want}".'
        if _pair(got) > _pair(high):
            return "The client does not speak that."
        if _pair(got) > _pair(entry["version"]):
            return "The service does not offer that."
        return f"{want} is the highest that both speak."


def _document(conn: Any, name: str) -> dict[str, Any]:
    base = conn.session.auth.auth_url.partition("/identity")[0]
    found: dict[str, Any] = conn.session.get(f"{base}/{name}/").json()
    return found


def _upto(document: dict[str, Any], high: str, low: str = "") -> dict[str, Any]:
    """The document of a cloud with another range."""
    *before, last = document["versions"]
    return {"versions": [*before, {**last, "version": high, "min_version": low or last["min_version"]}]}


def _pair(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(minor)


HEED = """
def heed(start, end, uses):
    return [each.version for each in changes(start, end).breaking if set(uses) & set(each.parts)]
"""


class Heed(Step):
    name = "heed"
    title = "What must a client change?"
    minutes = 4
    variables = ("heed",)
    hints = (
        "changes(start, end) holds those after start, up to and with end; .breaking leaves out what is only added.",
        "Each change has .version and .parts; set(uses) & set(each.parts) is what it has in common with your client.",
        HEED.strip(),
    )
    solution = HEED
    wrong = {
        "all": Wrong(HEED.replace(".breaking", ""), "only adds"),
        "any-part": Wrong(HEED.replace(" if set(uses) & set(each.parts)", ""), "does not touch"),
        "twice": Wrong(
            "def heed(start, end, uses):\n"
            "    return [each.version for part in uses for each in changes(start, end).breaking.part(part)]",
            "once",
        ),
        "as-texts": Wrong(HEED.replace("return [", "return sorted([").replace("]\n", "])\n"), "the order is another"),
        "fixed-start": Wrong(HEED.replace("changes(start, end)", 'changes("2.1", end)'), "before"),
        "latest": Wrong(HEED.replace("changes(start, end)", "changes(start)"), "after"),
    }

    def check(self, lab: Lab, heed: Any) -> str:
        heed = function(heed, "start, end, uses to a list of versions")
        draw = random.Random(38)
        cases = [("2.12", "2.60", ("hypervisors", "services")), ("2.25", "2.79", ("servers", "volumes"))]
        cases.append(("2.2", "2.16", ("flavors", "evacuation")))  # 2.7 comes before 2.14
        for _ in range(6):
            first, last = sorted(draw.sample(range(1, 105), 2))
            cases.append((f"2.{first}", f"2.{last}", tuple(draw.sample(parts(), 3))))
        for start, end, uses in cases:
            got = heed(start, end, uses)
            if not isinstance(got, list | tuple):
                raise NotYet(f"Your function gives {kind(got)}.", "A list of versions was asked for.", "return [...]")
            self._judge(list(got), start, end, uses)
        return "You read the few that concern you, and not all hundred."

    def _judge(self, got: list[Any], start: str, end: str, uses: tuple[str, ...]) -> None:
        here = f"From {start} to {end}, for a client of {' and '.join(uses)}"
        known = {each.version: each for each in changes("2.1")}
        want = [each.version for each in changes(start, end) if each.breaking and set(each.parts) & set(uses)]
        twice = next((each for each in got if got.count(each) > 1), None)
        if twice:
            raise NotYet(f"{here}, you name {twice} twice.", "It touches two parts; name it once, in order.")
        for version in got:
            if version in want:
                continue
            change = known.get(version) if isinstance(version, str) else None
            if change is None:
                what = repr(version) if isinstance(version, str) else f"{kind(version)}"
                raise NotYet(f"{here}, you name {what}.", "The texts of versions were asked for: each.version")
            if _pair(version) <= _pair(start) or _pair(version) > _pair(end):
                raise NotYet(
                    f"{here}, you name {version}.",
                    f"It came {'before' if _pair(version) <= _pair(start) else 'after'} that.",
                )
            if not change.breaking:
                raise NotYet(f"{here}, you name {version}.", f"It only adds: {change.meaning}")
            raise NotYet(f"{here}, you name {version}.", f"It does not touch these: {change.meaning}")
        missing = [each for each in want if each not in got]
        if missing:
            raise NotYet(f"{here}, {missing[0]} is missing.", known[missing[0]].meaning)
        if got != want:
            raise NotYet(f"{here}, the order is another.", "From the first to the last was asked for.")


RAM = """
def ram(compute, server):
    flavor = server["flavor"]
    if "ram" in flavor:
        return flavor["ram"]
    return compute.get(f"/flavors/{flavor['id']}").json()["flavor"]["ram"]
"""


class Ram(Step):
    name = "ram"
    title = "One client, both sides of 2.47"
    minutes = 5
    variables = ("ram",)
    hints = (
        "Since 2.47 the flavor stands inside the server; before, there is its id only.",
        'Ask whether "ram" is in server["flavor"]; if not, get /flavors/ID as below.',
        RAM.strip(),
    )
    solution = RAM
    wrong = {
        "old": Wrong(
            "def ram(compute, server):\n"
            "    return compute.get(f\"/flavors/{server['flavor']['id']}\").json()['flavor']['ram']", "no id",
        ),
        "new": Wrong("def ram(compute, server):\n    return server['flavor']['ram']", "only the flavor's id"),
        "by-name": Wrong(
            RAM.replace(
                '        return flavor["ram"]',
                '        return next((each["ram"] for each in compute.get("/flavors/detail").json()["flavors"]\n'
                '                     if each["name"] == flavor["original_name"]), None)',
            ),
            "was changed",
        ),
        "whole": Wrong(RAM.replace('["flavor"]["ram"]', '["flavor"]'), "a number"),
    }  # fmt: skip

    def check(self, lab: Lab, ram: Any) -> str:
        ram = function(ram, "compute, server to MB", nothing=True)
        for seed in (471, 472):
            memory = 256 * random.Random(seed).randrange(2, 12)
            cloud = lab.fresh_cloud(_sized(memory), random_seed=seed)
            compute, admin = cloud.connect("alice", "shop").compute, cloud.connect().compute
            found = {version: _first(compute, version) for version in ("2.1", "2.46", "2.47", "2.104")}
            for version in ("2.1", "2.46", "2.47", "2.104"):
                if version == "2.47":  # from here on the flavor is another than the server was made of
                    admin.delete_flavor(found["2.1"]["flavor"]["id"])
                    admin.create_flavor(name="odd", ram=memory * 2, vcpus=1, disk=5)
                self._judge(ram, compute, found[version], version, memory)
        return "Ask for what you know, look at what you got."

    def _judge(self, ram: Any, compute: Any, server: dict[str, Any], version: str, want: int) -> None:
        try:
            got = ram(compute, server)
        except KeyError as error:
            if error.args[0] not in ("id", "ram"):
                raise
            has = "no id: the flavor stands there as it was" if "ram" in server["flavor"] else "only the flavor's id"
            raise NotYet(f"KeyError: {error} in a server of {version}.", f"There its flavor has {has}.") from None
        if isinstance(got, bool) or not isinstance(got, Integral):
            gone = got is None and "ram" in server["flavor"]
            tail = "The flavor was changed since: believe the server." if gone else "MB, a number, was asked for."
            raise NotYet(f"For a server of {version} you give {shown(got)}.", tail)
        if got != want:
            raise NotYet(
                f"For a server of {version} you give {got} MB; it has {want}.",
                "The flavor was changed since the server was made: believe the server." if got == 2 * want else "",
            )


def _sized(memory: int) -> dict[str, Any]:
    return {
        "projects": [{"name": "shop"}], "users": [{"name": "alice", "roles": {"shop": "member"}}],
        "flavors": [{"name": "odd", "vcpus": 1, "ram": memory, "disk": 5}], "images": [{"name": "debian"}],
        "hosts": [{"name": "c-1", "vcpus": 8, "memory_mb": 16384, "local_gb": 100}],
        "networks": [{"name": "net", "project": "shop", "subnets": [{"cidr": "10.9.0.0/24"}]}],
        "servers": [
            {"name": "one", "project": "shop", "user": "alice", "flavor": "odd", "image": "debian", "network": "net"}
        ],
    }  # fmt: skip


def _first(compute: Any, version: str) -> dict[str, Any]:
    found: dict[str, Any] = compute.get("/servers/detail", microversion=version).json()["servers"][0]
    return found
