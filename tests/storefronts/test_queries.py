"""The look-up of storefronts: cached, fresh after a change, there when the cache is not."""

from typing import Any

import pytest
from django.db import transaction
from django_redis.exceptions import ConnectionInterrupted

from sessionsync.conf import Site
from shop.storefronts import caching
from shop.storefronts.models import Storefront
from shop.storefronts.queries import (
    all_storefronts,
    main_storefront,
    network_sites,
    storefront_for_host,
)
from tests.factories import NetworkFactory, StorefrontFactory


@pytest.fixture
def network(transactional_db: None) -> dict[str, Storefront]:
    return NetworkFactory()


def slugs() -> list[str]:
    return [storefront.slug for storefront in all_storefronts()]


def test_all_storefronts_come_main_first(network: dict[str, Storefront]) -> None:
    assert all_storefronts() == [network[s] for s in ["galleria", "apparel", "jewelry", "home"]]
    assert main_storefront() == network["galleria"]


def test_a_warm_cache_needs_no_query(
    network: dict[str, Storefront], django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        first = all_storefronts()
    with django_assert_num_queries(0):
        second = all_storefronts()
        assert storefront_for_host("home.example") == network["home"]
    assert [vars(s) | {"_state": 0} for s in first] == [vars(s) | {"_state": 0} for s in second]


def test_within_a_request_the_cache_is_asked_once(
    network: dict[str, Storefront], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    asked: list[object] = []
    counted = caching.cached_rows

    def count() -> Any:
        asked.append(1)
        return counted()

    monkeypatch.setattr("shop.storefronts.queries.cached_rows", count)

    # When
    with caching.one_look_up():
        for _ in range(3):
            assert len(all_storefronts()) == 4

    # Then
    assert len(asked) == 1


@pytest.mark.parametrize("change", ["save", "update", "delete", "delete_many", "bulk_create"])
def test_a_change_is_seen_at_once(network: dict[str, Storefront], change: str) -> None:
    # Given a warm cache
    assert storefront_for_host("home.example") == network["home"]
    home = network["home"]

    # When
    match change:
        case "save":
            home.domain = "casa.example"
            home.save()
        case "update":
            Storefront.objects.filter(pk=home.pk).update(domain="casa.example")
        case "delete":
            home.delete()
        case "delete_many":
            Storefront.objects.filter(slug="home").delete()
        case "bulk_create":
            Storefront.objects.bulk_create(
                [Storefront(slug="toys", name="Toys", domain="toys.example", position=9)]
            )

    # Then
    after = {
        "save": ("casa.example", None),
        "update": ("casa.example", None),
        "delete": (None, None),
        "delete_many": (None, None),
        "bulk_create": ("toys.example", home),
    }
    new_domain, old = after[change]
    assert storefront_for_host("home.example") == old
    if new_domain:
        found = storefront_for_host(new_domain)
        assert found is not None
        assert found.domain == new_domain


def test_a_change_that_is_rolled_back_is_never_cached(network: dict[str, Storefront]) -> None:
    # Given
    class Rollback(Exception):
        pass

    # When a row is added, read and rolled back
    with pytest.raises(Rollback), transaction.atomic():  # noqa: PT012 - it is one transaction
        StorefrontFactory(slug="toys", position=9)
        assert slugs()[-1] == "toys"
        raise Rollback

    # Then
    assert slugs() == ["galleria", "apparel", "jewelry", "home"]


def test_a_slow_reader_cannot_bring_old_rows_back(network: dict[str, Storefront]) -> None:
    # Given a reader that has read the rows, but not yet cached them
    rows, generation = caching.cached_rows()
    assert rows is None
    old: list[caching.Row] = [{**row} for row in Storefront.objects.values()]

    # When a change is committed before it does
    network["home"].delete()
    caching.store_rows(old, generation)

    # Then
    assert slugs() == ["galleria", "apparel", "jewelry"]


def test_without_a_cache_the_database_is_asked(
    network: dict[str, Storefront], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a cache that fails, as it does where exceptions are not ignored
    def fail(*args: object, **kwargs: object) -> None:
        raise ConnectionInterrupted(None)

    for name in ("get_many", "set", "add", "get"):
        monkeypatch.setattr(f"django_redis.cache.RedisCache.{name}", fail)

    # When
    found = storefront_for_host("home.example")
    network["jewelry"].delete()

    # Then
    assert found == network["home"]
    assert slugs() == ["galleria", "apparel", "home"]


@pytest.mark.parametrize(
    ("host", "slug"),
    [
        ("home.example", "home"),
        ("home.example:8000", "home"),
        ("HOME.Example", "home"),
        ("home.example.", "home"),
        ("home.example.:443", "home"),
        ("galleria.example", "galleria"),
        ("other.example", None),
        ("www.home.example", None),
        ("home.example.evil.test", None),
        ("[::1]:8000", None),
        ("[::1", None),
        ("home.example@evil.test", None),
        ("home.example/path", None),
        ("home.example:port", None),
        ("", None),
        (".", None),
        ("h\x00me.example", None),
    ],
)
def test_storefront_for_host(network: dict[str, Storefront], host: str, slug: str | None) -> None:
    assert storefront_for_host(host) == (network[slug] if slug else None)


def test_network_sites(network: dict[str, Storefront]) -> None:
    assert network_sites() == [
        Site(id="galleria", domain="galleria.example", is_main=True),
        Site(id="apparel", domain="apparel.example"),
        Site(id="jewelry", domain="jewelry.example"),
        Site(id="home", domain="home.example"),
    ]


def test_without_a_main_storefront_it_says_so(db: None) -> None:
    StorefrontFactory()

    with pytest.raises(Storefront.DoesNotExist, match="No main storefront is set up"):
        main_storefront()
