"""The store's questions, asked of SQLite by the short way and, as of PostgreSQL, through SQLAlchemy."""

from __future__ import annotations

from datetime import datetime

import pytest

from kit.cloud.compute.models import services
from kit.cloud.ids import Ids
from kit.cloud.store import Store

NOW = datetime(2015, 5, 18)


@pytest.fixture(params=["lane", "sqlalchemy"])
def tx(request, monkeypatch):
    if request.param == "sqlalchemy":
        monkeypatch.setattr(Store, "_lane", lambda self, connection: None)
    store = Store()
    with store.write(NOW, Ids(1)) as tx:
        for number, (host, why) in enumerate([("a", "x"), ("b", "y"), ("c", "x"), ("d", None)]):
            tx.insert(
                services, id=f"u{number}", number=number, binary="nova-compute", host=host, disabled=False,
                disabled_reason=why, forced_down=False,
            )  # fmt: skip
        yield tx


@pytest.mark.parametrize(
    ("equals", "found"),
    [
        ({}, {"x": 2, "y": 1, None: 1}),
        ({"host": "a"}, {"x": 1}),
        ({"host": ("a", "b", "c")}, {"x": 2, "y": 1}),
        ({"host": ()}, {}),
        ({"host": "z"}, {}),
    ],
)
def test_a_tally_counts_by_value(tx, equals, found):
    assert tx.tally(services, "disabled_reason", **equals) == found
