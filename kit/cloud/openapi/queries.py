"""What query strings and headers mean: the names that each list takes, with a text in the service's own terms."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from kit.cloud.service import Operation, Service

# Cinder's older paths name the project, which changes nothing about their meaning.
_PROJECT = re.compile(r"^/v3/{project_id}/(?!.*{project_id})")
_FORM = re.compile(r"{(\w+):[^}]*}")
_EVERY_LIST = ("fields", "limit", "marker", "page_reverse", "sort_key", "sort_dir")


@dataclass(frozen=True)
class Meaning:
    """One service's query strings: by path the names and the members; by name the text and its kind."""

    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    pages: dict[str, tuple[str, ...]] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)


@cache
def _read() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(files(__package__).joinpath("queries.yaml").read_text(encoding="utf-8"))
    return read


@cache
def _meanings() -> dict[str, Meaning]:
    found = {}
    for type, said in _read().items():
        if type == "headers":
            continue
        words = {name: [word] if isinstance(word, str) else word for name, word in said["words"].items()}
        found[type] = Meaning(_by_path(said.get("lists", {})), _by_path(said.get("pages", {})), words)
    return found


def _by_path(said: dict[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for paths, names in said.items():
        for path in paths.split():
            found[path] = (*found.get(path, ()), *names.split())
    return found


def _meaning(service: Service) -> Meaning:
    return _meanings().get(service.type, Meaning())


def _path(operation: Operation) -> str:
    return _PROJECT.sub("/v3/", _FORM.sub(r"{\1}", operation.template))


def names(operation: Operation, service: Service) -> set[str]:
    """The names that a list's query string may have; none of what is no list."""
    if operation.method not in ("GET", "HEAD"):
        return set()
    found = set(_meaning(service).lists.get(_path(operation), ()))
    keys = _of_neutron(operation, service)
    return found | {*keys, *_EVERY_LIST} if keys else found


def members(operation: Operation, service: Service) -> set[str]:
    """The members of a list's answer: the things, and what its pages need."""
    if operation.method != "GET":
        return set()
    if _of_neutron(operation, service):
        return {_collection(operation), f"{_collection(operation)}_links"}
    return set(_meaning(service).pages.get(_path(operation), ()))


def _collection(operation: Operation) -> str:
    return operation.template.rpartition("/")[2].replace("-", "_")


def _of_neutron(operation: Operation, service: Service) -> frozenset[str]:
    from kit.cloud.network.query_keys import KEYS

    keys = KEYS.get(_collection(operation)) if service.type == "network" and "{" not in operation.template else None
    return keys.filters if keys is not None else frozenset()


def parameter(name: str, service: Service) -> dict[str, Any]:
    """A query parameter as OpenAPI has it."""
    words = _meaning(service).words
    text, *kind = words.get(name) or words.get("") or [""]
    shown: dict[str, Any] = {"name": name, "in": "query", "schema": {"type": kind[0] if kind else "string"}}
    if text:
        shown["description"] = text
    return {**shown, "deprecated": True} if "deprecated" in kind else shown


def header(name: str) -> dict[str, Any]:
    """A header of a request as OpenAPI has it."""
    shown = "-".join(map(str.capitalize, name.split("-")))
    text = _read()["headers"].get(shown)
    found = {"name": shown, "in": "header", "schema": {"type": "string"}}
    return {**found, "description": text} if text else found
