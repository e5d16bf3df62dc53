"""A drain whose cloud stumbles, and one that is broken off."""

from types import SimpleNamespace

import click
import pytest
from openstack.exceptions import HttpException

from kit.cli import migrate_drain
from kit.errors import KitError
from kit.migration import Guest
from kit.migration.drain import Load, estimate
from kit.migration.draining import UNSEEN, Drain, Report, Step, _Flight, _number

LOAD = Load("web", "1", "live", Guest(1024))


def drained(fails: int, status: int = 503) -> tuple[bool, list[Step]]:
    """Whether a flight arrives when its first looks fail, and what was told."""
    job, told, flight = Drain(SimpleNamespace(), "c1"), [], _Flight(LOAD, 0.0)
    looks = iter([HttpException("no", http_status=status)] * fails + [True])

    def look(*_: object) -> bool:
        found = next(looks)
        if isinstance(found, Exception):
            raise found
        return found

    job._over = look
    report = Report("c1", estimate([LOAD]))
    return any(job._looked(flight, report, told.append) for _ in range(fails + 1)), told


def test_a_cloud_that_stumbles_ends_no_drain() -> None:
    arrived, told = drained(UNSEEN)
    assert arrived and [step.status for step in told] == ["not seen"] * UNSEEN


@pytest.mark.parametrize(("fails", "status"), [(UNSEEN + 1, 503), (1, 403)])
def test_one_that_stays_down_or_refuses_does(fails: int, status: int) -> None:
    with pytest.raises(HttpException):
        drained(fails, status)


@pytest.mark.parametrize("option", ["force_after_s", "abort_after_s", "writes_per_s", "working_set_mib", "poll_s"])
@pytest.mark.parametrize("value", [-1, float("nan")])
def test_numbers_without_a_meaning_are_refused_before_anything_is_asked(option: str, value: float) -> None:
    with pytest.raises(KitError, match=option):
        Drain(SimpleNamespace(), "c1", **{option: value})


def test_what_a_server_says_of_itself_is_taken_only_where_it_makes_sense() -> None:
    assert [_number(text, 7) for text in ("12", None, "many", "nan", "-3", "inf")] == [12, 7, 7, 7, 7, 7]


def test_an_interrupt_says_what_is_moved_what_is_on_its_way_and_how_to_go_on(monkeypatch, capsys) -> None:
    def run(job: Drain, told: object) -> None:
        job.report = Report("c1", estimate([LOAD]), moved=[{"server": "db"}])
        job.flying = [_Flight(LOAD, 0.0)]
        raise KeyboardInterrupt

    monkeypatch.setattr(Drain, "run", run)
    monkeypatch.setattr(Drain, "estimate", lambda job: estimate([LOAD]))
    monkeypatch.setattr(migrate_drain, "_connect", lambda cloud: SimpleNamespace())
    with pytest.raises(click.Abort):
        migrate_drain.drain.main(["c1", "--cloud", "mine"], standalone_mode=False)
    err = capsys.readouterr().err
    assert "Moved: db. On their way, and not stopped: web." in err
    assert "openstack compute service set --enable c1 nova-compute" in err
