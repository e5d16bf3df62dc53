"""Recorded real migrations: the form of the reference data, and what the model is given for each.

One JSON object a line: `params` (what was set), `result` (what was seen). The model is given the writes that the
guest really made and the throughput that the run really had, since neighbours on a host slow both.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from kit.migration.errors import RecordError
from kit.migration.guest import Guest
from kit.migration.knobs import Knobs
from kit.migration.turns import Turn
from kit.migration.units import MIB
from kit.migration.working_set import Random, Sequential

_CAPABILITIES = {
    "auto-converge": "auto_converge", "xbzrle": "xbzrle", "compress": "compress", "multifd": "multifd",
    "postcopy-ram": "postcopy",
}  # fmt: skip
# QEMU's parameter -> knob, and the unit of the parameter in units of the knob
_PARAMETERS: dict[str, tuple[str, float]] = {
    "max-bandwidth": ("max_bandwidth_mib_s", MIB), "downtime-limit": ("downtime_limit_ms", 1),
    "max-postcopy-bandwidth": ("max_postcopy_bandwidth_mib_s", MIB), "xbzrle-cache-size": ("xbzrle_cache_size_mib", MIB),
    "cpu-throttle-initial": ("cpu_throttle_initial_pct", 1), "cpu-throttle-increment": ("cpu_throttle_increment_pct", 1),
    "max-cpu-throttle": ("max_cpu_throttle_pct", 1), "cpu-throttle-tailslow": ("cpu_throttle_tailslow", 1),
    "throttle-trigger-threshold": ("throttle_trigger_threshold_pct", 1), "compress-threads": ("compress_threads", 1),
    "compress-level": ("compress_level", 1), "multifd-channels": ("multifd_channels", 1),
    "multifd-compression": ("multifd_compression", 0),
}  # fmt: skip
# What the reference harness let the guest run before it migrated, and for how long it measured the rate; seconds.
WARM_S, MEASURED_S = 0.3, 0.5
_FORM = "Write runs by: kit migrate run --save FILE."
_IGNORED = frozenset({"decompress-threads", "tls-creds", "tls-hostname", "multifd-zlib-level", "multifd-zstd-level"})
_VERBS = {
    "stop": "stop", "cont": "cont", "migrate_cancel": "abort", "migrate-start-postcopy": "start_postcopy",
}  # fmt: skip


class Inputs(NamedTuple):
    """What the model is given."""

    guest: Guest
    knobs: Knobs
    turns: tuple[Turn, ...]


@dataclass
class Record:
    """One real migration.

    Attributes
    ----------
    params, result : dict
        As in the reference data; the kit's own add `firmware` to the first, and `writes_at_start` to the second.
    group : str, point, rep : int
        Where it belongs.
    """

    params: dict[str, Any]
    result: dict[str, Any]
    group: str = "own"
    point: int = 0
    rep: int = 0
    _inputs: Inputs | None = field(default=None, repr=False)

    @property
    def status(self) -> str:
        """QEMU's word for the end."""
        return str(self.result["status"])

    @property
    def last(self) -> list[Any]:
        """The last poll that told figures."""
        rows: list[list[Any]] = [row for row in self.result["series"] if row[3] is not None]
        return rows[-1] if rows else [0.0, "setup", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]

    @property
    def total_s(self) -> float | None:
        """Seconds of a completed migration; None for another."""
        return self.result["final"]["total-time"] / 1000 if self.status == "completed" else None

    @property
    def transferred_bytes(self) -> int:
        """Bytes sent, by QEMU's count; of a cancelled migration up to its last poll."""
        return int(self.result["final"].get("ram", {}).get("transferred") or self.last[3])

    @property
    def dirty_sync_count(self) -> int:
        """Synchronisations of the bitmap."""
        return int(self.result["final"].get("ram", {}).get("dirty-sync-count") or self.last[7])

    @property
    def throttle_pct(self) -> int:
        """The highest throttle seen, percent."""
        return max((row[11] or 0 for row in self.result["series"]), default=0)

    @property
    def downtime_ms(self) -> float | None:
        """The downtime QEMU reports; after a switch to post-copy from STOP to RESUME, since QEMU's means nothing."""
        if self.status != "completed":
            return None
        if "postcopy-ram" in self.params["caps"] and self.result.get("stop_to_resume_ms") is not None:
            return float(self.result["stop_to_resume_ms"])
        return float(self.result["final"].get("downtime", 0))

    @property
    def inputs(self) -> Inputs:
        """Guest, knobs and turns for the model, with the measured write rate and throughput."""
        if self._inputs is None:
            try:
                self._inputs = inputs_of(self.params, self.result)
            except (KeyError, TypeError, ValueError) as error:
                raise RecordError(f"the record of point {self.point} lacks {error}") from None
        return self._inputs

    def to_dict(self) -> dict[str, Any]:
        """The record as the reference data has it."""
        return {
            "point": self.point, "group": self.group, "rep": self.rep, "params": self.params, "result": self.result,
        }  # fmt: skip


