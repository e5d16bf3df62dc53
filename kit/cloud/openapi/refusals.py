"""What an operation may refuse with: the statuses that its code can reach, and the body of each."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from types import FunctionType, SimpleNamespace
from typing import Any, cast

from kit.cloud import errors as api_errors
from kit.cloud.call import Answer, Call, Context
from kit.cloud.errors import ApiError
from kit.cloud.openapi.source import found_as, name_of, reached, tree
from kit.cloud.service import Operation, Service

_FAR = 50
_CODES = frozenset((400, 401, 403, 404, 405, 406, 409, 410, 411, 412, 413, 415, 416, 422, 429, 501, 503))
# An answer to a path or a method that is not described.
_ELSEWHERE = ("no_route", "fault", "headers", "challenge")
_QUOTA = "A quota is full"
# Some services refuse in the form that is asked for.
_ACCEPTED = ("application/json", "text/html", "text/plain")
_ID = "req-5d7e2f0c-4b1a-4f7e-9a53-0c6d1b8e2f47"


def refusals(operation: Operation, service: Service) -> dict[int, str]:
    """The statuses with which an operation may refuse, and what each says of itself."""
    found: dict[int, set[str]] = {code: set() for code in (400, 401, 403, 404)}
    if service.microversions is not None:
        found[406] = set()
    package = type(service).__module__.rpartition(".")[0]
    raised = set(_of_classes(package)) if package != "kit.cloud" else set()
    for start in {operation.function, inspect.unwrap(operation.function)}:
        for function, _ in reached(start, _FAR, _foreign(package)):
            raised |= _raised(function)
            if _turns_away(function):
                raised |= _raised(type(service).no_route)
    for status, said in raised:
        found.setdefault(status, set()).add(said)
    return {status: _said(status, texts - {""}) for status, texts in found.items() if status != 500}


@cache
def _turns_away(function: FunctionType) -> bool:
    """Whether a function refuses as the service refuses an unknown path."""
    top = tree(function)
    calls = (node for node in ast.walk(top) if isinstance(node, ast.Call)) if top is not None else ()
    return any(name_of(node.func) == "no_route" for node in calls)


def _said(status: int, texts: set[str]) -> str:
    """The sentence of the status's own class, and that a quota is full where that may be why."""
    own = _class(status)
    quota = any(text.startswith(_QUOTA) for text in texts)
    said = (own.__doc__ or "").partition("\n")[0] if own is not ApiError else f"{HTTPStatus(status).phrase}."
    if quota and (status == 413 or own is ApiError) and len(texts) == 1:
        return f"{_QUOTA}."
    return f"{said} {_QUOTA}." if quota else said


def _class(status: int) -> type[ApiError]:
    kinds = [each for each in vars(api_errors).values() if isinstance(each, type) and issubclass(each, ApiError)]
    return next((each for each in kinds if each.status == status), ApiError)


def _foreign(package: str) -> Callable[[FunctionType], bool]:
    """Whether a function is another service's, which tells its refusals in its own way, or one of an older tree of paths."""
    homes = {type(service).__module__.rpartition(".")[0] for service in _services()} - {"kit.cloud", package}

    def foreign(function: FunctionType) -> bool:
        home = function.__module__.rpartition(".")[0]
        return home in homes or re.fullmatch(rf"{re.escape(package)}\.v\d+", home) is not None

    return foreign


def _services() -> list[Service]:
    from kit.cloud.registry import SERVICES

    return list(SERVICES.values())


@cache
def _raised(function: FunctionType) -> frozenset[tuple[int, str]]:
    top = tree(function)
    return _statuses(top, lambda node: found_as(function, node)) if top is not None else frozenset()


def _statuses(top: ast.AST, meant: Callable[[ast.expr], Any]) -> frozenset[tuple[int, str]]:
    """Statuses of the error classes that are named, and those given as numbers to calls or to a `status`."""
    compared = {id(inner) for node in ast.walk(top) if isinstance(node, ast.Compare) for inner in ast.walk(node)}
    found: set[tuple[int, str]] = set()
    for node in ast.walk(top):
        if isinstance(node, ast.Name | ast.Attribute) and id(node) not in compared:
            named = meant(node)
            if isinstance(named, type) and issubclass(named, ApiError):
                found.add((named.status, _words(named)))
        found |= {(code, "") for code in _numbers(node)}
    for node in ast.walk(top):  # `OverLimit(text, status=413)`: the class's words for another status
        for word in node.keywords if isinstance(node, ast.Call) else ():
            named = meant(node.func) if isinstance(node, ast.Call) else None
            if word.arg == "status" and isinstance(word.value, ast.Constant) and isinstance(named, type):
                found -= {(getattr(named, "status", 0), _words(named)), (cast(int, word.value.value), "")}
                found.add((cast(int, word.value.value), _words(named)))
    return frozenset(found)


