"""CPU policies of flavor and image: which guest CPUs are dedicated, and how threads are used."""

from __future__ import annotations

import re
from typing import Any

from kit.scheduling.cpus import parse_cpus
from kit.scheduling.errors import RequestError
from kit.scheduling.image import truth
from kit.scheduling.request import Request

CPU_POLICIES = ("dedicated", "shared", "mixed")
THREAD_POLICIES = ("prefer", "isolate", "require")
EMULATOR_POLICIES = ("share", "isolate")
HYPERTHREADING = "HW_CPU_HYPERTHREADING"
_COUNTED = re.compile(r"resources([1-9][0-9]*)?:(VCPU|PCPU)$")
_TRAIT = re.compile(rf"trait([1-9][0-9]*)?:{HYPERTHREADING}$")


def both(request: Request, key: str) -> tuple[Any, Any]:
    """What flavor and image say: `hw:key` and `hw_key`."""
    return request.extra_specs.get(f"hw:{key}"), request.image.properties.get(f"hw_{key}")


def one_of(value: str | None, allowed: tuple[str, ...], what: str) -> str | None:
    """A value that must be one of a few.

    Raises
    ------
    RequestError
        It is none of them.
    """
    if value and value not in allowed:
        raise RequestError(f"{what} is {value!r}", todo=f"Nova knows {', '.join(allowed)}.")
    return value


def cpu_policy(request: Request) -> str | None:
    """The CPU policy by name alone, without resources that imply one.

    Raises
    ------
    RequestError
        The image asks for more than the flavor allows.

    Source: nova/virt/hardware.py, get_cpu_policy_constraint, Nova 34.
    """
    flavor, image = both(request, "cpu_policy")
    one_of(flavor, CPU_POLICIES, "hw:cpu_policy")
    one_of(image, CPU_POLICIES, "hw_cpu_policy")
    refused = {"mixed": ("dedicated",), "shared": ("mixed", "dedicated")}.get(flavor or "", ())
    if image in refused:
        raise RequestError(f"the image asks for {image} CPUs, the flavor says {flavor}", todo="Change one of the two.")
    return flavor or image


def thread_policy(request: Request) -> str | None:
    """The thread policy by name alone.

    Raises
    ------
    RequestError
        Flavor and image contradict one another.
    """
    flavor, image = both(request, "cpu_thread_policy")
    one_of(flavor, THREAD_POLICIES, "hw:cpu_thread_policy")
    one_of(image, THREAD_POLICIES, "hw_cpu_thread_policy")
    if flavor in (None, "prefer"):
        return flavor or image
    if image and image != flavor:
        raise RequestError(f"the image asks for thread policy {image}, the flavor for {flavor}")
    return flavor


def emulator_policy(request: Request) -> str | None:
    """Where the emulator's threads run."""
    return one_of(
        request.extra_specs.get("hw:emulator_threads_policy") or None, EMULATOR_POLICIES, "hw:emulator_threads_policy"
    )


def mask(text: str, vcpus: int) -> frozenset[int]:
    """The guest CPUs of a mask; one that starts with `^` is taken out of all."""
    return parse_cpus(f"0-{vcpus - 1},{text}" if text.strip().startswith("^") else text)


def dedicated_mask(request: Request) -> frozenset[int]:
    """Guest CPUs of `hw:cpu_dedicated_mask`.

    Raises
    ------
    RequestError
        It takes none, or all, or CPUs that the flavor has not.
    """
    text = request.extra_specs.get("hw:cpu_dedicated_mask")
    if not text:
        return frozenset()
    every = frozenset(range(request.flavor.vcpus))
    found = mask(text, request.flavor.vcpus)
    if not found or not found < every:
        raise RequestError(
            f"hw:cpu_dedicated_mask {text!r} must name some, not all, of {request.flavor.vcpus} CPUs",
            todo="Say dedicated to pin them all.",
        )
    return found


def realtime_mask(request: Request) -> frozenset[int]:
    """Guest CPUs that run in real time; empty when that is not asked for.

    Raises
    ------
    RequestError
        The mask names no CPU, one that is not there, or leaves none for the emulator.
    """
    if not truth(request.extra_specs.get("hw:cpu_realtime", "")):
        return frozenset()
    flavor, image = both(request, "cpu_realtime_mask")
    every = frozenset(range(request.flavor.vcpus))
    found = mask(image or flavor, request.flavor.vcpus) if image or flavor else every
    if not found or not found <= every or (found == every and not emulator_policy(request)):
        raise RequestError(
            f"hw:cpu_realtime_mask {image or flavor!r} must leave a CPU that is not in real time",
            todo="Name some of the CPUs, or give hw:emulator_threads_policy.",
        )
    return found


def counted(request: Request) -> tuple[int, int]:
    """VCPU and PCPU that extra specs ask of Placement by name."""
    amounts = {"VCPU": 0, "PCPU": 0}
    for key, value in request.extra_specs.items():
        match = _COUNTED.match(key)
        if match and str(value).isdigit():
            amounts[match[2]] += int(value)
    return amounts["VCPU"], amounts["PCPU"]


def hyperthreading(request: Request) -> str | None:
    """What the trait of threads is asked to be: `required` or `forbidden`."""
    for key, value in request.extra_specs.items():
        if _TRAIT.match(key):
            return value
    return "required" if HYPERTHREADING in request.image.properties.get("traits_required", ()) else None
