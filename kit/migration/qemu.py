"""A real migration on this machine: two QEMU processes on the loopback, the tiny guest between them.

TCG throughout, so that neither KVM nor root is needed (post-copy alone asks the kernel for userfaultfd). Both
processes end with the `with` block, on an interrupt, and when this Python dies.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from kit.migration.errors import CapabilityMissing, QemuError, QemuMissing
from kit.migration.guest import Guest
from kit.migration.knobs import Knobs
from kit.migration.qmp import Qmp
from kit.migration.rom import COUNTER, READY, READY_WORD, Workload, build
from kit.migration.units import MIB

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

NAME = "qemu-system-x86_64"
BOOT_S = 60.0
FOLDER = "kit-migrate-"
PROCESS_MIB = 60  # what a QEMU takes beside the guest's memory


def find() -> str:
    """The path of qemu-system-x86_64.

    Raises
    ------
    QemuMissing
        With the one command that installs it.
    """
    found = shutil.which(NAME)
    if found is None:
        raise QemuMissing
    return found


def _die_with_parent(parent: int) -> None:
    """In the child: be killed when the parent is gone (Linux)."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _sweep() -> None:
    """Remove the folders of runs whose Python was killed: nobody holds their locks any more."""
    for lock in Path(tempfile.gettempdir()).glob(f"{FOLDER}*/lock"):
        with contextlib.suppress(OSError), _held(lock):
            shutil.rmtree(lock.parent, ignore_errors=True)


@contextlib.contextmanager
def _held(lock: Path) -> Iterator[None]:
    """Hold a lock that ends with this process, however that ends.

    Raises
    ------
    OSError
        Another process holds it, or this system has no such locks.
    """
    if fcntl is None:
        raise OSError("no locks")
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def _enough_memory(guest: Guest) -> None:
    """Raise before two guests drive this machine out of memory (Linux; elsewhere nothing is known)."""
    try:
        rows = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        free_mib = int(rows["MemAvailable"].split()[0]) / 1024
    except (OSError, KeyError, ValueError):
        return
    needed_mib = 2 * (guest.used_pages * 4096 / MIB + PROCESS_MIB)
    if needed_mib > free_mib:
        what = f"the two QEMUs need {needed_mib:.0f} MiB, and {free_mib:.0f} MiB are free"
        raise QemuError(what, where=NAME, todo="Try a guest that uses less (--used).")


