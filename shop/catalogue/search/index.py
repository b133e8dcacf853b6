"""Puts the triggers that derive search and facets into the database, and derives anew.

The triggers are not in migrations: SQLite loses them whenever Django makes a table anew, so they
are put back after each `migrate`, and those that changed are replaced.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from . import sqlite_index

POSTGRESQL = (Path(__file__).parent / "postgresql.sql").read_text(encoding="utf-8")
_MARK = hashlib.sha256(POSTGRESQL.encode()).hexdigest()
_MARKED = "catalogue_refresh_documents(bigint[])"
_BATCH = 1000
"""Products refreshed by one call of the functions."""
_SQLITE_TRIGGERS = "SELECT {} FROM sqlite_master WHERE type = 'trigger' AND name GLOB 'derive_*'"
_TABLES = (
    "product", "category", "tag", "product_tags", "product_storefronts", "option", "variant",
)  # fmt: skip


def before_migrate(using: str, plan: list[Any], **kwargs: Any) -> None:
    """Take SQLite's triggers away: it refuses to rename a table that a trigger names."""
    if connections[using].vendor == "sqlite" and any(
        migration.app_label == "catalogue" for migration, _backwards in plan
    ):
        _drop_sqlite_triggers(connections[using])


def after_migrate(using: str, **kwargs: Any) -> None:
    """Put in what is missing or changed, and if anything was, derive everything anew."""
    connection = connections[using]
    if "catalogue_searchdocument" in connection.introspection.table_names() and install(connection):
        rebuild(using)


def install(connection: BaseDatabaseWrapper) -> bool:
    """Put the triggers in. Returns whether they were not all there, as they are now."""
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT obj_description(to_regprocedure(%s), 'pg_proc')", [_MARKED])
            if cursor.fetchone() == (_MARK,):
                return False
            cursor.execute(POSTGRESQL)
            cursor.execute(f"COMMENT ON FUNCTION {_MARKED} IS '{_MARK}'")
            return True
        wanted = {
            f"CREATE TRIGGER {name} {body.strip()}" for name, body in sqlite_index.TRIGGERS.items()
        }
        cursor.execute(_SQLITE_TRIGGERS.format("sql"))
        if {sql for (sql,) in cursor.fetchall()} == wanted:
            return False
        _drop_sqlite_triggers(connection)
        for statement in [sqlite_index.TABLE, *wanted]:
            cursor.execute(statement)
        return True


def uninstall(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away, before the tables they write to go."""
    if connection.vendor == "sqlite":
        _drop_sqlite_triggers(connection)
        return
    with connection.cursor() as cursor:
        for table in _TABLES:
            cursor.execute(f"DROP FUNCTION IF EXISTS catalogue_{table}_written() CASCADE")
        cursor.execute(f"DROP FUNCTION IF EXISTS {_MARKED}")


def rebuild(using: str = "default") -> None:
    """Derive search documents, words and facet values of all products anew, in one transaction.

    What was counted of lists is forgotten.
    """
    with transaction.atomic(using), connections[using].cursor() as cursor:
        if connections[using].vendor == "sqlite":
            for statement in sqlite_index.REBUILD:
                cursor.execute(statement)
            return
        for table in (
            "searchdocument", "searchword", "variantvalue", "facetvalue", "tally", "listchange",
        ):  # fmt: skip
            cursor.execute(f"DELETE FROM catalogue_{table}")  # noqa: S608 - constants
        cursor.execute(
            "SELECT catalogue_refresh_documents(ids), catalogue_refresh_values(ids) FROM "
            "(SELECT array_agg(id) AS ids FROM catalogue_product GROUP BY id / %s) AS batch",
            [_BATCH],
        )


@contextmanager
def at_the_end(using: str = "default") -> Iterator[None]:
    """Derive once, after a write of very many rows, instead of along with each. A transaction."""
    connection = connections[using]
    with transaction.atomic(using):
        uninstall(connection)
        yield
        install(connection)
        rebuild(using)


def _drop_sqlite_triggers(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SQLITE_TRIGGERS.format("name"))
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP TRIGGER "{name}"')
