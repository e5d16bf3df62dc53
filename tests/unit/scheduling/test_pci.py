"""PCI devices: aliases, pools, nearness."""

from __future__ import annotations

import pytest

from kit.scheduling import Options, PciPool, RequestError
from kit.scheduling.pci import PciRequest, apply, pci_requests, supported

from .builders import NFV, cells, request

NIC = {"vendor_id": "8086", "product_id": "154d"}


def pool(count: int = 1, node: int | None = 0, **fields: object) -> PciPool:
    return PciPool("8086", "154d", count, node, **fields)  # type: ignore[arg-type]


def asks(count: int = 1, policy: str = "legacy", **spec: str) -> list[PciRequest]:
    return [PciRequest("nic", count, (NIC | spec,), policy)]


def test_an_alias_becomes_a_request_with_the_policy_of_the_flavor() -> None:
    found = pci_requests(
        request(specs={"pci_passthrough:alias": "nic:2", "hw:pci_numa_affinity_policy": "required"}), Options(NFV)
    )
    assert found == (PciRequest("nic", 2, (NIC | {"dev_type": "type-PCI"},), "required"),)


@pytest.mark.parametrize("text", ["gpu:1", "nic", "nic:many"])
def test_an_alias_that_is_not_there_or_has_no_count_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match="no PCI alias"):
        pci_requests(request(specs={"pci_passthrough:alias": text}), Options(NFV))


@pytest.mark.parametrize(
    ("pools", "wanted", "on", "meets"),
    [
        ([pool(1)], asks(2), None, False),
        ([pool(1), pool(1, 1)], asks(2), None, True),
        ([pool(1, 1)], asks(1), [0], False),
        ([pool(1, None)], asks(1), [0], True),
        ([pool(1, None)], asks(1, "required"), [0], False),
        ([pool(1, 1)], asks(1, "preferred"), [0], True),
        ([pool(1, 1)], asks(1, "socket"), [0], True),
        ([pool(1, 2)], asks(1, "socket"), [0], False),
        ([pool(1, dev_type="type-PF")], asks(1), None, False),
        ([pool(1, dev_type="type-PF")], asks(1, dev_type="type-PF"), None, True),
        ([pool(1, dev_type="vdpa")], asks(1), None, False),
        ([pool(1, tags={"remote_managed": "true"})], asks(1), None, False),
        ([pool(1, tags={"live_migratable": "true"})], asks(1, live_migratable="true"), None, True),
        ([pool(1)], asks(1, live_migratable="true"), None, False),
        ([PciPool("8086", "154D", 1)], asks(1), None, True),
    ],
)
def test_pools_meet_a_request(
    pools: list[PciPool], wanted: list[PciRequest], on: list[int] | None, meets: bool
) -> None:
    host = cells(4, socket=None)
    sockets = type(host)(tuple(type(c)(id=c.id, socket=c.id // 2) for c in host.cells))
    assert supported(pools, wanted, on, sockets) is meets


def test_without_sockets_the_socket_policy_finds_nothing() -> None:
    assert not supported([pool(1, 1)], asks(1, "socket"), [0], cells(2))


def test_near_devices_are_taken_first_and_an_empty_pool_goes() -> None:
    left = apply([pool(1, 1), pool(2, 0)], asks(2, "preferred"), [0], cells(2))
    assert left == (pool(1, 1),)


def test_requests_draw_on_what_the_ones_before_left() -> None:
    assert apply([pool(3)], asks(2) + asks(2), None, None) is None
    assert apply([pool(4)], asks(2) + asks(1), None, None) == (pool(1),)