def inputs_of(params: dict[str, Any], result: dict[str, Any]) -> Inputs:
    """What the model is given for a run.

    The write rate is `writes_per_s_during`, or `writes_per_s_before` where the writer is bound by the CPU, since
    throttling slows it; the bandwidth the lesser of the cap and the measured throughput.
    """
    busy = params.get("spin", 0) > 0
    rate = float(result.get("writes_per_s_before" if busy else "writes_per_s_during") or 0)
    if not params["ws"] or not (params["rate"] or busy):
        rate = 0.0
    kind = Random if params["pattern"] == "random" else Sequential
    # a page that was not zero stays so unless it is rewritten as a whole
    zero = params.get("wcontent") in (None, 0, "zero") and params["content"] == "zero"
    guest = Guest(
        params["mem"], used_mib=params["fill"], content=params["content"], working_set=kind(params["ws"], rate),
        written_bytes=min(max(params["wlen"] * 4, 1), 4096), writes_zero=zero,
        firmware=params.get("firmware", "seabios"), writes_before=_writes_before(params, result) if rate else 0.0,
    )  # fmt: skip
    cap, seen = float(params["bw"]), result.get("bw_eff_mib")
    knobs: dict[str, Any] = {
        "max_bandwidth_mib_s": min(cap, float(seen)) if cap and seen else cap,
        "downtime_limit_ms": params["downtime"],
        "encryption": "native-tls" if params.get("tls") else "none",
    }
    knobs |= {_CAPABILITIES[name]: True for name in params["caps"] if name in _CAPABILITIES}
    knobs |= translated(params["params"])
    turns = [turn_of(*action) for action in _acted(params["actions"], result.get("actions_done") or [])]
    if params.get("timeout"):
        turns.append(Turn(float(result.get("gave_up") or params["timeout"]), "abort", {}, "the harness"))
    return Inputs(guest, Knobs(**knobs), tuple(sorted(turns)))


def _writes_before(params: dict[str, Any], result: dict[str, Any]) -> float:
    """Writes that the guest had made when it was told to migrate.

    Counted, or else what it made in the seconds that the harness let it run: `warm`, and the half second in which its
    rate was measured.
    """
    counted = result.get("writes_at_start")
    seconds = params.get("warm", WARM_S) + MEASURED_S
    return float(result.get("writes_per_s_before") or 0) * seconds if counted is None else float(counted)


def _acted(wanted: list[list[Any]], done: list[list[Any]]) -> Iterator[tuple[float, str, dict[str, Any]]]:
    """What was done and when: at the first poll after its moment, which the record tells; not what QEMU refused."""
    for (at_s, command, arguments), seen in zip_longest(wanted, done[: len(wanted)]):
        if seen is None:
            yield at_s, command, arguments
        elif seen[-1] == "ok":
            yield float(seen[0]), command, arguments


def translated(parameters: dict[str, Any]) -> dict[str, Any]:
    """Knobs from QEMU's parameters."""
    found = {}
    for name, value in parameters.items():
        if name in _IGNORED:
            continue
        knob, unit = _PARAMETERS[name]
        found[knob] = value if unit in (0, 1) else value / unit
    return found


def turn_of(at_s: float, command: str, arguments: dict[str, Any]) -> Turn:
    """A turn from a QMP command."""
    if command == "migrate-set-parameters":
        return Turn(at_s, "set", translated(arguments))
    return Turn(at_s, _VERBS[command])


def params_of(guest: Guest, knobs: Knobs, turns: Iterable[Turn], timeout_s: float, spin: int) -> dict[str, Any]:
    """The `params` of a run of one's own."""
    from kit.migration.qemu import capabilities, parameters

    given = parameters(knobs)
    commands = {verb: command for command, verb in _VERBS.items()}
    actions: list[list[Any]] = []
    for turn in turns:
        if turn.verb == "set":
            units = {knob: (name, unit) for name, (knob, unit) in _PARAMETERS.items()}
            arguments = {units[k][0]: int(value * units[k][1]) for k, value in turn.values.items()}
            actions.append([turn.at_s, "migrate-set-parameters", arguments])
        else:
            actions.append([turn.at_s, commands.get(turn.verb, "migrate_cancel"), {}])
    working = guest.working_set
    return {
        "mem": guest.memory_mib, "fill": guest.used_pages / 256, "content": guest.content, "ws": working.size_mib,
        "rate": working.writes_per_s, "pattern": "random" if isinstance(working, Random) else "seq",
        "wlen": max(guest.written_bytes // 4, 1), "bw": knobs.max_bandwidth_mib_s,
        "wcontent": "random" if guest.content == "zero" and not guest.writes_zero else None, "firmware": "rom",
        "downtime": knobs.downtime_limit_ms, "caps": capabilities(knobs),
        "params": {n: v for n, v in given.items() if n not in ("max-bandwidth", "downtime-limit")}, "tls": None,
        "actions": actions, "timeout": timeout_s, "spin": spin,
    }  # fmt: skip


def read(path: Path) -> Iterator[Record]:
    """The records of a file, one JSON object a line.

    Raises
    ------
    RecordError
        With the line that is of another form.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise RecordError("it is no text in UTF-8", where=str(path), todo=_FORM) from None
    except OSError as error:
        raise RecordError(f"it cannot be read: {error.strerror}", where=str(path), todo=_FORM) from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
            yield Record(found["params"], found["result"], found["group"], found["point"], found.get("rep", 0))
        except KeyError as error:
            what = f"this is no record of a run: it has no {error.args[0]!r}"
            raise RecordError(what, where=f"{path}:{number}", todo=_FORM) from None
        except (ValueError, TypeError, RecursionError) as error:
            what = f"this is no record of a run: {error}"
            raise RecordError(what, where=f"{path}:{number}", todo=_FORM) from None


def recorded() -> list[Record]:
    """The recorded runs that the kit brings along, for machines without QEMU."""
    return list(read(Path(__file__).with_name("recorded.jsonl")))
