"""OS::Heat::TestResource, Value, RandomString, None, Delay, AWS::EC2::EIP: what needs nothing outside the engine.

Source: Heat 27, each class's own rules.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any

from kit.hot.errors import FunctionError, ResourceFailure, StackValidationFailed, TemplateError
from kit.hot.functions.refer import select
from kit.hot.parameters import HOT_TYPES
from kit.hot.properties import PropertySchema, empty
from kit.hot.resources.base import Kind, Planned, Resource


class TestResource(Kind):
    """Keeps a text; can be told to take its time, to fail, or to be replaced."""

    __test__ = False  # pytest: it only sounds like one

    def _wait(self, resource: Resource, action: str) -> float:
        values = resource.properties
        own = (values["action_wait_secs"] or {}).get(action)
        return float(values["wait_secs"] if own is None else own)

    def _over(self, resource: Resource, seconds: float) -> bool:
        return 0 <= seconds <= resource.stack.backend.now() - resource.since

    def wakes(self, resource: Resource) -> float | None:
        slow = {"CREATE": "create", "UPDATE": "update", "DELETE": "delete"}.get(resource.action)
        seconds = self._wait(resource, slow) if slow else -1.0
        return resource.since + seconds if seconds >= 0 else None

    def _fails(self, resource: Resource) -> None:
        if resource.properties["fail"]:
            raise ResourceFailure(f"Test Resource failed {resource.name}", "ValueError")

    def create(self, resource: Resource) -> None:
        values = resource.properties
        if not values["fail"]:
            resource.data["value"] = values["value"]
            resource.physical_id = resource.stack.physical_name(resource)

    def created(self, resource: Resource) -> bool:
        done = self._over(resource, self._wait(resource, "create"))
        if done:
            self._fails(resource)
        return done

    def needs_replace(self, resource: Resource, changed: set[str], after: Mapping[str, Any]) -> bool:
        return "value" in changed and bool(after["update_replace"])

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        resource.data["slow"] = bool(changed.get("value"))
        if changed.get("value") and not resource.properties["fail"]:
            resource.data["value"] = changed["value"]

    def updated(self, resource: Resource) -> bool:
        done = self._over(resource, self._wait(resource, "update") if resource.data.pop("slow", False) else 0)
        if done:
            self._fails(resource)
        else:
            resource.data["slow"] = True
        return done

    def deleted(self, resource: Resource) -> bool:
        return self._over(resource, self._wait(resource, "delete"))

    def inspect(self, resource: Resource) -> None:
        if resource.physical_id is None:
            raise ResourceFailure("Resource not created", "Exception")

    def value(self, resource: Resource, name: str) -> Any:
        return resource.data.get("value") if name == "output" else None

    def foresee(
        self, resource: Resource | None, values: Mapping[str, Any], name: str, path: list[Any], unknown: FunctionError
    ) -> Any:
        if name != "output" or values["fail"]:
            raise unknown
        return select(values["value"], path)


class Delay(Kind):
    """Waits: at least `min_wait` seconds, and a jitter by chance."""

    def needs_replace(self, resource: Resource, changed: set[str], after: Mapping[str, Any]) -> bool:
        return True

    def _begin(self, resource: Resource) -> None:
        values = resource.properties
        wait = 0.0
        if resource.action in values["actions"]:
            part = resource.stack.backend.random(1)[0] / 2**32
            wait = values["min_wait"] + values["max_jitter"] * values["jitter_multiplier"] * part
        resource.data["until"] = resource.stack.backend.now() + wait

    def _over(self, resource: Resource) -> bool:
        return bool(resource.stack.backend.now() >= resource.data.get("until", 0.0))

    def wakes(self, resource: Resource) -> float | None:
        return resource.data.get("until")

    def create(self, resource: Resource) -> None:
        resource.physical_id = resource.stack.physical_name(resource)
        self._begin(resource)

    def created(self, resource: Resource) -> bool:
        return self._over(resource)

    def delete(self, resource: Resource) -> None:
        self._begin(resource)

    def deleted(self, resource: Resource) -> bool:
        return self._over(resource)

    def suspend(self, resource: Resource) -> None:
        self._begin(resource)

    def suspended(self, resource: Resource) -> bool:
        return self._over(resource)

    def resume(self, resource: Resource) -> None:
        self._begin(resource)

    def resumed(self, resource: Resource) -> bool:
        return self._over(resource)


class Value(Kind):
    """Gives its property back, in the kind that `type` says."""

    def schema(self, resource: Resource | None, given: Mapping[str, Any]) -> Mapping[str, PropertySchema]:
        table = self.type.properties
        kind = given.get("type")
        if not isinstance(kind, str) or kind not in HOT_TYPES:
            return table
        return {**table, "value": replace(table["value"], kind=HOT_TYPES[kind])}

    def create(self, resource: Resource) -> None:
        resource.physical_id = resource.stack.physical_name(resource)

    def value(self, resource: Resource, name: str) -> Any:
        # Whoever asks later does not know the kind any more: `type` only judges. Source: Heat 27, `Value.reparse`.
        return (resource.frozen.get("properties") or {}).get("value") if name == "value" else None

    def foresee(
        self, resource: Resource | None, values: Mapping[str, Any], name: str, path: list[Any], unknown: FunctionError
    ) -> Any:
        if name != "value":
            raise unknown
        return select(values["value"], path)


CLASSES = {
    "lettersdigits": string.ascii_letters + string.digits, "letters": string.ascii_letters,
    "lowercase": string.ascii_lowercase, "uppercase": string.ascii_uppercase, "digits": string.digits,
    "hexdigits": string.digits + "ABCDEF", "octdigits": string.octdigits,
}  # fmt: skip


class RandomString(Kind):
    """A text of random letters, made once."""

    def _sets(self, values: Mapping[str, Any]) -> list[tuple[str, int]]:
        if values.get("sequence"):
            classes = [{"class": values["sequence"], "min": 1}]
        else:
            classes = values.get("character_classes") or []
        own = [(each["sequence"], each["min"]) for each in values.get("character_sequences") or []]
        return own + [(CLASSES[each["class"]], each["min"]) for each in classes]

    def check(self, planned: Planned) -> Iterator[TemplateError]:
        values = planned.properties.values()
        if sum(least for _, least in self._sets(values)) > values["length"]:
            what = "Length property cannot be smaller than combined character class and character sequence minimums"
            yield StackValidationFailed(what, rule="property")

    def create(self, resource: Resource) -> None:
        values = resource.properties
        sets = self._sets(values)
        length: int = values["length"]
        numbers = iter(resource.stack.backend.random(2 * length + 1))
        letters = [text[next(numbers) % len(text)] for text, least in sets for _ in range(least)]
        everything = "".join(dict.fromkeys("".join(text for text, _ in sets)))
        letters += [everything[next(numbers) % len(everything)] for _ in range(length - len(letters))]
        for place in range(length - 1, 0, -1):
            other = next(numbers) % (place + 1)
            letters[place], letters[other] = letters[other], letters[place]
        resource.data["value"] = "".join(letters[:length])
        resource.physical_id = resource.stack.physical_name(resource)

    def value(self, resource: Resource, name: str) -> Any:
        return resource.data.get("value") if name == "value" else None

    def reference(self, resource: Resource) -> Any:
        return resource.data["value"] if resource.physical_id is not None else resource.name


class ElasticAddress(Kind):
    """AWS::EC2::EIP: its id is its address, here one of those for measurements (RFC 2544), since no cloud gives one."""

    def create(self, resource: Resource) -> None:
        (number,) = resource.stack.backend.random(1)
        resource.physical_id = str(IPv4Address("198.18.0.0") + number % 2**17)


class Nothing(Kind):
    """OS::Heat::None: takes any property, gives null for any attribute, and is never changed."""

    answers_anything = True

    def schema(self, resource: Resource | None, given: Mapping[str, Any]) -> Mapping[str, PropertySchema]:
        return empty()

    def attribute(self, resource: Resource, name: str, path: list[Any]) -> Any:
        return None
