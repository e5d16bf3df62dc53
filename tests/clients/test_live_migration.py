"""Live migration through openstacksdk, the `openstack` command and `kit migrate drain`, over a port."""

import json

import openstack
import pytest
import yaml
from openstack import exceptions

from kit.cli.main import main
from kit.cloud import Cloud
from kit.cloud.clock import Clock

SEED = {
    "live_migration": {"nova_conf": {"max_concurrent_live_migrations": 2}, "network": {"mbps": 1000}, "shared_storage": "ceph"},
    "hosts": [{"name": f"h{n}", "vcpus": 16, "memory_mb": 32768, "local_gb": 200} for n in (1, 2)],
    "flavors": [{"name": "f", "vcpus": 1, "ram": 2048, "disk": 10}],
    "images": [{"name": "i"}],
    "networks": [{"name": "net", "project": "admin", "subnets": [{"cidr": "10.0.0.0/24"}]}],
    "servers": [
        {"name": "calm", "flavor": "f", "image": "i", "network": "net", "host": "h1"},
        {"name": "busy", "flavor": "f", "image": "i", "network": "net", "host": "h1",
         "workload": {"used_mib": 1024, "working_set_mib": 512, "writes_per_s": 100_000}},
        {"name": "off", "flavor": "f", "image": "i", "network": "net", "host": "h1", "state": "SHUTOFF"},
    ],
}  # fmt: skip
NEW = "--os-compute-api-version 2.80 "


@pytest.fixture
def hosts(cli, tmp_path, monkeypatch):
    """A cloud of two hosts on a port, named `hosts` in clouds.yaml, with a clock that stands still."""
    cloud = Cloud.from_seed(SEED, clock=Clock(rate=0))
    with cloud.serve() as server:
        file = tmp_path / "clouds.yaml"
        file.write_text(yaml.safe_dump({"clouds": {"hosts": cloud.clouds_yaml(server.auth_url)}}))
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))
        yield cloud
    cloud.close()


@pytest.fixture
def ask(cli, hosts):
    """Run `openstack --os-cloud hosts ...`."""

    def run(line, code=0):
        ran = cli(line, "hosts")
        assert ran.code == code, ran.err
        return ran

    return run


@pytest.fixture
def sdk(hosts):
    with openstack.connect(cloud="hosts") as connection:
        yield connection


def rows(ask, options=""):
    return ask(f"{NEW}server migration list {options} -f json").json


def test_a_server_migrates_and_the_command_follows_it(ask, hosts):
    ask(f"{NEW}server migrate --live-migration calm")
    assert [row["Status"] for row in rows(ask)] == ["queued"]  # the client asks with 2.30, and waits for the checks
    hosts.clock.advance(4)
    (row,) = rows(ask, "--server calm --status running --type live-migration")
    assert (row["Source Compute"], row["Dest Compute"], row["Type"]) == ("h1", "h2", "live-migration")
    # By its UUID: with a number, python-openstackclient 10.5 asks for the server and the migration in the wrong order.
    shown = ask(f"{NEW}server migration show calm {row['UUID']} -f json").json
    assert shown["Status"] == "running" and shown["Memory Remaining Bytes"] < shown["Memory Total Bytes"]
    server = ask("server show calm -f json").json
    assert server["status"] == "MIGRATING" and 0 < server["progress"] < 100
    hosts.clock.advance(60)
    assert [row["Status"] for row in rows(ask)] == ["completed"]
    assert ask("server show calm -f value -c OS-EXT-SRV-ATTR:host").out.strip() == "h2"
    assert "is not found for" in ask(f"{NEW}server migration show calm {row['UUID']}", 1).err


def test_waiting_for_the_end(ask, hosts):
    hosts.clock.rate = 60
    ran = ask(f"{NEW}server migrate --live-migration --wait calm")
    assert "Complete" in ran.out
    hosts.clock.rate = 0


def test_one_that_never_ends_is_aborted_or_forced(ask, hosts):
    for words, status, host in (("abort", "cancelled", "h1"), ("force complete", "completed", "h2")):
        ask(f"{NEW}server migrate --live-migration busy")
        hosts.clock.advance(300)
        (row,) = rows(ask, "--status running")
        ask(f"{NEW}server migration {words} busy {row['Id']}")
        hosts.clock.advance(30)
        assert rows(ask, "--limit 1")[0]["Status"] == status
        assert ask("server show busy -f value -c OS-EXT-SRV-ATTR:host").out.strip() == host


