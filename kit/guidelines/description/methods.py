"""Methods: what GET, HEAD, POST, PUT and PATCH are described to do."""

from __future__ import annotations

from collections.abc import Iterator

from kit.guidelines.description.document import pointer
from kit.guidelines.description.operation import Description, Operation, is_variable
from kit.guidelines.description.schema import Schema
from kit.guidelines.lexicon import lexicon
from kit.guidelines.rule import Found, judges
from kit.guidelines.words import ACTIONS, commands, names_a_time, singular, tokens

BODILESS = ("get", "head", "delete", "options", "trace")
# What a service fills itself, so that a PUT need not carry it.
_SERVERS_OWN = lexicon("filled by the service")


def acts(operation: Operation) -> str:
    """Why a GET or HEAD seems to change something, or ''."""
    last = tokens(operation.last)
    if not is_variable(operation.last) and commands(last):
        return f"`{operation.last}` names an action"
    first = tokens(operation.text.split(" ", 1)[0]) if operation.text else ()
    named = {singular("".join(tokens(part))) for part in operation.parts}
    if len(first) == 1 and {first[0], first[0].removesuffix("s")} & ACTIONS and singular(first[0]) not in named:
        return f"it says {operation.text[:40]!r}"
    called = tokens(str(operation.data.get("operationId") or ""))
    if called and called[0] in ACTIONS and singular(called[0]) not in named:
        return f"its operationId is {operation.data['operationId']}"
    told = [code for code in operation.successes if code in ("201", "202")]
    return f"it answers {told[0]}" if told else ""


@judges("description", "METH-01", "METH-02")
def reading(described: Description) -> Iterator[Found]:
    """GET and HEAD that change things, and bodies where none belong."""
    for operation in described.operations:
        if operation.method in ("get", "head"):
            why = acts(operation)
            if why:
                yield Found("METH-01", operation.place, f"A {operation.method.upper()} that acts: {why}.", advice=True)
        if operation.method in BODILESS and "requestBody" in operation.data:
            place = pointer(operation.place, "requestBody")
            yield Found("METH-02", place, f"{operation.method.upper()} takes a body.")


@judges("description", "METH-03")
def heads(described: Description) -> Iterator[Found]:
    """HEAD without GET, or with other codes than GET."""
    for path, methods in described.by_path.items():
        head, get = methods.get("head"), methods.get("get")
        if head is None or (head.parts[-2:-1] == ["tags"] and is_variable(head.last)):
            continue  # the tags guideline asks for HEAD of a tag alone
        if get is None:
            yield Found("METH-03", head.place, f"{path} has HEAD but no GET.")
        elif head.successes and get.successes and not set(head.successes) & set(get.successes):
            told = f"HEAD answers {', '.join(head.successes)}, GET answers {', '.join(get.successes)}."
            yield Found("METH-03", head.place, told)
        if any(answer.content for answer in head.successes.values()):
            yield Found("METH-03", head.place, "HEAD is described with a body.")


@judges("description", "METH-04", "METH-05")
def creating(described: Description) -> Iterator[Found]:
    """PUT where the server picks the identifier, POST where the client does."""
    for operation in described.operations:
        made = [code for code in operation.successes if code == "201"]
        if not made or not operation.parts:
            continue
        if operation.method == "put" and described.is_collection(operation):
            why = "PUT to a collection creates, so the server picks the identifier."
            yield Found("METH-04", operation.place, why, advice=True)
        if operation.method == "post" and is_variable(operation.last) and len(operation.parts) > 1:
            why = "POST creates at a URI that the client knows."
            yield Found("METH-05", operation.place, why, advice=True)


def _unwrapped(schema: Schema) -> tuple[dict[str, Schema], set[str]]:
    """The members of a representation, and those required, without the envelope."""
    members = schema.members
    if len(members) == 1:
        inner = next(iter(members.values()))
        if inner.members:
            return inner.members, inner.required
    return members, schema.required


@judges("description", "METH-06")
def updating(described: Description) -> Iterator[Found]:
    """PUT that carries a part, PATCH that needs the whole."""
    for path, methods in described.by_path.items():
        put, patch, get = methods.get("put"), methods.get("patch"), methods.get("get")
        if patch is not None and patch.request is not None:
            members, required = _unwrapped(patch.request)
            if len(members) > 1 and required >= set(members):
                yield Found("METH-06", patch.place, "PATCH requires every member.", advice=True)
        if put is None or put.request is None or not is_variable(put.last):
            continue
        sent, _ = _unwrapped(put.request)
        if "partial" in tokens(put.text):
            yield Found("METH-06", put.place, f"PUT says that it is partial: {put.text[:60]!r}.", advice=True)
            continue
        post = described.by_path.get(path.rstrip("/").rsplit("/", 1)[0], {}).get("post")
        whole: dict[str, Schema] = {}
        if post is not None and post.request is not None:
            whole = _unwrapped(post.request)[0]
        elif get is not None and get.result is not None:
            whole = {
                name: schema
                for name, schema in _unwrapped(get.result)[0].items()
                if name not in _SERVERS_OWN and not names_a_time(name) and not schema.get("readOnly")
            }
        missing = [name for name in whole if name not in sent]
        if sent and missing:
            told = ", ".join(missing[:5])
            yield Found("METH-06", put.place, f"PUT carries a part only: it lacks {told}.", advice=True)
