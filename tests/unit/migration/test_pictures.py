"""The curve with its teeth, and the pictures of matplotlib with their texts."""

import pytest

from kit.migration import Guest, Knobs, Link, Random, compare, recorded, simulate, sweep

GUEST, SLOW = Guest(1024, used_mib=512, working_set=Random(64, 20_000)), Knobs(max_bandwidth_mib_s=50)


def test_the_curve_falls_while_a_pass_sends_and_rises_at_its_end():
    run = simulate(GUEST, SLOW)
    teeth = [mib for _, mib in run.curve]
    assert all(low < high for low, high in zip(teeth[1::2], teeth[2::2], strict=False))
    assert [t for t, _ in run.curve] == sorted(t for t, _ in run.curve)
    # The low points lie at the threshold, less half a window of 100 ms.
    assert teeth[1::2] == pytest.approx([50 * 0.3 - 50 * 0.05] * len(teeth[1::2]), rel=0.01)


def test_the_curve_of_pages_is_its_samples():
    run = simulate(Guest(64, used_mib=32, working_set=Random(4, 500)), SLOW, resolution="page")
    assert run.curve == [(s.t_s, s.remaining_bytes / 2**20) for s in run.samples]


def test_passes_that_are_counted_and_not_run_are_drawn_as_teeth():
    guest = Guest(4096, used_mib=3072, working_set=Random(128, 30_000))
    run = simulate(guest, Knobs.nova(max_bandwidth_mib_s=100), Link.of_mbit_s(1000))
    assert run.log.repeats and run.total_s > 600
    gaps = [b - a for (a, _), (b, _) in zip(run.curve[2:], run.curve[3:], strict=False)]
    assert max(gaps) < 10  # seconds; a stretch of 300 s without a point would be drawn as a slow fall
    began, until, _ = run.log.repeats[0]
    inside = [mib for t, mib in run.curve if began < t < until]
    assert max(inside) > 1.5 * min(inside)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: simulate(GUEST, SLOW.but(auto_converge=True)), ("memory left over time", "completed")),
        (lambda: sweep(GUEST, SLOW, Link(), ("max_bandwidth_mib_s", [25, 100]), ("writes_per_s", [1000, 40_000])), ("points end",)),
        (lambda: compare(recorded()[2]), ("measured 2.9", "model")),
    ],
)  # fmt: skip
def test_a_picture_shows_itself_with_its_text(make, words):
    picture = make().plot()
    assert all(word in picture.alt for word in words) and repr(picture) == picture.alt
    html = picture._repr_html_()
    assert html.startswith('<img alt="') and "data:image/png;base64," in html and len(html) < 16_000
    assert picture.png() == picture.png() and picture.png()[:4] == b"\x89PNG"