def test_hosts_and_refusals(ask, hosts):
    assert "Compute host h9 could not be found." in ask(f"{NEW}server migrate --live-migration --host h9 calm", 1).err
    assert "No valid host was found." in ask(f"{NEW}server migrate --live-migration --host h1 calm", 1).err
    assert "while it is in vm_state stopped" in ask(f"{NEW}server migrate --live-migration off", 1).err
    ask(f"{NEW}server migrate --live-migration --host h2 calm")
    ask(f"{NEW}server migrate off")  # cold, beside it
    hosts.clock.advance(60)
    assert {row["Type"]: row["Status"] for row in rows(ask)[:2]} == {
        "live-migration": "completed",
        "migration": "finished",
    }


def test_openstacksdk(sdk, hosts):
    server = sdk.compute.find_server("busy")
    sdk.compute.live_migrate_server(server, host=None, block_migration="auto")
    hosts.clock.advance(30)
    (one,) = sdk.compute.server_migrations(server)
    assert (one.status, one.source_compute, one.dest_compute) == ("running", "h1", "h2")
    assert one.memory_processed_bytes > one.memory_total_bytes > one.memory_remaining_bytes > 0
    assert sdk.compute.get_server_migration(one.id, server).uuid == one.uuid
    sdk.compute.force_complete_server_migration(one, server)
    hosts.clock.advance(30)
    assert [row.status for row in sdk.compute.migrations(server_id=server.id)] == ["completed"]
    with pytest.raises(exceptions.NotFoundException):
        sdk.compute.get_server_migration(one.id, server)
    bindings = sdk.network.port_bindings(next(sdk.network.ports(device_id=server.id)))
    assert [(row.host, row.status) for row in bindings] == [("h2", "ACTIVE")]


@pytest.fixture
def drain(hosts, monkeypatch, capsys):
    """Run `kit migrate drain ...` on the cloud, a minute of it in a second; the command's own seconds are real."""

    def run(*words):
        monkeypatch.setattr("sys.argv", ["kit", "migrate", "drain", *words])
        hosts.clock.rate = 60
        with pytest.raises(SystemExit) as ended:
            main()
            raise SystemExit(0)
        hosts.clock.rate = 0
        out = capsys.readouterr()
        return int(ended.value.code or 0), out.out, out.err

    return run


def test_a_drain_is_looked_at_first(drain, hosts, sdk):
    code, out, _ = drain("h1", "--cloud", "hosts", "--dry-run", "--link", "1000")
    assert code == 0 and out.startswith("3 servers in about") and "cold" in out
    assert next(row for row in sdk.compute.services() if row.host == "h1").status == "enabled"
    code, out, _ = drain(
        "h1", "--cloud", "hosts", "--dry-run", "--writes", "900000", "--working-set", "1024", "--format", "json"
    )
    assert code == 1 and not all(row["ends_by_itself"] for row in json.loads(out)["moves"])


def test_a_host_is_drained(drain, hosts, sdk):
    code, out, err = drain(
        "h1", "--cloud", "hosts", "--parallel", "2", "--force-after", "1", "--poll", "0.1", "--format", "json"
    )
    report = json.loads(out)
    assert code == 0 and report["empty"], (out, err)
    assert {row["server"]: row["how"] for row in report["moved"]} == {"calm": "live", "busy": "live", "off": "cold"}
    assert {row.compute_host for row in sdk.compute.servers()} == {"h2"}
    code, out, err = drain("h2", "--cloud", "hosts", "--retries", "0", "--poll", "0.1")
    assert code == 1 and "is left: No valid host was found." in out and "disabled" in err  # h1 is disabled


@pytest.mark.parametrize(("words", "told"), [
    (("h9", "--cloud", "hosts"), "there is no compute host 'h9'"), (("h1", "--cloud", "nowhere"), "nowhere"),
    (("h1",), "which cloud?"), (("h1", "--cloud", "hosts", "--force-after", "1", "--abort-after", "1"), "abort_after_s"),
])  # fmt: skip
def test_a_mistake_ends_with_2(drain, words, told):
    code, _, err = drain(*words)
    assert code == 2 and told in err and "Traceback" not in err
