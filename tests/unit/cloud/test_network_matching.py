"""Whether a packet gets through the security groups of a port."""

import pytest

from kit.cloud.network.matching import Packet, judge


@pytest.fixture
def ask(cloud, demo):
    """Ports of two groups on one network, and a question about a packet to the first one."""
    network = demo.network.create_network(name="n")
    for cidr, version in (("10.9.0.0/24", 4), ("2001:db8::/64", 6)):
        demo.network.create_subnet(network_id=network.id, cidr=cidr, ip_version=version)
    groups = [demo.create_security_group(name, "") for name in ("web", "db")]
    ports = [demo.network.create_port(network_id=network.id, security_groups=[group.id]) for group in groups]

    class Ask:
        web, db = groups
        port, other = ports

        def rule(self, **fields):
            made = {"security_group_id": self.web.id, "direction": "ingress", **fields}
            return demo.network.create_security_group_rule(**made)

        def __call__(self, remote, protocol="tcp", port=80, direction="ingress", **more):
            with cloud.read() as tx:
                return judge(tx, self.port.id, Packet(direction, remote, protocol, port, **more))

    return Ask()


def test_a_new_group_lets_all_out_and_nothing_in(ask):
    assert not ask("192.0.2.1") and not ask("2001:db8::1")
    assert ask("192.0.2.1", direction="egress") and ask("2001:db8::1", "udp", 53, "egress")


def test_a_rule_is_about_its_ports_protocol_and_ethertype(ask):
    made = ask.rule(protocol="tcp", port_range_min=80, port_range_max=81)
    assert ask("192.0.2.1", port=81).rule["id"] == made.id
    assert not ask("192.0.2.1", port=82) and not ask("192.0.2.1", "udp") and not ask("2001:db8::1")


def test_a_protocol_may_be_a_number(ask):
    ask.rule(protocol="132")
    assert ask("192.0.2.1", "sctp", 9) and not ask("192.0.2.1", "tcp", 9)


def test_icmp_has_types_and_codes(ask):
    ask.rule(protocol="icmp", port_range_min=8, port_range_max=0)
    ask.rule(protocol="icmp", ether_type="IPv6")
    assert ask("192.0.2.1", "icmp", 8, code=0) and not ask("192.0.2.1", "icmp", 0, code=0)
    assert ask("2001:db8::9", "ipv6-icmp", 128, code=0)


def test_a_range_is_where_the_other_side_must_be(ask):
    ask.rule(remote_ip_prefix="192.0.2.0/25")
    assert ask("192.0.2.127") and not ask("192.0.2.128")


def test_a_remote_group_is_its_members(ask, demo):
    ask.rule(remote_group_id=ask.db.id)
    inside = next(one["ip_address"] for one in ask.other.fixed_ips if ":" not in one["ip_address"])
    assert ask(inside) and not ask("10.9.0.200")
    assert ask("10.9.0.200", remote_group=ask.db.id)
    demo.network.update_port(ask.other, allowed_address_pairs=[{"ip_address": "10.9.0.200"}])
    assert ask("10.9.0.200")
    demo.network.update_port(ask.other, security_groups=[])
    assert not ask(inside)


def test_an_address_group_is_its_ranges(ask, demo):
    group = demo.network.create_address_group(name="g", addresses=["198.51.100.0/24"])
    ask.rule(remote_address_group_id=group.id)
    assert ask("198.51.100.9") and not ask("203.0.113.9")


def test_without_port_security_all_passes_and_without_groups_nothing(ask, demo):
    demo.network.update_port(ask.port, security_groups=[])
    assert not ask("192.0.2.1", direction="egress")
    demo.network.update_port(ask.port, port_security_enabled=False)
    assert ask("192.0.2.1").reason == "The port has no port security: nothing is looked at."


def test_no_port_is_no_answer(cloud):
    with cloud.read() as tx, pytest.raises(LookupError, match="no port x"):
        judge(tx, "x", Packet("ingress", "192.0.2.1", "tcp"))
