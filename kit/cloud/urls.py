"""Where a store is, as SQLAlchemy's URL."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError


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
    return "Give `sqlite://` for memory, `sqlite:///cloud.db` for a file, or `postgresql://USER@HOST/DATABASE`."
