"""Microversions of the compute API."""

from __future__ import annotations

import pytest

from kit.scheduling import VersionError, changes, microversion
from kit.scheduling.microversions import history, parts


def test_there_are_104_from_2_1_to_2_104_in_order() -> None:
    assert [microversion(each.version) for each in history()] == [(2, minor) for minor in range(1, 105)]


def test_versions_compare_as_numbers() -> None:
    assert microversion("2.10") > microversion("2.9")
    assert microversion("latest") == (2, 104)


@pytest.mark.parametrize("text", ["2", "v2.1", "2.105", "3.0", ""])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(VersionError):
        microversion(text)


def test_changes_leave_out_the_first_and_hold_the_last() -> None:
    assert [each.version for each in changes("2.12", "2.15")] == ["2.13", "2.14", "2.15"]
    assert not changes("2.12", "2.12") and repr(changes("2.12", "2.12")) == "nothing changed"
    assert len(changes("2.1")) == 103


def test_going_back_loses_the_same() -> None:
    back = changes("2.15", "2.12")
    assert back.backwards and [each.version for each in back] == ["2.13", "2.14", "2.15"]
    assert repr(back).endswith("going back loses them")


def test_additions_alone_break_nobody() -> None:
    assert [each.version for each in changes("2.12", "2.18").breaking] == ["2.14", "2.18"]


def test_every_change_belongs_to_a_part_and_every_part_has_a_change() -> None:
    assert all(each.parts for each in history())
    assert set(changes("2.1").by_part()) <= set(parts())
    assert [each.version for each in changes("2.1", "2.64").part("server groups")] == ["2.13", "2.15", "2.50", "2.64"]
    with pytest.raises(VersionError, match="no part 'bricks'"):
        changes("2.1").part("bricks")


def test_releases_end_where_they_ended() -> None:
    ends = {each.maximum_in: each.version for each in history() if each.maximum_in}
    assert (ends["Kilo"], ends["Liberty"], ends["Queens"]) == ("2.3", "2.12", "2.60")


def test_a_table_tells_in_words_what_a_client_must_heed() -> None:
    html = changes("2.35", "2.37")._repr_html_()
    assert "! heed" in html and "<th" in html
    assert changes("2.1", "2.2").to_dict()[0]["parts"] == ["key pairs"]
