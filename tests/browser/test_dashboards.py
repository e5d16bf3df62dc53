"""Every lab's dashboard: it opens, answers a hand, and loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# Lab, what shows that it is open, what is done (a call of the page and its arguments), what shows that it answered.
CASES = {
    "02-live-migration": (
        "text=It never ends.", [("select_option", "select >> nth=0", {"label": "Nova's defaults today"})], "text=Nova's clock",
    ),
    "03-heat-templates": (
        "text=Nothing found", [("click", "button:has-text('Apply')", {}), ("click", "text=To the end", {})],
        "text=CREATE_COMPLETE",
    ),
    "04-api-guidelines": (
        "text=operations judged", [("click", "text=by place", {}), ("click", "option:has-text('POST /backups')", {})],
        "text=What helps",
    ),
    "06-nova-scheduler": ("text=Now: the server lands on", [("click", "text=Liberty (2015)", {})], "text=Liberty (2015): the server lands on"),
    "07-nova-api": ("text=Two versions", [("click", "text=From A to B", {})], "text=a client meets"),
}  # fmt: skip


@pytest.mark.parametrize("lab", CASES)
def test_a_dashboard_opens_and_answers(page: Any, serve: Callable[..., int], tmp_path: Path, lab: str) -> None:
    opened, acts, answered = CASES[lab]
    port = serve("demo", lab, "--no-browser")
    page.goto(f"http://127.0.0.1:{port}/")
    page.wait_for_selector(opened, timeout=90000)
    for act, selector, options in acts:
        getattr(page, act)(selector, **options)
    page.wait_for_selector(f"{answered} >> visible=true")
    page.screenshot(path=str(tmp_path / "dashboard.png"), full_page=True)
    assert "Traceback" not in page.inner_text("body")


def test_the_handle_of_a_slider_has_a_name_and_a_value_with_its_unit(page: Any, serve: Callable[..., int]) -> None:
    port = serve("demo", "02-live-migration", "--no-browser")
    page.goto(f"http://127.0.0.1:{port}/")
    handle = page.wait_for_selector(".noUi-handle[aria-label='Memory'][aria-valuetext='1 GiB']", timeout=90000)
    handle.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".noUi-handle[aria-label='Memory'][aria-valuetext='2 GiB']")
