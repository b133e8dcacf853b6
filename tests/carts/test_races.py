"""Carts while two things happen at once: real threads, each with its own connection.

They need PostgreSQL: row locks are what is tested. No test sleeps; a rival that must arrive in
the middle is started there and waited for until the database says that it is blocked.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from carts import services
from carts.models import Cart
from sessionsync import links
from sessionsync.tokens import Token
from tests.carts.helpers import GUEST, contents, fill, make_shops, make_variant, new_key, together

pytestmark = pytest.mark.django_db(transaction=True)


def link(*keys: str) -> None:
    """Present both tokens together, as one browser does."""
    links.settle([Token.from_key(key) for key in keys])


def until_blocked(job: Callable[[], Any]) -> threading.Thread:
    """Start a job in a thread and wait until it waits for a lock."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            job()
        except BaseException as error:  # noqa: BLE001 (the test looks at what is in the database)
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return thread
    raise AssertionError(f"The job never had to wait; it ended with {failures}.")


def test_two_adds_at_once_make_one_cart_and_one_line() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"])

    def add() -> None:
        services.add_line(key, shops["apparel"], shirt.pk, 1, by=GUEST)

    assert together(*[add] * 6) == [None] * 6

    assert Cart.objects.count() == 1
    assert contents(key) == [(shirt.pk, "apparel", 6)]


def test_adds_at_once_do_not_pass_the_stock() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=3)

    results = together(
        *[lambda: services.add_line(key, shops["apparel"], shirt.pk, 1, by=GUEST)] * 5
    )

    assert contents(key) == [(shirt.pk, "apparel", 3)]
    assert [type(each) for each in results].count(services.NotEnoughStock) == 2


def test_an_add_that_waits_for_a_merge_lands_in_the_cart_that_remains() -> None:
    shops = make_shops()
    loser, winner = sorted([new_key(), new_key()], key=Token.from_key)
    shirt, bowl, lamp = (make_variant(*shops.values()) for _ in range(3))
    fill(winner, (shirt, shops["apparel"], 1))
    fill(loser, (bowl, shops["home"], 1))

    with transaction.atomic():
        link(loser, winner)
        rival = until_blocked(lambda: services.add_line(loser, shops["home"], lamp.pk, 2, by=GUEST))
    rival.join(timeout=10)

    assert contents(winner) == [
        (shirt.pk, "apparel", 1),
        (bowl.pk, "home", 1),
        (lamp.pk, "home", 2),
    ]
    assert Cart.objects.count() == 1


def test_a_merge_that_waits_for_an_add_takes_along_what_was_added() -> None:
    shops = make_shops()
    loser, winner = sorted([new_key(), new_key()], key=Token.from_key)
    shirt, lamp = make_variant(*shops.values()), make_variant(*shops.values())
    fill(winner, (shirt, shops["apparel"], 1))

    with transaction.atomic():
        services.add_line(loser, shops["home"], lamp.pk, 2, by=GUEST)
        rival = until_blocked(lambda: link(loser, winner))
    rival.join(timeout=10)

    assert contents(winner) == [(shirt.pk, "apparel", 1), (lamp.pk, "home", 2)]
    assert Cart.objects.count() == 1


def test_many_links_of_the_same_pair_merge_once() -> None:
    shops = make_shops()
    loser, winner = sorted([new_key(), new_key()], key=Token.from_key)
    shirt = make_variant(*shops.values())
    fill(winner, (shirt, shops["apparel"], 1))
    fill(loser, (shirt, shops["apparel"], 2))

    results = together(*[lambda: link(loser, winner)] * 4)

    assert results == [None] * 4
    assert contents(winner) == [(shirt.pk, "apparel", 3)]
    assert len(Cart.objects.get().notices) == 1


def test_adds_on_three_sites_while_their_sessions_are_linked_are_all_there() -> None:
    shops = make_shops()
    first, second, third = sorted((new_key() for _ in range(3)), key=Token.from_key)
    things = [make_variant(*shops.values()) for _ in range(3)]
    origins = [shops["galleria"], shops["apparel"], shops["home"]]
    keys = [first, second, third]

    def add(place: int) -> None:
        for _time in range(4):
            services.add_line(keys[place], origins[place], things[place].pk, 1, by=GUEST)

    results = together(
        lambda: add(0),
        lambda: add(1),
        lambda: add(2),
        lambda: link(first, second),
        lambda: link(second, third),
        lambda: link(first, third),
    )

    assert results == [None] * 6
    link(first, second, third)
    assert sorted(contents(third)) == sorted(
        (thing.pk, origin.slug, 4) for thing, origin in zip(things, origins, strict=True)
    )
    assert Cart.objects.count() == 1


def test_a_merge_that_fails_halfway_leaves_both_carts_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shops = make_shops()
    loser, winner = sorted([new_key(), new_key()], key=Token.from_key)
    shirt = make_variant(*shops.values())
    fill(winner, (shirt, shops["apparel"], 1))
    fill(loser, (shirt, shops["apparel"], 2))

    def fail(*_args: object) -> None:
        raise ConnectionError("the process died here")

    monkeypatch.setattr(Cart, "delete", fail)
    with pytest.raises(ConnectionError):
        link(loser, winner)
    assert contents(winner) == [(shirt.pk, "apparel", 1)]
    assert contents(loser) == [(shirt.pk, "apparel", 2)]

    monkeypatch.undo()
    link(loser, winner)
    assert contents(winner) == [(shirt.pk, "apparel", 3)]
