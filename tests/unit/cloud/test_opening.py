"""What a store that cannot be used says."""

import sqlite3

import openstack
import pytest
import sqlalchemy as sa

from kit.cloud import Cloud
from kit.cloud.urls import advice
from kit.errors import StoreError


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "Give `sqlite://`"),
        ("sqlite:////nosuch/folder/cloud.db", "unable to open"),
        ("postgresql://me:geheim@127.0.0.1:1/x", r"me:\*\*\*@127.0.0.1|pip install"),
    ],
)
def test_a_store_that_cannot_be_opened_says_why_and_shows_no_password(url, says):
    with pytest.raises(StoreError, match=says) as caught:
        Cloud(store=url)
    assert "geheim" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "cloud.db").write_text("this is no database, but it is long enough to be looked at" * 20)
    with pytest.raises(StoreError, match="not a database"):
        Cloud(store=f"sqlite:///{tmp_path / 'cloud.db'}")


@pytest.mark.parametrize(
    ("said", "todo"),
    [
        ("unable to open database file", "Its folder has to be there"),
        ("attempt to write a readonly database", "write the file"),
        ("file is not a database", "something else"),
        ("database or disk is full", "Make room"),
        ("connection failed: Connection refused", "Start PostgreSQL"),
        ('FATAL: database "x" does not exist', "createdb"),
        ("who knows", "sqlite://"),
    ],
)
def test_a_store_that_cannot_be_opened_says_what_to_do(said, todo):
    assert todo in advice(OSError(said))


def test_a_disk_that_is_full_keeps_nothing_and_is_told(tmp_path, caplog):
    cloud = Cloud(store=f"sqlite:///{tmp_path / 'x.db'}")

    def tight(connection, _record, _proxy):
        connection.execute("PRAGMA max_page_count = 1")  # SQLite then says what it says of a full disk

    sa.event.listen(cloud.store.engine, "checkout", tight)
    conn = cloud.connect()
    conn.authorize()
    with pytest.raises(openstack.exceptions.HttpException):
        for number in range(300):
            conn.network.create_network(name="n" * 200 + str(number))
    assert "the store says: database or disk is full" in caplog.text and "Traceback" not in caplog.text
    sa.event.remove(cloud.store.engine, "checkout", tight)
    cloud.store.engine.dispose()
    kept = len(list(conn.network.networks()))
    conn.network.create_network(name="again")
    assert len(list(conn.network.networks())) == kept + 1
    cloud.close()


def test_a_disk_that_is_full_at_the_start_is_told(tmp_path, monkeypatch):
    def full(*_args):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("kit.cloud.opening.furnish", full)
    with pytest.raises(StoreError, match=r"disk is full[\s\S]*Make room"):
        Cloud(store=f"sqlite:///{tmp_path / 'x.db'}")