class Process:
    """One QEMU with its QMP connection."""

    def __init__(self, folder: Path, name: str, memory_mib: int, rom: Path, incoming: bool) -> None:
        path = folder / f"{name}.qmp"
        self._errors = folder / f"{name}.stderr"
        command = [
            find(), "-machine", "pc,hpet=on", "-accel", "tcg", "-m", str(memory_mib), "-smp", "1", "-nodefaults",
            "-no-user-config", "-display", "none", "-bios", str(rom), "-qmp", f"unix:{path},server=on,wait=off",
            *(["-incoming", "defer"] if incoming else []),
        ]  # fmt: skip
        with self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True,
                preexec_fn=partial(_die_with_parent, os.getpid()),
            )  # fmt: skip
        try:
            self.qmp = self._connect(path)
        except BaseException:  # an interrupt, too: nobody else knows of the process yet
            self.end()
            raise

    def _connect(self, path: Path) -> Qmp:
        until = time.monotonic() + BOOT_S
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(OSError, ValueError):
                return Qmp(path)
            time.sleep(0.01)
        self.end()
        raise QemuError("QEMU did not start", where=NAME, todo=self.told() or "It said nothing.")

    def told(self) -> str:
        """What it wrote to its standard error."""
        return self._errors.read_text(errors="replace").strip()

    def end(self) -> None:
        """Kill it and wait until it is gone."""
        if hasattr(self, "qmp"):
            self.qmp.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class Pair:
    """A source with a running guest, and a destination that waits for it.

    Parameters
    ----------
    guest : Guest
        Its working set sequential or random, its memory up to 3072 MiB (twice that is needed).
    spin : int
        More than 0: the writer is bound by the CPU, with so many empty loops between two writes; at most 2^31.

    Raises
    ------
    QemuMissing, QemuError
        When there is no QEMU, or the guest does not get ready within a minute.
    """

    def __init__(self, guest: Guest, spin: int = 0) -> None:
        self.guest, self.spin = guest, spin
        self.workload = Workload.of(guest, spin)
        self.capabilities_on: list[str] = []
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Pair:
        find()
        _enough_memory(self.guest)
        _sweep()
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=FOLDER)))
            with contextlib.suppress(OSError):
                stack.enter_context(_held(folder / "lock"))
            rom = folder / "guest.rom"
            rom.write_bytes(build(self.workload))
            self.destination = self._start(stack, folder, "destination", rom, True)
            self.source = self._start(stack, folder, "source", rom, False)
            self._await_ready()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _start(self, stack: contextlib.ExitStack, folder: Path, name: str, rom: Path, incoming: bool) -> Process:
        process = Process(folder, name, int(self.guest.memory_mib), rom, incoming)
        stack.callback(process.end)
        return process

    def _await_ready(self) -> None:
        until = time.monotonic() + BOOT_S
        while self.source.qmp.words(READY)[0] != READY_WORD:
            if time.monotonic() > until:
                raise QemuError("the guest did not get ready", todo="The machine is busy; try a smaller guest.")
            time.sleep(0.02)

    def writes(self, where: Process | None = None) -> int:
        """Pages that the guest has written since its start, read from its memory."""
        low, high = (where or self.source).qmp.words(COUNTER, 2)
        return low | high << 32

    def writes_per_s(self, seconds: float = 0.5) -> float:
        """The measured rate of the guest's writes over some time, pages a second."""
        first, began = self.writes(), time.monotonic()
        time.sleep(seconds)
        return (self.writes() - first) / (time.monotonic() - began)

    def capabilities(self) -> list[str]:
        """The migration capabilities that this QEMU reports, sorted."""
        return sorted(item["capability"] for item in self.source.qmp.do("query-migrate-capabilities"))

    def set(self, knobs: Knobs) -> None:
        """Set capabilities and parameters on both sides.

        Raises
        ------
        CapabilityMissing
            When this QEMU does not know one.
        """
        wanted, known = [*capabilities(knobs), "events"], self.capabilities()
        for name in wanted:
            if name not in known:
                raise CapabilityMissing(name, self.source.qmp.version, known)
        self.capabilities_on = capabilities(knobs)
        states = [{"capability": name, "state": True} for name in wanted]
        for side in (self.destination, self.source):
            side.qmp.do("migrate-set-capabilities", capabilities=states)
            side.qmp.raw("migrate-set-parameters", parameters(knobs))

    def start(self) -> None:
        """Let the destination listen, and begin."""
        self.destination.qmp.do("migrate-incoming", uri="tcp:127.0.0.1:0")
        port = self.destination.qmp.do("query-migrate")["socket-address"][0]["port"]
        self.source.qmp.do("migrate", uri=f"tcp:127.0.0.1:{port}")


def capabilities(knobs: Knobs) -> list[str]:
    """QEMU's names of the capabilities that the knobs switch on."""
    pairs = {
        "auto-converge": knobs.auto_converge, "xbzrle": knobs.xbzrle, "compress": knobs.compress,
        "multifd": knobs.multifd, "postcopy-ram": knobs.postcopy,
    }  # fmt: skip
    return [name for name, on in pairs.items() if on]


def parameters(knobs: Knobs) -> dict[str, Any]:
    """QEMU's parameters for the knobs: bytes a second, milliseconds, percent."""
    found: dict[str, Any] = {
        "max-bandwidth": int(knobs.max_bandwidth_mib_s * MIB), "downtime-limit": int(knobs.downtime_limit_ms),
    }  # fmt: skip
    if knobs.auto_converge:
        found |= {
            "cpu-throttle-initial": knobs.cpu_throttle_initial_pct, "max-cpu-throttle": knobs.max_cpu_throttle_pct,
            "cpu-throttle-increment": knobs.cpu_throttle_increment_pct,
            "cpu-throttle-tailslow": knobs.cpu_throttle_tailslow,
            "throttle-trigger-threshold": knobs.throttle_trigger_threshold_pct,
        }  # fmt: skip
    if knobs.xbzrle:
        found["xbzrle-cache-size"] = 1 << (int(knobs.xbzrle_cache_size_mib * MIB).bit_length() - 1)
    if knobs.compress:
        found |= {"compress-threads": knobs.compress_threads, "compress-level": knobs.compress_level}
    if knobs.multifd:
        found |= {"multifd-channels": knobs.multifd_channels, "multifd-compression": knobs.multifd_compression}
    if knobs.postcopy:
        found["max-postcopy-bandwidth"] = int(knobs.max_postcopy_bandwidth_mib_s * MIB)
    return found


def postcopy_allowed() -> bool:
    """Whether this user may switch to post-copy here: root, or an open userfaultfd."""
    if sys.platform != "linux":
        return False
    if os.geteuid() == 0 or os.access("/dev/userfaultfd", os.R_OK | os.W_OK):
        return True
    setting = Path("/proc/sys/vm/unprivileged_userfaultfd")
    return setting.exists() and setting.read_text().strip() == "1"
