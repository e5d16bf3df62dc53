"""The usage of projects, which comes in pages from 2.40 on."""

from __future__ import annotations

import pytest


@pytest.fixture
def ask(cloud, admin, demo):
    """What the API answers, with three servers of demo's that have run for two hours."""
    for name in "abc":
        demo.create_server(name, image="cirros", flavor="m1.tiny", network="private", auto_ip=False, wait=True)
    cloud.clock.advance(7200)

    def ask(path, version="2.40", conn=demo, **query):
        query = {"start": "2000-01-01T00:00:00", **query}
        return conn.compute.get(f"/os-simple-tenant-usage{path}", params=query, microversion=version)

    ask.project, ask.admin = demo.current_project_id, admin
    return ask


def test_pages_add_up_to_the_whole(ask):
    whole = ask(f"/{ask.project}", "2.39").json()["tenant_usage"]
    assert len(whole["server_usages"]) == 3 and whole["total_hours"] == pytest.approx(6, abs=0.1)
    seen, hours, marker = [], 0.0, {}
    for _ in range(4):
        found = ask(f"/{ask.project}", limit=1, **marker).json()
        if not found["tenant_usage"]:
            break
        (one,) = found["tenant_usage"]["server_usages"]
        seen.append(one["instance_id"])
        hours += found["tenant_usage"]["total_hours"]
        marker = {"marker": seen[-1]}
        assert f"marker={seen[-1]}" in found["tenant_usage_links"][0]["href"]
    assert seen == [one["instance_id"] for one in whole["server_usages"]] == sorted(seen)
    assert hours == pytest.approx(whole["total_hours"], abs=0.01)


def test_a_client_that_follows_pages_comes_to_an_end(ask):
    found = ask("", conn=ask.admin, detailed=1).json()["tenant_usages"]
    last = found[-1]["server_usages"][-1]["instance_id"]
    assert ask("", conn=ask.admin, detailed=1, marker=last).json() == {"tenant_usages": []}


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"marker": "none"}, "Marker none could not be found."),
        ({"start": "2015-05-18"}, "Invalid datetime string: Datetime is in invalid format"),
        ({"end": "1999-01-01T00:00:00"}, "The start time cannot occur after the end time."),
    ],
)
def test_what_cannot_be_is_told(ask, query, words):
    answer = ask(f"/{ask.project}", **query)
    assert answer.status_code == 400 and words in answer.json()["badRequest"]["message"]


def test_the_future_is_not_counted(ask):
    now = ask(f"/{ask.project}").json()["tenant_usage"]["total_hours"]
    assert ask(f"/{ask.project}", end="2999-01-01T00:00:00").json()["tenant_usage"]["total_hours"] == pytest.approx(
        now, abs=0.1
    )
