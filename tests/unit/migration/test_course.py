"""A migration at any instant: bytes that add up, disks first, what repeats for ever."""

import pytest

from kit.migration import Guest, Heat, Knobs, Link, Random, Sequential, Turn
from kit.migration.course import Course, Job

LINK = Link.of_mbit_s(1000)
STUCK = Guest(8192, used_mib=4096, working_set=Random(1024, 200_000))
CALM = Guest(2048, used_mib=1024, working_set=Sequential(64, 1000))
GIB = 1 << 30


@pytest.mark.parametrize("job", [
    Job(CALM, Knobs.nova(), LINK), Job(STUCK, Knobs.nova(), LINK, (Turn(5000, "force_complete"),), (10, 20), 4),
    Job(Guest(512, working_set=Heat.of([(16, 0.9), (100, 0.1)], 500)), Knobs(postcopy=True), LINK, (Turn(1, "set", {"max_bandwidth_mib_s": 3}),)),
    Job(Guest(64, content="zero", writes_zero=True, firmware="rom", writes_before=7), Knobs(), Link(late_ms=2)),
])  # fmt: skip
def test_a_job_is_plain_data_and_back(job) -> None:
    assert Job.from_dict(job.to_dict()) == job


def test_what_is_left_and_what_has_gone_follow_the_model() -> None:
    course = Course(Job(CALM, Knobs.nova(), LINK))
    assert course.status == "completed" and course.end_s == pytest.approx(course.result.total_s)
    first, last = course.at(0), course.at(course.end_s)
    assert first.memory_remaining == first.memory_total and first.percent == 0 and first.memory_processed == 0
    assert last.memory_remaining == 0 and last.percent == 100
    assert last.memory_processed == pytest.approx(course.result.transferred_bytes, abs=1)
    sent = [course.at(course.end_s * part / 50).memory_processed for part in range(51)]
    assert sent == sorted(sent)


def test_disks_go_first_and_count_for_novas_clock() -> None:
    course = Course(Job(CALM, Knobs.nova(), LINK, (), (10.0, 1.0), 2.0))
    assert course.disk_s == pytest.approx(2 * GIB / 125e6, rel=0.001)
    half = course.at(course.disk_s / 2)
    assert half.disk_total == 11 * GIB and half.disk_processed == pytest.approx(5.5 * GIB, rel=0.001)
    assert half.memory_processed == 0 and course.at(course.disk_s + 1).disk_remaining == 0
    stuck = Course(Job(STUCK, Knobs.nova(), LINK, (), (10.0, 1.0), 2.0))
    assert stuck.end_s == 800 * (8 + 10 + 2) and stuck.status == "cancelled"  # a disk counts 2 GiB at the least


def test_the_disks_speed_can_be_turned_and_the_job_ended_meanwhile() -> None:
    slow = Turn(2, "set", {"max_bandwidth_mib_s": 10.0})
    course = Course(Job(CALM, Knobs(), LINK, (slow,), (1.0,), 1.0))
    fast = 2 * LINK.speed_mib_s
    assert course.disk_s == pytest.approx(2 + (1024 - fast) / 10)
    assert course.at(2).disk_processed == pytest.approx(fast * 2**20, rel=0.001)
    for verb, status in (("abort", "cancelled"), ("cut", "failed")):
        ended = Course(Job(CALM, Knobs(), LINK, (Turn(3, verb),), (10.0,), 10.0))
        assert (ended.status, ended.end_s, ended.result) == (status, 3, None)
        assert ended.at(3).memory_remaining == ended.at(3).memory_total


def test_a_guest_stopped_while_disks_go_stands_still_all_the_time() -> None:
    stopped = Course(Job(STUCK, Knobs(), LINK, (Turn(1, "force_complete"),), (10.0,), 2.0))
    assert stopped.status == "completed" and stopped.downtime_ms > (stopped.disk_s - 1) * 1000
    post = Course(Job(STUCK, Knobs(postcopy=True), LINK, (Turn(1, "force_complete"),), (10.0,), 2.0))
    assert post.status == "active"  # post-copy cannot be switched to before the memory is copied


def test_one_without_end_goes_up_and_down_for_ever() -> None:
    course = Course(Job(STUCK, Knobs(), LINK))
    assert course.end_s is None
    period = course.result.passes[-1].seconds
    late = [course.at(100_000 + period * part / 20) for part in range(21)]
    left = [each.memory_remaining for each in late]
    assert max(left) > 2 * min(left) and left[0] == pytest.approx(left[-1], rel=1e-6)
    gone = late[-1].memory_processed - late[0].memory_processed
    assert gone / period == pytest.approx(LINK.speed_bytes_s(Knobs()), rel=0.01)


def test_what_is_skipped_of_a_long_run_changes_nothing_of_its_end() -> None:
    """A turn after hours of the same: like the same turn soon after the fixed point, and few passes are run."""
    pauses, rates = [], []
    for at_s in (200.0, 40_000.0):
        course = Course(Job(STUCK, Knobs(), LINK, (Turn(at_s, "force_complete"),)))
        assert course.status == "completed" and course.end_s > at_s
        pauses.append(course.end_s - at_s)
        rates.append(course.result.transferred_bytes / course.end_s)
        assert course.at(at_s / 2).memory_processed == pytest.approx(rates[-1] * at_s / 2, rel=0.05)
    assert rates[0] == pytest.approx(rates[1], rel=0.01) and all(0 < pause < 20 for pause in pauses)
    assert len(course.result.passes) < 100 and course.result.log.repeats  # of some 10,000


def test_a_limit_set_by_hand_stands_against_novas_steps() -> None:
    by_hand = Turn(100, "set", {"downtime_limit_ms": 150})
    limits = [
        turn.values.get("downtime_limit_ms") for turn in Course(Job(STUCK, Knobs.nova(), LINK, (by_hand,))).result.turns
    ]
    assert limits[-2:] == [150, None]  # the last is the timeout


def test_post_copy_has_its_moment() -> None:
    course = Course(Job(STUCK, Knobs(postcopy=True), LINK, (Turn(60, "force_complete"),)))
    assert course.status == "completed" and 60 < course.switch_s < 60.1 < course.end_s
    cut = Course(Job(STUCK, Knobs(postcopy=True), LINK, (Turn(60, "force_complete"), Turn(61, "cut"))))
    assert cut.status == "postcopy-paused" and cut.end_s == pytest.approx(61, abs=0.2)
    assert 0 < course.at(course.switch_s + 1).memory_remaining < course.at(course.switch_s).memory_remaining
