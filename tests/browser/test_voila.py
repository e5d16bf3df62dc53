"""A presenter's dashboard: it shows, it turns time, it makes trouble, and it loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_the_explorer_boots_a_server_turns_time_and_shows_a_fault(
    page: Any, serve: Callable[..., int], tmp_path: Path
) -> None:
    port = serve("demo", "--no-browser")
    page.goto(f"http://127.0.0.1:{port}/")
    page.wait_for_selector("text=Calls going by", timeout=90000)
    page.click("text=Boot a server")
    page.wait_for_selector("text=demo-5 is being built")
    page.wait_for_selector("td:has-text('BUILD')")
    page.click("text=+1 min")
    page.wait_for_selector("text=60 seconds later")
    page.wait_for_selector("td:has-text('BUILD')", state="detached")
    page.click("button:has-text('Inject')")
    page.wait_for_selector("text=status=503")
    page.click("text=Boot a server")
    page.wait_for_selector("text=The cloud refuses")
    page.screenshot(path=str(tmp_path / "explorer.png"))
    text = page.inner_text("body")
    assert "Traceback" not in text
    page.click("text=Back to the start")
    page.wait_for_selector("text=No faults in force")


def test_the_policy_monitor_simulates_denies_and_repairs(page: Any, serve: Callable[..., int], tmp_path: Path) -> None:
    port = serve("demo", "01-congress-policies", "--no-browser")
    page.goto(f"http://127.0.0.1:{port}/")
    page.wait_for_selector("text=servers violate the policy", timeout=90000)
    page.select_option("select >> nth=0", label="secure-web")
    page.click("text=What would it do?")
    page.wait_for_selector("text=1 row would come")
    page.click("text=Deny: off")
    page.wait_for_selector("text=are refused")
    page.click("text=Do it")
    page.wait_for_selector("text=denies this")
    page.click("text=Repair: off")
    page.wait_for_selector("text=Nobody violates the policy")
    page.screenshot(path=str(tmp_path / "monitor.png"))
    assert "Traceback" not in page.inner_text("body")
