"""Tests that ask for `database` run on PostgreSQL, as production does, and on the demo's SQLite."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections
from django.db.backends.sqlite3.base import DatabaseWrapper


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
