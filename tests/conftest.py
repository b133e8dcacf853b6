"""Starts what the tests need before Django reads its settings, and stops it at the end.

PostgreSQL and Valkey are real ones, started here; DATABASE_URL and REDIS_URL name others to use
(the tests empty that Redis database).
"""

import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pytest

from shop.ops.services import Postgres, Valkey

pytest_plugins = ["tests.databases"]

_postgres: list[Postgres] = []
_valkey: list[Valkey] = []


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers; pytest-django sets Django up after this hook."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings.test"
    if not os.environ.get("DATABASE_URL"):
        _postgres.append(Postgres())
        _postgres[0].start()
        os.environ["DATABASE_URL"] = _postgres[0].url
    if not os.environ.get("REDIS_URL"):
        _valkey.append(Valkey(Path(tempfile.mkdtemp(prefix="galleria-valkey-"))))
        _valkey[0].start()
        os.environ["REDIS_URL"] = _valkey[0].url
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker:  # workers find the servers of the main process; each has a Redis database of its own
        os.environ["REDIS_URL"] = _with_db(os.environ["REDIS_URL"], int(worker[2:]) + 1)
    from django.conf import settings  # only now does the environment name the servers

    assert settings.DATABASES  # pytest-django sets up what was read, and only that
    # A worker inherits the settings' name, and so has read them before this hook.
    settings.CACHES["default"]["LOCATION"] = os.environ["REDIS_URL"]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started here."""
    for postgres in _postgres:
        postgres.stop()
    for valkey in _valkey:
        valkey.stop()
        shutil.rmtree(valkey.folder)


def _with_db(url: str, number: int) -> str:
    bare, _mark, query = url.partition("?")
    return f"{bare}?{urlencode({**parse_qs(query), 'db': [str(number)]}, doseq=True)}"


@pytest.fixture(autouse=True)
def _empty_redis() -> None:
    """Give each test an empty Redis; the database is emptied by pytest-django."""
    from django_redis import get_redis_connection  # needs the settings

    get_redis_connection("default").flushdb()
