"""What is kept of tables that hardly change never outlives a change."""

import pytest

from kit.cloud import Cloud
from kit.cloud.compute.models import flavors
from kit.cloud.identity.models import endpoints, projects, services, users
from kit.cloud.memo import STEADY
from kit.cloud.tables import metadata


@pytest.fixture
def cloud():
    return Cloud(random_seed=0, clock="manual")


def add(tx, name="one"):
    return tx.insert(
        projects, id=tx.ids.uuid(), name=name, domain_id="default", is_domain=False, enabled=True, extra={}
    )


def names(tx):
    return sorted(row["name"] for row in tx.rows(projects, is_domain=False))


def test_every_steady_table_is_one_of_the_clouds():
    assert set(metadata.tables) >= STEADY


def test_a_row_belongs_to_who_asked(cloud):
    with cloud.read() as tx:
        tx.first(services, type="identity")["extra"]["mine"] = 1
        tx.first(services, type="identity")["name"] = "mine"
        assert tx.first(services, type="identity")["name"] == "keystone"
        assert "mine" not in tx.first(services, type="identity")["extra"]


def test_what_is_written_is_read(cloud):
    with cloud.write() as tx:
        before = names(tx)
        row = add(tx)
        assert names(tx) == sorted([*before, "one"])
        tx.update(projects, row["id"], name="two")
        assert names(tx) == sorted([*before, "two"])
        tx.delete(projects, projects.c.name == "two")
        assert names(tx) == before


def test_what_is_undone_is_forgotten(cloud):
    with cloud.read() as tx:
        before = names(tx)
    with pytest.raises(RuntimeError), cloud.write() as tx:
        add(tx)
        assert "one" in names(tx)
        raise RuntimeError
    with cloud.write() as tx:
        with pytest.raises(RuntimeError), tx.savepoint():
            add(tx)
            assert "one" in names(tx)
            raise RuntimeError
        assert names(tx) == before
    with cloud.read() as tx:
        assert names(tx) == before


def test_rows_that_go_with_another_are_forgotten(cloud):
    with cloud.write() as tx:
        row = tx.insert(services, id="s", type="thing", name="t", enabled=True, extra={})
        tx.insert(
            endpoints, id="e", service_id=row["id"], interface="public", url="u", region_id="RegionOne", enabled=True,
            extra={},
        )  # fmt: skip
        assert tx.get(endpoints, "e") is not None
        tx.delete(services, id="s")
        assert tx.get(endpoints, "e") is None


def test_a_snapshot_brings_back_what_was(cloud):
    kept = cloud.snapshot()
    with cloud.write() as tx:
        add(tx)
    with cloud.read() as tx:
        assert "one" in names(tx)
    cloud.restore(kept)
    with cloud.read() as tx:
        assert "one" not in names(tx)


def test_the_catalog_follows_an_endpoint(cloud):
    conn = cloud.connect()
    made = next(iter(conn.identity.endpoints(interface="public")))
    conn.identity.update_endpoint(made, url="http://elsewhere/v1")
    catalog = cloud.connect().session.auth.get_access(cloud.connect().session).service_catalog.catalog
    assert "http://elsewhere/v1" in {point["url"] for service in catalog for point in service["endpoints"]}


def test_clouds_keep_their_own(cloud):
    other = Cloud(random_seed=1, clock="manual")
    with cloud.write() as tx:
        tx.insert(users, id="u", name="only-here", domain_id="default", enabled=True, extra={})
    with other.read() as tx:
        assert tx.get(users, "u") is None and tx.rows(flavors) == []