def _numbers(node: ast.AST) -> set[int]:
    given: list[ast.expr | None] = []
    if isinstance(node, ast.Call):
        given = [*node.args, *(word.value for word in node.keywords)]
    elif isinstance(node, ast.Assign) and name_of(node.targets[0]) == "status":
        given = [node.value]
    elif isinstance(node, ast.arguments):
        given = [*node.defaults, *node.kw_defaults]
    constants = [each for value in given if value is not None for each in _choices(value)]
    return {each.value for each in constants if type(each.value) is int and each.value in _CODES}


def _choices(value: ast.expr) -> list[ast.Constant]:
    if isinstance(value, ast.IfExp):
        return [*_choices(value.body), *_choices(value.orelse)]
    return [value] if isinstance(value, ast.Constant) else []


def _words(error: type) -> str:
    return (error.__doc__ or "").partition("\n")[0]


@cache
def _of_classes(package: str) -> frozenset[tuple[int, str]]:
    """What the methods of a service's classes refuse with: any operation may call them."""
    home = importlib.import_module(package)
    found: set[tuple[int, str]] = set()
    for item in pkgutil.iter_modules(home.__path__):
        module = importlib.import_module(f"{package}.{item.name}")
        for each in vars(module).values():
            if not isinstance(each, type) or each.__module__ != module.__name__ or issubclass(each, ApiError):
                continue
            for name, method in vars(each).items():
                plain = inspect.unwrap(getattr(method, "__func__", method))
                if isinstance(plain, FunctionType) and name not in _ELSEWHERE:
                    for function, _ in reached(plain, _FAR, _foreign(package)):
                        found |= _raised(function)
    return frozenset(found)


def refusal(service: Service, status: int, said: str) -> dict[str, Any]:
    """The response of a refusal: its words, its headers and a body as the service makes it."""
    error = _class(status)("It says what is wrong.", status=status)
    error.title = HTTPStatus(status).phrase
    heads: dict[str, str] = {}
    content: dict[str, Any] = {}
    for accept in _ACCEPTED:
        call = _call(service, status, accept=accept)
        answer = service.fault(error, call)
        heads |= service.headers(call, status) | answer.headers
        content |= _content(answer)
    return {
        "description": said,
        "headers": {name: {"schema": {"type": "string"}} for name in heads},
        "content": content,
    }


def _content(answer: Answer) -> dict[str, Any]:
    if not isinstance(answer.body, dict):
        return {answer.type.partition(";")[0]: {"schema": {"type": "string"}}}
    return {"application/json": {"schema": _schema(answer.body), "example": answer.body}}


def _schema(value: Any) -> dict[str, Any]:
    """The schema of what is like a value: its members, and their types."""
    if isinstance(value, dict):
        made = {"type": "object", "properties": {name: _schema(inner) for name, inner in value.items()}}
        return made | ({"required": ["errors"]} if "errors" in value else {})
    if isinstance(value, list):
        return {"type": "array", "items": _schema(value[0]) if value else {}, "minItems": 1}
    kinds = {str: "string", bool: "boolean", int: "integer", float: "number"}
    return {"type": kinds[type(value)]} if type(value) in kinds else {}


def _call(service: Service, status: int, open: bool = False, accept: str = "") -> Call:
    """A request as far as an envelope looks at it."""
    from kit.cloud.clock import Clock

    version = service.microversions.high if service.microversions is not None and status != 406 and not open else None
    call = SimpleNamespace(
        service=service, method="GET", path=service.path, query={}, headers={"accept": accept}, base="http://127.0.0.1:35357",
        root=f"http://127.0.0.1:35357{service.path}", request_id=_ID, version=version,
        at_least=lambda wanted: version is not None, cloud=SimpleNamespace(clock=Clock(0)), body=b"", context=Context(), tx=None,
    )  # fmt: skip
    return cast(Call, call)


def kept(service: Service, *, open: bool) -> list[str]:
    """The headers that every success of a service carries; `open`, where no token is asked for."""
    return list(service.headers(_call(service, 200, open), 200))
