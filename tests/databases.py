"""Tests that ask for `database` run on PostgreSQL, as production does, and on the demo's SQLite."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from django.core.management import call_command
from django.db import connections, transaction
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.test import TransactionTestCase


@contextmanager
def sqlite_as_default(path: Path) -> Iterator[None]:
    """Let everything that asks for the default database get this file."""
    usual: Any = connections["default"]
    connections["default"] = DatabaseWrapper(
        {
            **usual.settings_dict,
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": path,
            "OPTIONS": {"transaction_mode": "IMMEDIATE"},
        },
        "default",
    )
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = usual


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: Any, django_db_setup: None, django_db_blocker: Any) -> Path:
    path: Path = tmp_path_factory.mktemp("sqlite") / "empty.sqlite3"
    with django_db_blocker.unblock(), sqlite_as_default(path):
        call_command("migrate", verbosity=0)
    return path


@pytest.fixture(params=["postgresql", "sqlite"])
def database(request: Any, db: None, tmp_path: Path) -> Iterator[str]:
    """The vendor of a database that is empty and up to date."""
    if request.param == "postgresql":
        yield "postgresql"
        return
    path = tmp_path / "shop.sqlite3"
    shutil.copy(request.getfixturevalue("empty_sqlite"), path)
    with sqlite_as_default(path):
        yield "sqlite"


class _Rows:
    """Empties a PostgreSQL after a test that commits: only what it filled, in a tenth of the time.

    What is there after Django's own flush (content types, permissions, roles) stays, if a look at
    it says that nothing of it was changed; else, and the first time, it is Django's flush.
    """

    def __init__(self) -> None:
        self.kept: dict[str, str] | None = None

    def flush(self, usual: Callable[[], None]) -> None:
        """Empty the database. usual: Django's way."""
        connection = connections["default"]
        if connection.vendor != "postgresql" or not self._is_emptied():
            usual()
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    self.kept = _contents(cursor, _filled(cursor))

    def _is_emptied(self) -> bool:
        if self.kept is None:
            return False
        with transaction.atomic(), connections["default"].cursor() as cursor:
            filled = _filled(cursor)
            if _contents(cursor, [name for name in filled if name in self.kept]) != self.kept:
                return False
            if others := [name for name in filled if name not in self.kept]:
                # Neither foreign keys nor the ledgers' own guards have a say in this.
                cursor.execute("SET LOCAL session_replication_role = replica")
                cursor.execute("; ".join(f'DELETE FROM "{name}"' for name in others))  # noqa: S608 - names from the catalogue
        return True


def _filled(cursor: Any) -> list[str]:
    """The tables that hold any row, but Django's of its migrations."""
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname <> 'django_migrations' "
        "AND relnamespace = 'public'::regnamespace ORDER BY relname"
    )
    names = [name for (name,) in cursor.fetchall()]
    each = (f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in names)  # noqa: S608 - names from the catalogue
    cursor.execute(" UNION ALL ".join(each))
    return [name for (name,) in cursor.fetchall()]


def _contents(cursor: Any, names: list[str]) -> dict[str, str]:
    """A digest of all rows of each of these tables."""
    if not names:
        return {}
    cursor.execute(
        " UNION ALL ".join(
            f"SELECT '{name}', md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \"{name}\" t"  # noqa: S608 - names from the catalogue
            for name in names
        )
    )
    return dict(cursor.fetchall())


@pytest.fixture(scope="session", autouse=True)
def _quick_flush() -> Iterator[None]:
    rows, kind = _Rows(), cast("Any", TransactionTestCase)  # its method has no type
    usual = kind._fixture_teardown

    def teardown(case: TransactionTestCase) -> None:
        rows.flush(lambda: usual(case))

    kind._fixture_teardown = teardown
    yield
    kind._fixture_teardown = usual
