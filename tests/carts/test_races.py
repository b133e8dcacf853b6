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

from accounts.models import User
from carts import services
from carts.holders import CartHolder
from carts.merging import give_to_customer, merge_carts
from carts.models import Cart
from sessionsync import links
from sessionsync.tokens import Token
from shop.audit.trail import verify
from tests.carts.helpers import (
    GUEST,
    contents,
    fill,
    make_shops,
    make_variant,
    new_key,
    signed_in_key,
    together,
)
from tests.pricing.factories import D, promotion

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


def test_two_browsers_that_log_in_at_once_give_the_customer_one_cart() -> None:
    shops, ada = make_shops(), User.objects.create_user("ada@example.com")
    shirt, bowl = make_variant(*shops.values()), make_variant(*shops.values())
    pairs = [(new_key(), signed_in_key(ada)) for _ in range(4)]
    for guest, _signed_in in pairs:
        fill(guest, (shirt, shops["apparel"], 2), (bowl, shops["home"], 1))

    results = together(*(lambda pair=pair: merge_carts(*pair) for pair in pairs))

    assert results == [None] * 4
    cart = Cart.objects.get()
    assert (cart.customer, cart.session_key) == (ada, None)
    assert sorted(cart.lines.values_list("variant_id", "quantity")) == sorted(
        [(shirt.pk, 2), (bowl.pk, 1)]
    )
    assert verify(cart.trail) == []


def test_a_guests_api_cart_that_is_given_away_at_once_is_given_once() -> None:
    shops = make_shops()
    ada, eve = (User.objects.create_user(f"{name}@example.com") for name in ("ada", "eve"))
    shirt = make_variant(*shops.values())
    guests = services.create_cart(by=GUEST)
    name = guests.public_id or ""
    services.add_line(CartHolder(name), shops["apparel"], shirt.pk, 2, by=GUEST)

    def give(user: User) -> Cart:
        return give_to_customer(name, user.pk, by=GUEST)

    results = together(*[lambda: give(ada), lambda: give(eve)] * 3)

    [owner] = {each.customer_id for each in results if isinstance(each, Cart)}
    assert sum(isinstance(each, Cart) for each in results) == 3
    assert sum(isinstance(each, services.UnknownCart) for each in results) == 3
    assert [line.quantity for line in Cart.objects.get(customer=owner).lines.all()] == [2]
    assert Cart.objects.count() == 1


def test_what_is_put_in_while_a_cart_is_given_away_is_in_it_or_refused() -> None:
    shops, ada = make_shops(), User.objects.create_user("ada@example.com")
    shirt, bowl = make_variant(*shops.values()), make_variant(*shops.values())
    saved = services.create_cart(customer_id=ada.pk, by=GUEST)
    guests = services.create_cart(by=GUEST)
    name = guests.public_id or ""
    services.add_line(CartHolder(name), shops["apparel"], shirt.pk, 1, by=GUEST)

    with transaction.atomic():
        give_to_customer(name, ada.pk, by=GUEST)
        rival = until_blocked(
            lambda: services.add_line(CartHolder(name, ada.pk), shops["home"], bowl.pk, 2, by=GUEST)
        )
    rival.join(timeout=10)

    assert sorted(saved.lines.values_list("variant_id", "quantity")) == sorted(
        [(shirt.pk, 1), (bowl.pk, 2)]
    )
    with pytest.raises(services.UnknownCart):
        services.add_line(CartHolder(name), shops["home"], bowl.pk, 1, by=GUEST)


def test_one_customer_on_two_devices_at_once_fills_one_cart() -> None:
    shops, ada = make_shops(), User.objects.create_user("ada@example.com")
    shirt = make_variant(shops["apparel"], stock=5)
    holders = [signed_in_key(ada), signed_in_key(ada), CartHolder(customer_id=ada.pk)]

    results = together(
        *(
            lambda holder=holder: services.add_line(holder, shops["apparel"], shirt.pk, 1, by=GUEST)
            for holder in holders * 3
        )
    )

    assert [line.quantity for line in Cart.objects.get().lines.all()] == [5]
    refused = [each for each in results if isinstance(each, services.NotEnoughStock)]
    assert len(refused) == 4


def test_two_codes_typed_at_once_are_both_kept() -> None:
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["home"], price="50.00"), shops["home"], 1))
    for code in ("A", "B", "C"):
        promotion(code, percent=D(5))

    together(
        *(
            lambda code=code: services.add_voucher(
                key, code, storefront=shops["home"], customer=None, by=GUEST
            )
            for code in ("A", "B", "C")
        )
    )

    assert sorted(Cart.objects.get().codes) == ["A", "B", "C"]
