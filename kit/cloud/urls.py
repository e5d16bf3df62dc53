"""Where a store is, as SQLAlchemy's URL."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

# What a database says -> what to do about it.
_SAID = {
    "unable to open database file": "Its folder has to be there, and you have to be able to write into it.",
    "readonly database": "You have to be able to write the file and into its folder.",
    "not a database": "That file is something else: give the name of another one.",
    "disk is full": "Make room there, or give a file elsewhere.",
    "disk I/O error": "Make room there, or give a file elsewhere.",
    "database is locked": "Another process holds the file: end that one, or wait.",
    "Connection refused": "Start PostgreSQL, or see whether host and port are right.",
    "could not translate host name": "See whether the name of the host is right.",
    "failed to resolve host": "See whether the name of the host is right.",
    "authentication failed": "See whether the user and the password are right.",
    "does not exist": "Make it first: createdb DATABASE.",
}


def with_driver(url: sa.URL) -> sa.URL:
    """`postgresql://` means psycopg 3, which is what the extra installs."""
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgresql", "postgres") else url


def in_memory(url: str | sa.URL) -> bool:
    """Whether a URL means a store that ends with its cloud; False for what is no URL at all."""
    try:
        made = make_url(url)
    except ArgumentError:
        return False
    return made.get_backend_name() == "sqlite" and made.database in (None, "", ":memory:")


def shown(url: str | sa.URL) -> str:
    """The URL without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return str(url)


def advice(error: Exception) -> str:
    """What to do about a store that cannot be opened."""
    if isinstance(error, ImportError):
        return 'For PostgreSQL: pip install "openstack-labkit[postgresql]"'
    text = str(error)
    return next(
        (todo for said, todo in _SAID.items() if said in text),
        "Give `sqlite://` for memory, `sqlite:///cloud.db` for a file, or `postgresql://USER@HOST/DATABASE`.",
    )
