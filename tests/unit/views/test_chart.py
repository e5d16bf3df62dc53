"""Charts and tables of migrations: scales, teeth, texts."""

from dataclasses import replace

import pytest

from kit.migration import Guest, Knobs, Random, Turn, simulate
from kit.views import MigrationTable, beside, show
from kit.views.chart import Chart, Line, Pane, svg, thinned, ticks
from kit.views.migration_charts import one

GUEST, SLOW = Guest(1024, used_mib=512, working_set=Random(64, 20_000)), Knobs(max_bandwidth_mib_s=50)


@pytest.fixture(scope="module")
def runs():
    late = [Turn(15, "force_complete")]
    return {
        "endless": simulate(GUEST, SLOW),
        "stop": simulate(GUEST, SLOW, turns=late),
        "post-copy": simulate(GUEST, SLOW.but(postcopy=True), turns=late),
    }


@pytest.mark.parametrize(
    ("top", "values"), [(7.3, [0, 2, 4, 6, 8]), (0.4, [0, 0.1, 0.2, 0.3, 0.4]), (1000, [0, 200, 400, 600, 800, 1000])]
)
def test_ticks_are_round(top, values):
    assert ticks(top) == pytest.approx(values)


def test_thinning_keeps_the_teeth():
    points = [(float(x), float(x % 100)) for x in range(10_000)]
    found = thinned(points, 400)
    assert len(found) <= 410 and max(y for _, y in found) == 99 and found[0] == points[0] and found[-1] == points[-1]


def test_a_narrow_drawing_is_shown_as_wide_as_others(runs):
    text = svg(replace(one(runs["endless"]), width=540))
    assert 'viewBox="0 0 540 ' in text and "max-width:760px" in text


def test_a_chart_has_title_axes_units_and_a_text(runs):
    drawn = one(runs["endless"])
    text = svg(drawn)
    for word in (
        "Live migration: never ends",
        "Time (s)",
        "Memory left (MiB)",
        "Guest&#x27;s speed (%)",
        "for ever",
        "<desc>never ends",
    ):
        assert word in text
    assert repr(drawn).startswith("Live migration: never ends\nnever ends: after")


def test_names_are_escaped():
    chart = Chart("<b>", "x", [Pane("y", [Line("a & b", [(0, 1), (1, 2)])])], "t")
    assert "<b>" not in svg(chart) and "a &amp; b" in svg(chart)


def test_several_are_told_apart_without_colour(runs):
    drawn = beside(runs, from_s=13)
    dashes = {line.dash for line in drawn.panes[0].lines}
    assert len(dashes) == len(runs) and all(line.points[0][0] == 13 for line in drawn.panes[0].lines)
    assert "stop: completed" in repr(drawn)


def test_a_standstill_is_drawn(runs):
    speed = one(runs["stop"]).panes[1].lines[0].points
    assert (15.0, 0.0) in speed and speed[-1][1] == 100


def test_the_table_hides_the_figures_of_what_never_ends(runs):
    table = MigrationTable(runs)
    assert table.rows()[0][:3] == ("endless", "✗ never ends", "")
    pause, reported = table.rows()[1][3:5]
    assert int(pause) > 2 * int(reported)
    assert "<th scope" in table._repr_html_() and repr(table).count("\n") == 3


def test_a_shown_picture_is_a_text_where_outputs_are_kept(runs, monkeypatch):
    shown = show(one(runs["stop"]))
    assert "<svg" in shown._repr_html_()
    monkeypatch.setenv("KIT_PROGRESS", "off")
    assert shown._repr_html_() is None and repr(shown).startswith("Live migration: completed")
