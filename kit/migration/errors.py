"""The errors of migrations.

MigrationError                  (kit.errors) anything below
├── ValueOutOfRange             a guest, a link or a knob has a value that QEMU or Nova would refuse
├── RecordError                 a file of recorded runs is of another form
├── NumpyMissing                a resolution or a map needs NumPy, and it is not installed
└── QemuError                   the real QEMU did not do what was asked
    ├── QemuMissing             there is no qemu-system-x86_64 here
    └── CapabilityMissing       this QEMU does not know a capability
"""

from __future__ import annotations

from kit.errors import MigrationError


class ValueOutOfRange(MigrationError):
    """A guest, a link or a knob has a value that QEMU or Nova would refuse.

    Attributes
    ----------
    name, value, allowed : str, object, str
        Which value, what it was, what it may be.
    """

    def __init__(self, name: str, value: object, allowed: str) -> None:
        super().__init__(f"{name} is {value!r}", todo=f"It must be {allowed}.")
        self.name = name
        self.value = value
        self.allowed = allowed


class RecordError(MigrationError):
    """A file of recorded runs is of another form."""


class NumpyMissing(MigrationError):
    """A resolution or a map needs NumPy, and it is not installed."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} needs NumPy",
            todo='Install it: pip install "openstack-labkit[migration]". Pass by pass needs none.',
        )


class QemuError(MigrationError):
    """The real QEMU did not do what was asked."""


class QemuMissing(QemuError):
    """There is no qemu-system-x86_64 here."""

    def __init__(self) -> None:
        super().__init__(
            "there is no qemu-system-x86_64 on this machine",
            todo="Install it: apt install qemu-system-x86 (Debian, Ubuntu), dnf install qemu-system-x86-core (Fedora). "
            "Without it the recorded runs serve: kit migrate compare --recorded, or kit.migration.recorded().",
        )


class CapabilityMissing(QemuError):
    """This QEMU does not know a capability.

    Attributes
    ----------
    capability, version : str
        What was asked of which QEMU.
    """

    def __init__(self, capability: str, version: str, known: list[str]) -> None:
        super().__init__(
            f"QEMU {version} has no migration capability {capability!r}", todo=f"It has: {', '.join(sorted(known))}."
        )
        self.capability = capability
        self.version = version


def at_least(name: str, value: float, low: float) -> None:
    """Raise ValueOutOfRange unless `value` is a finite number of at least `low`."""
    if not low <= value < float("inf"):
        raise ValueOutOfRange(name, value, f"a number of at least {_plain(low)}")


def between(name: str, value: float, low: float, high: float) -> None:
    """Raise ValueOutOfRange unless low <= value <= high."""
    if not low <= value <= high:
        raise ValueOutOfRange(name, value, f"from {_plain(low)} to {_plain(high)}")


def _plain(number: float) -> str:
    """A bound without an exponent."""
    return f"{number:,.9f}".rstrip("0").rstrip(".")


def one_of(name: str, value: object, allowed: tuple[object, ...]) -> None:
    """Raise ValueOutOfRange unless `value` is one of `allowed`."""
    if value not in allowed:
        raise ValueOutOfRange(name, value, "one of " + ", ".join(map(repr, allowed)))
