"""The real QEMU, where there is one, and what happens where there is none."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.errors import KitError
from kit.migration import Guest, Heat, Knobs, Sequential, Turn, compare, measure
from kit.migration import qemu as real
from kit.migration.errors import CapabilityMissing, QemuError, QemuMissing
from kit.migration.rom import ROM_BYTES, Workload, build

needs_qemu = pytest.mark.skipif(shutil.which(real.NAME) is None, reason="no qemu-system-x86_64")
SMALL = Guest(64, used_mib=24, working_set=Sequential(8, 1000))
CAP = Knobs(max_bandwidth_mib_s=50)


def running() -> set[str]:
    """Processes of ours, by their folders."""
    found = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True).stdout
    return {
        line.split()[0] for line in found.splitlines() if "kit-migrate-" in line and str(os.getpid()) in line.split()
    }


def test_the_rom_is_made_of_bytes_and_starts_at_the_reset_vector() -> None:
    rom = build(Workload.of(SMALL))
    assert len(rom) == ROM_BYTES and rom[0xFFF0] == 0xE9
    assert sum(byte != 0xF4 for byte in rom) < 700
    assert rom == build(Workload.of(SMALL))


def test_without_qemu_the_message_has_the_one_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(QemuMissing, match="apt install qemu-system-x86"):
        measure(SMALL, CAP)


@pytest.mark.parametrize("guest", [Guest(4), Guest(5000), Guest(64, working_set=Heat.of([(1, 1)], 5))])
def test_guests_that_the_rom_cannot_be_are_refused(guest: Guest) -> None:
    with pytest.raises(KitError, match="real QEMU"):
        Workload.of(guest)


@needs_qemu
def test_a_real_migration_moves_the_living_guest() -> None:
    rows = []
    record = measure(SMALL, CAP, on_row=rows.append)
    assert record.status == "completed" and record.result["dst"]["guest_alive"]
    assert record.transferred_bytes > 24 * 2**20 and rows[-1]["status"] == "completed"
    assert record.result["writes_per_s_before"] == pytest.approx(1000, rel=0.5)
    assert compare(record).status_right
    assert not running()


@needs_qemu
def test_turns_reach_the_real_one() -> None:
    busy = Guest(96, used_mib=64, working_set=Sequential(48, 30_000))
    knobs = Knobs(max_bandwidth_mib_s=30, downtime_limit_ms=50)
    record = measure(busy, knobs, [Turn(1, "set", {"max_bandwidth_mib_s": 20.0}), Turn(1.5, "abort")], timeout_s=5)
    assert record.status == "cancelled" and [row[1] for row in record.result["actions_done"]] == [
        "migrate-set-parameters", "migrate_cancel",
    ]  # fmt: skip


@needs_qemu
def test_it_is_cancelled_when_its_time_is_over() -> None:
    record = measure(Guest(64, used_mib=56), Knobs(max_bandwidth_mib_s=8), timeout_s=0.5)
    assert record.status == "cancelled" and record.result["gave_up"] >= 0.5


@needs_qemu
def test_a_capability_that_this_qemu_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real, "capabilities", lambda knobs: ["warp-drive"])
    with pytest.raises(CapabilityMissing, match="warp-drive"):
        measure(SMALL, CAP)
    assert not running()


@needs_qemu
def test_an_error_inside_ends_both_processes() -> None:
    def interrupt(row: dict) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(SMALL, CAP, on_row=interrupt)
    assert not running()


@needs_qemu
def test_a_source_that_dies_is_told() -> None:
    with real.Pair(SMALL) as pair:
        pair.source.process.kill()
        pair.source.process.wait()
        with pytest.raises(QemuError, match="gone"):
            pair.writes()


@needs_qemu
def test_a_crash_of_python_takes_both_along(monkeypatch: pytest.MonkeyPatch) -> None:
    place = tempfile.mkdtemp()  # a killed Python leaves its folder; a path of pytest's is too long for a socket
    monkeypatch.setenv("TMPDIR", place)
    code = (
        "import sys, time; from kit.migration import Guest; from kit.migration.qemu import Pair\n"
        "with Pair(Guest(64, used_mib=16)) as pair:\n"
        "    print(pair.source.process.pid, pair.destination.process.pid, flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    pids = [int(pid) for pid in child.stdout.readline().split()]
    assert len(pids) == 2
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    until(lambda: not any(alive(pid) for pid in pids))
    shutil.rmtree(place)
    assert not any(alive(pid) for pid in pids)


@needs_qemu
@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_ended_takes_its_processes_and_its_folder_along(monkeypatch, sign, code) -> None:
    place = Path(tempfile.mkdtemp())
    monkeypatch.setenv("TMPDIR", str(place))
    arguments = ["migrate", "run", "--memory", "128", "--used", "100", "--bandwidth", "8", "--timeout", "60"]
    child = subprocess.Popen([sys.executable, "-m", "kit.cli.main", *arguments], stderr=subprocess.PIPE)
    assert until(lambda: list(place.glob("kit-migrate-*/source.qmp")))
    child.send_signal(sign)
    _, err = child.communicate(timeout=20)
    assert child.returncode == code and b"Traceback" not in err
    assert not list(place.iterdir())
    assert str(place) not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    place.rmdir()


@needs_qemu
def test_an_interrupt_while_it_starts_leaves_nothing(monkeypatch) -> None:
    def interrupt(self: real.Process, path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(real.Process, "_connect", interrupt)
    with pytest.raises(KeyboardInterrupt):
        measure(SMALL, CAP)
    assert not running()


def test_folders_that_nobody_holds_are_swept(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name in ("kit-migrate-dead", "kit-migrate-alive", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "lock").touch()
    with real._held(tmp_path / "kit-migrate-alive" / "lock"):
        real._sweep()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kit-migrate-alive", "other"]


@pytest.mark.skipif(sys.platform != "linux", reason="/proc/meminfo")
def test_a_guest_that_this_machine_has_no_memory_for_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(real, "PROCESS_MIB", 1e9)
    with pytest.raises(QemuError, match="are free"):
        real._enough_memory(SMALL)


def until(found: Callable[[], object], seconds: float = 10) -> bool:
    """Whether something comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not found():
        time.sleep(0.05)
    return bool(found())


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
