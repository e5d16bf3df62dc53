"""Options of the two eras."""

import pytest

from kit.scheduling import OptionError, Options, Scheduler

from .builders import host


def test_defaults_differ_between_the_eras() -> None:
    assert Options()["filter_scheduler.enabled_filters"][0] == "ComputeFilter"
    assert Options(era="liberty")["filter_scheduler.enabled_filters"][0] == "RetryFilter"
    assert "DEFAULT.ram_allocation_ratio" not in Options()


def test_an_unknown_option_names_the_near_one() -> None:
    with pytest.raises(OptionError, match=r"Did you mean .*ram_weight_multiplier"):
        Options({"filter_scheduler.ram_weight_multiplyer": 1})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("filter_scheduler.host_subset_size", "many"),
        ("metrics.required", "perhaps"),
        ("filter_scheduler.isolated_hosts", 3),
    ],
)
def test_a_value_of_another_kind_is_refused(name: str, value: object) -> None:
    with pytest.raises(OptionError, match="Its default is"):
        Options({name: value})


def test_lists_may_be_text() -> None:
    assert Options({"filter_scheduler.isolated_hosts": "c1, c2"})["filter_scheduler.isolated_hosts"] == ("c1", "c2")


def test_changed_keeps_the_rest_and_the_era() -> None:
    options = Options({"metrics.required": False}, era="liberty").changed(DEFAULT__cpu_allocation_ratio=2)
    assert (options["metrics.required"], options["DEFAULT.cpu_allocation_ratio"], options.era) == (
        False,
        2.0,
        "liberty",
    )


@pytest.mark.parametrize(
    "options", [{"filter_scheduler.enabled_filters": ["RamFilter"]}, {"filter_scheduler.weight_classes": ["NoWeigher"]}]
)
def test_filters_and_weighers_that_are_not_there_are_refused(options: dict[str, list[str]]) -> None:
    with pytest.raises(OptionError, match="there is no"):
        Scheduler([host()], options=options)


def test_a_filter_that_is_gone_says_so() -> None:
    with pytest.raises(OptionError, match="Liberty had it"):
        Scheduler([host()], options={"filter_scheduler.enabled_filters": ["RamFilter"]})
