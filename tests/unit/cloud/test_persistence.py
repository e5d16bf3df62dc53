"""Kept stores: reopened, shared, upgraded, killed."""

import json
import os
import pwd
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa

from kit.cloud import Cloud, Exchange, journal, schema
from kit.cloud.adapter import BASE_URL, session
from kit.cloud.control import Remote
from kit.cloud.tables import Column, Table, flag, integer, key, metadata, reference, string
from kit.cloud.tables import json as json_column
from kit.errors import StoreError

ROOT = Path(__file__).parents[3]


def file(folder: Path) -> str:
    return f"sqlite:///{folder / 'cloud.db'}"


@pytest.fixture(scope="module")
def postgresql():
    """The URL of a PostgreSQL server of our own, on a socket in a folder; skipped where there is none."""
    pytest.importorskip("psycopg")
    if given := os.environ.get("KIT_TEST_POSTGRESQL"):
        yield given
        return
    found = shutil.which("initdb") or next(map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")), None)
    try:
        user = pwd.getpwnam("postgres" if os.geteuid() == 0 else pwd.getpwuid(os.getuid()).pw_name)
    except KeyError:
        user = None
    if found is None or user is None:
        pytest.skip("no PostgreSQL server here")
    place = Path("/tmp") / f"kit-pg-{os.getpid()}"  # a socket's path is short, and the server's user must get there
    place.mkdir(mode=0o700)
    as_user = {"user": user.pw_uid, "group": user.pw_gid} if os.geteuid() == 0 else {}
    if as_user:
        shutil.chown(place, user.pw_uid, user.pw_gid)
    options = {"cwd": place, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **as_user}
    subprocess.run([found, "-D", place / "data", "-U", "kit", "-A", "trust", "--no-sync"], check=True, **options)
    server = subprocess.Popen(
        [str(Path(found).with_name("postgres")), "-D", place / "data", "-k", place, "-c", "listen_addresses=", "-F"],
        **options,
    )
    try:
        deadline = time.monotonic() + 20
        while not (place / ".s.PGSQL.5432").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        yield f"postgresql://kit@/postgres?host={place}"
    finally:
        server.send_signal(signal.SIGINT)  # its fast way to stop
        server.wait(20)
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def database(postgresql):
    """An empty database."""
    name = f"kit{time.monotonic_ns()}"
    url = sa.engine.make_url(postgresql).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """A store that is kept: a file, and a database."""
    return file(tmp_path) if request.param == "sqlite" else request.getfixturevalue("database")


def boot(cloud, name):
    conn = cloud.connect("demo", "demo")
    return conn.create_server(name, image="cirros", flavor="m1.tiny", network="private", wait=True)


def test_a_kept_cloud_is_opened_as_it_was_left(url):
    first = Cloud.from_seed("devstack", store=url, clock="manual")
    server = boot(first, "a")
    first.faults.add(service="image", status=503)
    first.clock.advance(3600)
    first.connect().create_project("p", domain_id="default")
    now = first.clock.now()
    first.close()
    again = Cloud.from_seed("devstack", store=url)
    assert again.clock.now() >= now and (again.clock.rate, again.clock.tick) == (0, 1)
    assert [fault.status for fault in again.faults] == [503] and again.passwords["demo"] == "secret"
    again.faults.clear()
    assert again.connect("demo", "demo").compute.get_server(server.id).status == "ACTIVE"
    assert boot(again, "b").id != server.id and len(list(again.connect().compute.hypervisors())) == 1
    again.close()


def test_a_kept_cloud_is_what_grows_in_memory(url):
    kept, memory = Cloud.from_seed("devstack", store=url, clock="manual"), Cloud.from_seed("devstack", clock="manual")
    assert kept.snapshot() == memory.snapshot()
    assert boot(kept, "a").id == boot(memory, "a").id
    assert kept.snapshot() == memory.snapshot()
    memory.restore(kept.snapshot())
    boot(memory, "b")
    kept.restore(memory.snapshot())
    boot(kept, "c")
    assert [server.name for server in kept.connect("demo", "demo").compute.servers()] == ["c", "b", "a"]
    kept.close()


def test_a_clock_that_is_asked_for_goes_on_from_the_kept_time(tmp_path):
    url = file(tmp_path)
    first = Cloud.from_seed("empty", store=url, clock="manual")
    first.clock.advance(1000)
    with first.write():
        now = first.clock.now()
    first.close()
    again = Cloud.from_seed("empty", store=url, clock=60)
    assert again.clock.rate == 60 and again.clock.now() >= now
    again.close()


def test_workers_on_one_store_see_what_the_others_do(url):
    one = Cloud.from_seed("devstack", store=url, clock="manual")
    other = Cloud.from_seed("devstack", store=url)
    server = boot(one, "a")
    assert other.connect("demo", "demo").compute.get_server(server.id).status == "ACTIVE"
    one.faults.add(service="compute", status=503)
    one.clock.advance(7200)
    with one.write():
        pass
    http = session(other)
    token = other.connect("demo", "demo").auth_token
    assert http.get(f"{BASE_URL}/compute/v2.1/servers", headers={"X-Auth-Token": token}).status_code == 503
    assert other.clock.now() >= one.clock.now()
    other.faults.clear()
    with other.write():
        pass
    one.settle()
    assert not one.faults
    ids = {boot(one, "b").id, boot(other, "c").id, boot(one, "d").id}
    assert len(ids) == 3
    one.close()
    other.close()


def test_two_writers_never_pass_a_quota_together(url):
    one = Cloud.from_seed("devstack", store=url)
    other = Cloud.from_seed("devstack", store=url)
    one.connect().set_compute_quotas("demo", instances=4)
    conn = one.connect("demo", "demo")
    body = {"server": {
        "name": "x", "imageRef": conn.get_image("cirros").id, "flavorRef": conn.get_flavor("m1.tiny").id,
        "networks": [{"uuid": conn.network.find_network("private").id}],
    }}  # fmt: skip
    found = []

    def create(cloud):
        http, token = session(cloud), cloud.connect("demo", "demo").auth_token
        for _ in range(5):
            answer = http.post(f"{BASE_URL}/compute/v2.1/servers", json=body, headers={"X-Auth-Token": token})
            found.append(answer.status_code)

    threads = [threading.Thread(target=create, args=(cloud,)) for cloud in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(found) == [202] * 4 + [403] * 6
    one.close()
    other.close()


def old_tables():
    """The tables as an older version had them, in a catalogue of its own."""
    old = sa.MetaData()
    Table("things", old, key(), string("name"))
    Table("parents", old, key())
    return old


def test_an_older_store_gets_what_it_lacks(url, monkeypatch):
    engine = sa.create_engine(url)
    old = old_tables()
    old.create_all(engine)
    with engine.begin() as connection:
        connection.execute(sa.insert(old.tables["things"]), {"id": "a", "name": "kept"})
    new = sa.MetaData()
    Table("parents", new, key())
    things = Table(
        "things", new, key(), string("name"), string("color", index=True), integer("count", nullable=False),
        flag("on", default=True), json_column("extra"), reference("parent_id", "parents.id", cascade=True),
    )  # fmt: skip
    Table("added", new, Column("id", sa.Integer, primary_key=True), string("name"))
    facts = Table("kit_store", new, key("name"), json_column("value"))
    moved = []
    monkeypatch.setattr(schema, "metadata", new)
    monkeypatch.setattr(schema, "facts", facts)
    monkeypatch.setattr(schema, "VERSION", 3)
    monkeypatch.setattr(schema, "MIGRATIONS", {
        2: lambda connection: moved.append(2),
        3: lambda connection: moved.append(connection.execute(sa.update(things).values(color="red")).rowcount),
    })  # fmt: skip
    for _ in range(2):  # the second time there is nothing to do
        with engine.begin() as connection:
            schema.bring_up(connection, "here")
    assert moved == [2, 1]
    with engine.connect() as connection:
        row = dict(connection.execute(sa.select(things)).mappings().one())
        assert connection.execute(sa.select(sa.func.count()).select_from(new.tables["added"])).scalar() == 0
    assert row == {"id": "a", "name": "kept", "color": "red", "count": 0, "on": True, "extra": None, "parent_id": None}
    engine.dispose()


def test_a_store_of_the_first_version_is_completed(tmp_path):
    url = file(tmp_path)
    Cloud.from_seed("devstack", store=url, clock="manual").close()
    with sqlite3.connect(tmp_path / "cloud.db") as raw:  # as before stores knew their version, and before Congress
        raw.execute("DROP TABLE kit_store")
        raw.execute("ALTER TABLE compute_servers DROP COLUMN trusted_certs")
        raw.execute("DELETE FROM endpoints WHERE service_id IN (SELECT id FROM services WHERE type = 'policy')")
        raw.execute("DELETE FROM services WHERE type = 'policy'")
        raw.execute("DROP TABLE policy_rules") if "policy_rules" in metadata.tables else None
    raw.close()
    cloud = Cloud.from_seed("devstack", store=url, clock="manual")
    assert {service.type for service in cloud.connect().identity.services()} == set(cloud.services)
    assert boot(cloud, "a").status == "ACTIVE"
    cloud.close()


def test_a_newer_store_is_refused_and_left_alone(tmp_path):
    url = file(tmp_path)
    Cloud(store=url).close()
    newer = json.dumps({"version": schema.VERSION + 1, "fingerprint": "x"})
    with sqlite3.connect(tmp_path / "cloud.db") as raw:
        raw.execute("UPDATE kit_store SET value = ? WHERE name = 'schema'", [newer])
    raw.close()
    with pytest.raises(StoreError, match=r"schema 2, and this version knows 1[\s\S]*Upgrade openstack-labkit"):
        Cloud(store=url)


class Served:
    """`kit cloud serve` in a process of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "kit.cli.main", "cloud", "serve", "--format", "json", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment,
            start_new_session=True,
        )  # fmt: skip
        self.url = json.loads(self.process.stdout.readline())["auth_url"].removesuffix("/identity/v3")

    def token(self) -> str:
        user = {"name": "demo", "domain": {"id": "default"}, "password": "secret"}
        scope = {"project": {"name": "demo", "domain": {"id": "default"}}}
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}
        answer = requests.post(f"{self.url}/identity/v3/auth/tokens", json=body, timeout=10)
        return answer.headers["X-Subject-Token"]

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        self.process.stdout.close()


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return str(taken.getsockname()[1])


def test_workers_share_port_clock_faults_and_log(tmp_path, free_port):
    served = Served(tmp_path, "--store", file(tmp_path), "--port", free_port, "--workers", "2", "--clock", "manual")
    try:
        remote = Remote(served.url)
        count = remote.ask("GET", "status")["calls"]
        headers = {"X-Auth-Token": served.token()}
        for _ in range(20):
            assert requests.get(f"{served.url}/compute/v2.1/flavors", headers=headers, timeout=10).status_code == 200
        with ThreadPoolExecutor(8) as pool:  # at once: an idle worker might take one call after the other
            seen = set(pool.map(lambda _: Remote(served.url).ask("GET", "status")["process"], range(200)))
        calls = remote.ask("GET", f"log?since={count}")["calls"]
        assert [call["number"] for call in calls] == list(range(count + 1, count + 22)) and len(seen) == 2
        remote.ask("POST", "clock", {"advance": 86400})
        times = [remote.ask("GET", "clock")["now"] for _ in range(10)]
        assert times == sorted(times) and times[0] > "2040-01-03"
        remote.ask("POST", "faults", {"service": "compute", "status": 503})
        token = {"X-Auth-Token": served.token()}
        found = {
            requests.get(f"{served.url}/compute/v2.1/flavors", headers=token, timeout=10).status_code for _ in range(10)
        }
        assert found == {503}
    finally:
        served.kill()


def test_the_shared_log_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "LARGEST", 4000)
    monkeypatch.setattr(journal, "KEPT", 5)
    one, other = journal.Journal(tmp_path / "log"), journal.Journal(tmp_path / "log")
    for number in range(100):
        (one, other)[number % 2].add(Exchange(number, datetime(2040, 1, 2), "compute", "GET", f"/{number}", 200, 1.0))
    shown, more = other.lines(97, 2)
    assert [(call["number"], call["path"]) for call in shown] == [(98, "/97"), (99, "/98")] and more == 1
    assert one.total == 100 and (tmp_path / "log").stat().st_size < 5000 and len(one) == 50


def load(served: Served, until: float, acknowledged: list[str]) -> None:
    """Make networks, each with a subnet and a server's port, and note what was acknowledged."""
    http, headers = requests.Session(), {"X-Auth-Token": served.token()}
    number = 0
    while time.monotonic() < until:
        number += 1
        try:
            made = http.post(
                f"{served.url}/network/v2.0/networks", headers=headers, timeout=10,
                json={"network": {"name": f"n{threading.get_ident()}-{number}"}},
            )  # fmt: skip
            if made.status_code != 201:
                continue
            network = made.json()["network"]["id"]
            acknowledged.append(network)
            subnet = {"network_id": network, "ip_version": 4, "cidr": "10.9.0.0/24"}
            made = http.post(f"{served.url}/network/v2.0/subnets", headers=headers, timeout=10, json={"subnet": subnet})
            acknowledged.append(made.json()["subnet"]["id"])
            made = http.post(
                f"{served.url}/network/v2.0/ports", headers=headers, timeout=10, json={"port": {"network_id": network}}
            )
            acknowledged.append(made.json()["port"]["id"])
        except (requests.RequestException, KeyError, ValueError):
            return


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_under_load_every_acknowledged_write_is_there_and_nothing_is_half(tmp_path, free_port, workers):
    url = file(tmp_path)
    served = Served(tmp_path, "--store", url, "--port", free_port, "--workers", str(workers), "--clock", "real")
    acknowledged: list[str] = []
    try:
        until = time.monotonic() + 20
        headers = {"X-Auth-Token": served.token()}
        threads = [threading.Thread(target=load, args=(served, until, acknowledged)) for _ in range(4)]
        for thread in threads:
            thread.start()
        while len(acknowledged) < 60 and time.monotonic() < until:
            time.sleep(0.01)
        assert requests.get(f"{served.url}/network/v2.0/networks", headers=headers, timeout=10).status_code == 200
    finally:
        served.kill()
    for thread in threads:
        thread.join(20)
    cloud = Cloud.from_seed("devstack", store=url)
    with cloud.read() as tx:
        found = {
            row["id"]
            for name in ("networks", "subnets", "ports")
            for row in tx.rows(metadata.tables[f"network_{name}"])
        }
        given = [(row["subnet_id"], row["ip_address"]) for row in tx.rows(metadata.tables["network_addresses"])]
        without = {row["id"] for row in tx.rows(metadata.tables["network_ports"])} - {
            row["port_id"] for row in tx.rows(metadata.tables["network_addresses"])
        }
    assert len(acknowledged) >= 50 and set(acknowledged) <= found
    assert len(given) == len(set(given)) and not without  # a port without its address would be half of one
    assert boot(cloud, "after").status == "ACTIVE"
    cloud.close()
