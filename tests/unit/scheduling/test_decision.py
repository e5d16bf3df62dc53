"""The record: text, data, HTML, and the answer to why not."""

from __future__ import annotations

import json

import pytest

from kit.scheduling import NoValidHost, Scheduler, Service

from .builders import host, request


def decision(alternates: bool = False, **fields: object):  # type: ignore[no-untyped-def]
    found = [
        host("c1", instance_memory_mb=10000), host("c2", service=Service(forced_down=True)),
        host("c3", memory_mb=2048), host("c4", instance_memory_mb=40000),
    ]  # fmt: skip
    return Scheduler(found).select(request(**fields), alternates=alternates)


def test_the_text_tells_every_step() -> None:
    assert repr(decision(alternates=True)) == "\n".join([
        "new-1 goes to c1",
        "Placement: limit=1000&resources=DISK_GB:20,MEMORY_MB:2048,VCPU:2&root_required=!COMPUTE_STATUS_DISABLED",
        "  candidates: c1, c2, c4",
        "  c3 falls: asks 2048 MB; (2048 - 512) x 1 - 0 = 1536 MB are free",
        "new-1 starts with 3: c1, c2, c4",
        "  ComputeFilter: 2 of 3 pass",
        "    c2 falls: nova-compute is forced down",
        "  ComputeCapabilitiesFilter: 2 of 2 pass",
        "  ImagePropertiesFilter: 2 of 2 pass",
        "  ServerGroupAntiAffinityFilter: 2 of 2 pass",
        "  ServerGroupAffinityFilter: 2 of 2 pass",
        "  c1 weighs 3: CPU 64 -> 1.000 x 1, Disk 1.024e+06 -> 1.000 x 1, RAM 55024 -> 1.000 x 1",
        "  c4 weighs 2.45478: CPU 64 -> 1.000 x 1, Disk 1.024e+06 -> 1.000 x 1, RAM 25024 -> 0.455 x 1",
        "  chosen: c1, it weighs 3, the most",
        "alternates for new-1: c4",
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("c1", "c1 was chosen: it weighs 3, the most"),
        ("c2", "c2 fell at ComputeFilter: nova-compute is forced down"),
        ("c3", "c3 fell in Placement: asks 2048 MB; (2048 - 512) x 1 - 0 = 1536 MB are free"),
        ("c9", "c9 is none of the hosts: c1, c2, c3, c4"),
        ("c4", "c4 passed and weighs 2.45478, c1 3: RAMWeigher 0.454783 against 1"),
    ],
)
def test_why_not_names_the_place_and_the_figures(name: str, why: str) -> None:
    assert decision().why_not(name) == why


def test_data_is_json_and_keeps_what_counted() -> None:
    found = json.loads(json.dumps(decision().to_dict()))
    assert found["steps"][0]["filters"][0] == {
        "filter": "ComputeFilter", "survivors": ["c1", "c4"], "fallen": {"c2": "nova-compute is forced down"},
    }  # fmt: skip
    assert found["steps"][0]["weighed"][0]["contributions"]["RAMWeigher"] == {
        "raw": 55024.0,
        "normalized": 1.0,
        "multiplier": 1.0,
    }
    assert "PCIWeigher" not in found["steps"][0]["weighed"][0]["contributions"]


def test_html_says_in_words_what_colour_says() -> None:
    html = decision()._repr_html_()
    assert "✓</span> scheduled" in html and "✗</span> falls" in html and "(chosen)" in html
    assert "var(--jp-error-color1, currentcolor)" in html and 'scope="col"' in html
    assert "#" not in html.replace("&#x27;", "")


def test_html_escapes_names() -> None:
    assert "<script>" not in Scheduler([host("<script>")]).select(request())._repr_html_()


def test_no_valid_host_is_demanded_as_an_error() -> None:
    with pytest.raises(NoValidHost, match="No valid host was found"):
        decision(memory_mb=99999).demand()
    assert decision().demand().ok


def test_long_lists_are_cut_in_text_not_in_data() -> None:
    found = Scheduler([host(f"c{n}", memory_mb=1024) for n in range(50)]).select(request())
    assert "and 30 more" in repr(found) and "and 30 more" in found._repr_html_()
    assert len(found.to_dict()["placement"][0]["fallen"]) == 50


def test_the_record_stays_when_claims_change_after() -> None:
    scheduler = Scheduler([host("c1"), host("c2", service=Service(forced_down=True))])
    found = scheduler.select(request())
    before = repr(found)
    scheduler.placement.claim("other", {"c1": {"VCPU": 8}})
    assert repr(found) == before
