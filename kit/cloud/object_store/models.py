"""What the object store keeps."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Text, UniqueConstraint

from kit.cloud.tables import Column, Integer, Table, blob, integer, json, metadata, moment, string

# Names are sorted by their bytes, whatever a database does with other text.
NAME = Text().with_variant(Text(collation="C"), "postgresql")

# Numbers and bytes are kept beside what they count: nobody has to add it up.
accounts = Table(
    "object_accounts", metadata,
    Column("name", string("name").type, primary_key=True),  # AUTH_ and the project's id
    json("headers"),  # {lower-case name: value}
    integer("containers", nullable=False), integer("objects", nullable=False), integer("bytes", nullable=False),
    moment("created_at"),
)  # fmt: skip

containers = Table(
    "object_containers", metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    string("account", null=False, index=True), Column("name", NAME, nullable=False), json("headers"),
    integer("objects", nullable=False), integer("bytes", nullable=False), moment("created_at"), moment("updated_at"),
    UniqueConstraint("account", "name"),
)  # fmt: skip


def _below(name: str, target: str) -> Column[int]:
    return Column(name, Integer, ForeignKey(target, ondelete="CASCADE"), index=True)


objects = Table(
    "object_objects", metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _below("container_id", "object_containers.id"), Column("name", NAME, nullable=False),
    string("etag"), string("content_type"),
    integer("size"),  # of the data that is kept; of a static large object, of its manifest
    json("headers"),  # what the client gave: metadata, encoding, disposition, a dynamic manifest
    json("manifest"),  # a static large object's segments, as they are shown
    integer("total"),  # a static large object's size as a whole
    integer("delete_at"),  # seconds since 1970
    moment("created_at"),
    UniqueConstraint("container_id", "name"),
)  # fmt: skip

# An object's data in parts, so that a large upload is never one value of the database.
PART = 4 * 2**20  # bytes
parts = Table(
    "object_parts", metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _below("object_id", "object_objects.id"), integer("number"), blob("data"),
)  # fmt: skip
