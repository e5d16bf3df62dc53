"""Records of real runs, the model beside them, and the public face."""

import inspect
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import kit.migration
from kit.errors import KitError
from kit.migration import Guest, Knobs, Sequential, Turn, compare, recorded
from kit.migration.records import params_of, read, translated

from .guests import BUSY, CAP

RUN = Path(__file__).parents[2] / "conformance" / "run.py"


def test_the_model_is_held_to_measured_runs() -> None:
    done = subprocess.run([sys.executable, str(RUN), "migration"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]
    assert done.stdout.splitlines()[-1] == "12 passed, 0 failed"


def test_runs_of_which_the_model_knows_nothing_fail_the_goals(tmp_path: Path) -> None:
    lines = []
    for record in recorded()[:3]:
        data = record.to_dict()
        data["group"], data["result"]["final"]["total-time"] = "idle", 60_000
        lines.append(json.dumps(data))
    (tmp_path / "wrong.jsonl").write_text("\n".join(lines))
    done = subprocess.run(
        [sys.executable, str(RUN), "migration", tmp_path / "wrong.jsonl"], capture_output=True, text=True
    )
    assert done.returncode == 1 and "FAIL core: total time, median" in done.stdout


def test_the_recorded_runs_come_out_in_the_model() -> None:
    for record in recorded():
        found = compare(record)
        assert found.status_right, record.params
        assert abs(found.transferred_error) < 0.01 and "measured" in repr(found)
        assert abs(found.total_error or 0) < 0.05 and abs(found.syncs_off) <= 1


def test_a_cap_is_no_more_than_the_measured_throughput() -> None:
    record = recorded()[0]
    record.result["bw_eff_mib"], record._inputs = 12.5, None
    assert record.inputs.knobs.max_bandwidth_mib_s == 12.5


def test_qemus_parameters_become_knobs_with_units() -> None:
    assert translated({"max-bandwidth": 52428800, "decompress-threads": 2}) == {"max_bandwidth_mib_s": 50}


def test_what_was_set_comes_back_from_a_record() -> None:
    knobs = CAP.but(xbzrle=True, xbzrle_cache_size_mib=128.0)
    turns = [Turn(2, "set", {"downtime_limit_ms": 900}), Turn(3, "stop")]
    params = params_of(BUSY, knobs, turns, 9, 0)
    found = kit.migration.records.inputs_of(params, {"writes_per_s_during": 20_000, "bw_eff_mib": None})
    assert found.guest == replace(BUSY, firmware="rom") and found.knobs == knobs
    assert [(t.at_s, t.verb) for t in found.turns] == [(2, "set"), (3, "stop"), (9, "abort")]


def test_turns_are_given_when_they_were_done_and_not_when_they_were_refused() -> None:
    params = params_of(BUSY, CAP, [Turn(2, "set", {"downtime_limit_ms": 900}), Turn(3, "stop"), Turn(4, "cont")], 9, 0)
    done = [[2.07, "migrate-set-parameters", {}, "ok"], [3.02, "stop", {}, "the guest is not running"]]
    found = kit.migration.records.inputs_of(params, {"actions_done": done, "gave_up": 9.1})
    assert [(t.at_s, t.verb) for t in found.turns] == [(2.07, "set"), (4, "cont"), (9.1, "abort")]


@pytest.mark.parametrize(("counted", "expected"), [({}, 8000 * 0.8), ({"writes_at_start": 77}, 77)])
def test_writes_before_are_counted_or_what_the_harness_left_time_for(counted, expected) -> None:
    params = params_of(BUSY, CAP, [], 9, 0)
    found = kit.migration.records.inputs_of(params, {"writes_per_s_before": 8000, "writes_per_s_during": 1, **counted})
    assert found.guest.writes_before == pytest.approx(expected)


def test_a_zero_guest_that_is_written_to_comes_back_as_that() -> None:
    guest = Guest(64, used_mib=0, content="zero", working_set=Sequential(8, 100), firmware="rom")
    for given in (guest, replace(guest, writes_zero=True)):
        params = params_of(given, CAP, [], 9, 0)
        assert kit.migration.records.inputs_of(params, {"writes_per_s_during": 100}).guest == given


@pytest.mark.parametrize("text", ["nonsense", "{}", '{"params": 1}'])
def test_a_file_of_another_form_is_told_with_its_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.jsonl").write_text("\n" + text)
    with pytest.raises(KitError, match=r"x\.jsonl:2"):
        list(read(tmp_path / "x.jsonl"))


def test_the_public_list_is_sorted_and_explained() -> None:
    names = kit.migration.__all__
    for name in names:
        thing = getattr(kit.migration, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert thing.__doc__ and thing.__doc__.splitlines()[0].endswith((".", ":")), name


def test_numpy_is_not_needed_for_passes() -> None:
    code = (
        "import sys; sys.modules['numpy'] = None; from kit.migration import Guest, simulate; "
        "print(simulate(Guest(64)).status)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "completed\n"


def test_knobs_of_a_record_are_knobs() -> None:
    assert isinstance(recorded()[0].inputs.knobs, Knobs)
