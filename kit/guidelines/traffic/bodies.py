"""Bodies, in traffic: names, times, links, lists; and the paths they came from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from kit.guidelines.description.names import known_relation
from kit.guidelines.description.uris import terms
from kit.guidelines.filters import pages, sorts
from kit.guidelines.lexicon import lexicon
from kit.guidelines.rule import Found, judges
from kit.guidelines.traffic.exchange import Exchange, Session
from kit.guidelines.words import CRUD, ISO, SNAKE, incomplete_phrase, names_a_time, negative, plural, snake

# Objects whose keys are the users' own.
FREE = lexicon("free maps")


class Held(NamedTuple):
    """A member of a body: its name, its value, and the path to it."""

    name: str
    value: Any
    path: str


def members(body: Any, path: str = "", depth: int = 0) -> Iterator[Held]:
    """Every member in a body, those of items too; free maps are not looked into."""
    if depth > 50:
        return
    if isinstance(body, dict):
        for name, value in body.items():
            below = f"{path}.{name}" if path else str(name)
            yield Held(str(name), value, below)
            if name not in FREE:
                yield from members(value, below, depth + 1)
    elif isinstance(body, list):
        for number, value in enumerate(body):
            yield from members(value, f"{path}[{number}]", depth + 1)


def judge_member(held: Held) -> Iterator[tuple[str, str]]:
    """The rules that a member breaks by its name and value, each with the reason."""
    name, value = held.name, held.value
    if not SNAKE.fullmatch(name):
        yield "NM-04", f"`{name}` is not snake_case: {snake(name)}."
    if isinstance(value, bool):
        if incomplete_phrase(name):
            yield "NM-05", f'`{name}` does not complete "this is" or "this has".'
        if negative(name):
            yield "NM-06", f"`{name}` says what is not."
    yield from terms(name, member=True)
    if names_a_time(name) and value is not None and not isinstance(value, bool | dict | list):
        yield from judge_time(name, value)
    if name == "tags" and not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
        if value is not None:
            yield "TG-01", f"`tags` is {type(value).__name__}, not a list of strings."
    elif name == "tags" and value is not None:
        wrong = [tag for tag in value if "/" in tag or "," in tag]
        if wrong:
            yield "TG-02", f"The tag {wrong[0]!r} has a slash or a comma."
    if name == "metadata" and value is not None and not isinstance(value, dict):
        yield "MD-01", f"`metadata` is {type(value).__name__}, not an object."
    if (name in ("links", "_links") or name.endswith("_links")) and value is not None:
        yield from judge_links(name, value)


def judge_time(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """The rules that a time breaks."""
    match = ISO.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        if value != "":
            yield "TI-01", f"`{name}` is {value!r}, not ISO 8601."
        return
    zone = match["zone"]
    if match["time"] and zone is None:
        yield "TI-02", f"`{name}` is {value!r}, without a zone."
    elif zone and zone not in ("Z", "z", "+00:00", "+0000", "+00", "-00:00"):
        yield "TI-02", f"`{name}` is {value!r}, not in UTC."


def judge_links(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """The rules that links break."""
    if not isinstance(value, list):
        yield "LK-01", f"`{name}` is no list."
        return
    for link in value:
        lacking = [w for w in ("rel", "href") if w not in link] if isinstance(link, dict) else ["rel", "href"]
        if lacking:
            yield "LK-01", f"A link has no {' and no '.join(lacking)}."
        elif isinstance(link["rel"], str) and not known_relation(link["rel"]):
            yield "LK-02", f"The relation `{link['rel']}` is not registered."


_ADVICE = frozenset({"LK-02"})
_OF_MEMBERS = (
    "NM-04", "NM-05", "NM-06", "TM-01", "TM-02", "TM-03", "TI-01", "TI-02", "TG-01", "TG-02", "MD-01", "LK-01", "LK-02",
)  # fmt: skip


@judges("traffic", *_OF_MEMBERS)
def held(session: Session) -> Iterator[Found]:
    """Members out of form, by name and by value."""
    for exchange in session:
        told: set[tuple[str, str]] = set()
        for each in members(exchange.response_body):
            for rule, why in judge_member(each):
                if (rule, each.name) not in told:
                    told.add((rule, each.name))
                    yield Found(rule, exchange.place(each.path), why, rule in _ADVICE)


@judges("traffic", "RS-01", "TG-04")
def lists(session: Session) -> Iterator[Found]:
    """Bare lists."""
    for exchange in session:
        if exchange.method != "GET" or not exchange.fine:
            continue
        body, last = exchange.response_body, exchange.parts[-1:] or [""]
        if isinstance(body, list):
            yield Found("RS-01", exchange.place("body"), "The top of the answer is a bare list.")
        if (
            last == ["tags"]
            and len(exchange.parts) > 2
            and (not isinstance(body, dict) or not isinstance(body.get("tags"), list))
        ):
            yield Found("TG-04", exchange.place("body"), "The tags are not an object with a list `tags`.")


def _resources(exchange: Exchange) -> list[str]:
    """The segments that name collections: the first, and each after a member of a plural."""
    parts = exchange.parts
    found = parts[:1]
    place = 0
    while place + 2 < len(parts) and plural(parts[place]):
        place += 2
        found.append(parts[place])
    return found


@judges("traffic", "NM-01", "NM-02", "NM-03", "TM-01", "TM-02", "TM-03", "UR-02", "UR-03")
def paths(session: Session) -> Iterator[Found]:
    """Paths that the service answered: their names, verbs in them, `detail` among members."""
    told: set[tuple[str, str]] = set()
    for exchange in session:
        if (exchange.failed and exchange.status in (400, 404, 405, 501)) or not exchange.parts:
            continue
        found: list[tuple[str, str]] = []
        for part in _resources(exchange):
            if part != part.lower():
                found.append(("NM-02", f"`{part}` has capitals."))
            if any(not sign.isalnum() and sign != "-" for sign in part) and part != ".well-known":
                found.append(("NM-03", f"`{part}` has other signs than the hyphen."))
            found += terms(part, member="-" in part)
        first = exchange.parts[0]
        listed = len(exchange.parts) == 1 and exchange.method == "GET" and exchange.fine and exchange.listed is not None
        if listed and not plural(first):
            found.append(("NM-01", f"`{first}` is a list, and is not a plural."))
        last = exchange.parts[-1].lower()
        if len(exchange.parts) > 1 and last in CRUD and exchange.fine:
            found.append(("UR-02", f"`{last}` says what the method should say."))
        if len(exchange.parts) > 1 and last in ("detail", "details") and plural(exchange.parts[-2]) and exchange.fine:
            found.append(("UR-03", f"`{last}` stands where a member of {exchange.parts[-2]} stands."))
        for rule, why in found:
            if (rule, why) not in told:
                told.add((rule, why))
                yield Found(rule, exchange.place("path"), why, rule == "NM-01")


@judges("traffic", "UR-05")
def case(session: Session) -> Iterator[Found]:
    """Two spellings of one URI, in other case, that are answered alike."""
    seen: dict[str, Exchange] = {}
    for exchange in session:
        if exchange.writes:
            seen.clear()
        if exchange.method != "GET" or not exchange.fine:
            continue
        first = seen.setdefault(exchange.uri.lower(), exchange)
        body = exchange.response_body
        alike = first.uri != exchange.uri and body == first.response_body
        if alike and body and (exchange.listed is None or exchange.listed[1]):
            why = f"{exchange.uri} and {first.uri} are answered alike."
            yield Found("UR-05", exchange.place(), why, advice=True)


@judges("traffic", "PG-01", "TM-01", "TM-02", "SO-01")
def parameters(session: Session) -> Iterator[Found]:
    """Query parameters that the service knows: how it pages and sorts, and which terms it uses."""
    told: set[str] = set()
    for exchange in session:
        if exchange.method != "GET" or not exchange.fine:
            continue
        for name, value in exchange.query:
            if name in told or not _honoured(session, exchange, name):
                continue
            told.add(name)
            place = exchange.place(f"query {name}")
            if pages(name):
                yield Found("PG-01", place, f"`{name}` pages.")
            elif sorts(name) and (name not in ("sort_key", "sort_dir") or _only_old_sort(session)):
                yield Found("SO-01", place, f"Sorted by `{name}`.")
            elif name == "sort" and value.startswith("-"):
                yield Found("SO-01", place, f"`sort` took {value!r}, not key:direction.")
            for rule, why in terms(name, member=True):
                yield Found(rule, place, why)


def _only_old_sort(session: Session) -> bool:
    """Whether sort_key stands alone: beside `sort` it is the old pair, which may stay."""
    return session.context.known_query is not None and "sort" not in session.context.known_query


def _honoured(session: Session, exchange: Exchange, name: str) -> bool:
    known = session.context.known_query
    return session.context.client if known is None else name in known
