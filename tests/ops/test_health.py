"""/healthz and /readyz: for any Host, and true."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client, override_settings

from shop.ops.ports import free_port
from shop.settings.base import redis_cache

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def no_database() -> Iterator[int]:
    """The database's server is gone: nothing listens on its port. Gives the port it had."""
    port = connection.settings_dict["PORT"]
    connection.close()
    connection.settings_dict["PORT"] = free_port()
    yield port
    connection.close()
    connection.settings_dict["PORT"] = port


@pytest.fixture
def no_redis() -> Iterator[None]:
    """Redis is gone: nothing listens on its port."""
    with override_settings(CACHES={"default": redis_cache(f"redis://127.0.0.1:{free_port()}/0")}):
        yield


def test_all_is_well_for_any_host(client: Client) -> None:
    # Given a working shop, when a load balancer asks by address
    ready = client.get("/readyz", headers={"host": "10.0.0.7:8000"})
    alive = client.get("/healthz", headers={"host": "nobody-knows-it"})
    # Then both answer, may not be cached, and set no cookie
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "down": []})
    assert (alive.status_code, alive.content) == (200, b"ok\n")
    for response in (ready, alive):
        assert response["Cache-Control"] == "no-store"
        assert not response.cookies


def test_redis_down_is_named(client: Client, no_redis: None) -> None:
    # Given no Redis, when readiness is asked
    response = client.get("/readyz")
    # Then it is refused and Redis is named; the process is still alive
    assert (response.status_code, response.json()) == (503, {"ready": False, "down": ["redis"]})
    assert client.get("/healthz").status_code == 200


def test_database_down_is_named(client: Client, no_database: int) -> None:
    # Given no database, when readiness is asked
    response = client.get("/readyz")
    # Then it is refused and the database is named
    assert (response.status_code, response.json()) == (503, {"ready": False, "down": ["database"]})
    assert client.get("/healthz").status_code == 200


def test_it_is_ready_again_when_the_database_is_back(client: Client, no_database: int) -> None:
    # Given a database that was down
    assert client.get("/readyz").status_code == 503
    # When it is back
    connection.settings_dict["PORT"] = no_database
    # Then the shop is ready, without a restart
    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_health_check_only_reads(client: Client, path: str) -> None:
    # Given a health check, when something is posted to it, then it is refused
    response = client.post(path)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
