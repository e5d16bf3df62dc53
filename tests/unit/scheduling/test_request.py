"""Requests and images."""

import pytest

from kit.scheduling import Flavor, Host, Image, Request, RequestError, ServerGroup

from .builders import request


@pytest.mark.parametrize(
    ("fields", "disk"),
    [
        ({"root_gb": 20, "ephemeral_gb": 10, "swap": 1500}, 32),
        ({"root_gb": 20, "swap": 1024}, 21),
        ({"root_gb": 20, "swap": 1}, 21),
        ({"root_gb": 20, "ephemeral_gb": 5, "is_bfv": True}, 5),
    ],
)
def test_disk_is_root_and_ephemeral_and_swap_rounded_up(fields: dict[str, int], disk: int) -> None:
    assert request(**fields).disk_gb == disk


@pytest.mark.parametrize("wrong", [
    lambda: Flavor(vcpus=-1), lambda: Flavor(memory_mb=float("nan")), lambda: Flavor(root_gb=float("inf")),
    lambda: Host(name="h", memory_mb=-1), lambda: Host(name="h", vcpus=float("nan")),
    lambda: Host(name="h", ram_allocation_ratio=-0.5),
])  # fmt: skip
def test_amounts_are_numbers_and_not_negative(wrong) -> None:
    with pytest.raises(RequestError, match=r"of (flavor|host) '"):
        wrong()


def test_what_is_reserved_may_be_negative_as_in_kilo() -> None:
    assert Host(name="h", memory_mb=4096, reserved_host_memory_mb=-4096).free_ram_mb == 8192


def test_plain_data_with_an_unknown_member_is_refused() -> None:
    with pytest.raises(RequestError, match="a request has no zone"):
        Request.from_dict({"flavor": {"vcpus": 1, "ram_mb": 1}, "zone": "z"})


def test_servers_are_named_by_number() -> None:
    assert Request.from_dict({"flavor": {"vcpus": 1, "ram_mb": 1}, "num_instances": 2}).servers == ("new-1", "new-2")


def test_a_hint_in_a_list_of_one_is_the_one() -> None:
    one = request(hints={"cidr": ["/24"], "different_host": "a"})
    assert (one.hint("cidr"), one.hint("none", 7), one.hint_list("different_host")) == ("/24", 7, ["a"])


def test_a_group_has_one_of_four_policies() -> None:
    with pytest.raises(RequestError, match="no policy"):
        ServerGroup(policy="near")


def test_image_properties_have_one_name_and_a_type() -> None:
    image = Image(
        given={"architecture": "amd64", "hw_cpu_threads": "2", "hw_pmu": "yes", "free_text": "x", "trait:A": "required"}
    )
    assert image.properties == {
        "hw_architecture": "x86_64",
        "hw_cpu_threads": 2,
        "hw_pmu": True,
        "traits_required": ["A"],
    }


def test_the_present_name_of_a_property_wins() -> None:
    assert Image(given={"vm_mode": "xen", "hw_vm_mode": "hvm"}).properties["hw_vm_mode"] == "hvm"


def test_a_property_that_must_be_a_number_is_one() -> None:
    with pytest.raises(RequestError, match="not a number"):
        _ = Image(given={"hw_cpu_threads": "two"}).properties
