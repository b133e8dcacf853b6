"""`manage.py expire_carts`: what goes, what stays, and beside whom."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from carts import expiry, services
from carts.holders import CartHolder
from carts.models import Cart, CartLine
from shop.audit.actors import system
from shop.audit.models import Entry
from tests.carts.helpers import GUEST, contents, fill, make_shops, make_variant, new_key, together

pytestmark = pytest.mark.django_db


def aged(cart: Cart, days: float) -> Cart:
    moment = timezone.now() - timedelta(days=days)
    Cart.objects.filter(pk=cart.pk).update(updated_at=moment)
    return cart


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("expire_carts", *arguments, stdout=out, stderr=out)
    return out.getvalue().strip()


def test_only_guests_carts_that_were_left_alone_go() -> None:
    shops, ada = make_shops(), User.objects.create_user("ada@example.com")
    shirt = make_variant(shops["home"], stock=5)
    old = aged(fill(new_key(), (shirt, shops["home"], 2)), 60.1)
    aged(services.create_cart(by=GUEST), 61)
    young = aged(fill(new_key(), (shirt, shops["home"], 2)), 59.9)
    saved = services.create_cart(customer_id=ada.pk, by=GUEST)
    services.add_line(CartHolder(customer_id=ada.pk), shops["home"], shirt.pk, 1, by=GUEST)
    aged(saved, 1000)

    assert run("--dry-run") == (
        "Dry run, nothing was changed. 2 carts with 1 lines would be deleted."
    )
    assert Cart.objects.count() == 4
    assert run() == "2 carts deleted."
    assert run() == "0 carts deleted."

    assert set(Cart.objects.all()) == {young, saved}
    assert CartLine.objects.count() == 2
    shirt.refresh_from_db()
    assert shirt.stock == 5
    entry = Entry.objects.get(trail=old.trail, action="cart.expired")
    assert (entry.kind, entry.how, entry.request_id) == ("system", "command", "expire_carts")


def test_the_number_of_days_can_be_told() -> None:
    make_shops()
    aged(fill(new_key()), 8)
    aged(fill(new_key()), 6)

    assert run("--older-than", "7") == "1 carts deleted."
    assert Cart.objects.count() == 1


@pytest.mark.parametrize("days", ["0", "-1", "x", "1.5", "", "٣", "99999999999"])
def test_nonsense_is_refused_and_deletes_nothing(days: str) -> None:
    make_shops()
    aged(fill(new_key()), 5000)

    with pytest.raises(CommandError, match=r"not a number of days|expected"):
        run(f"--older-than={days}")
    assert Cart.objects.count() == 1


def test_many_go_in_small_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    make_shops()
    since = timezone.now() - timedelta(days=60)
    for _ in range(5):
        aged(fill(new_key()), 70)

    assert expiry.expire_some(since, by=system("test"), most=2) == 2
    assert Cart.objects.count() == 3
    assert run() == "3 carts deleted."


@pytest.mark.django_db(transaction=True)
def test_whoever_changes_their_cart_at_that_moment_keeps_it() -> None:
    shops, key = make_shops(), new_key()
    shirt, bowl = make_variant(shops["home"]), make_variant(shops["home"])
    cart = aged(fill(key, (shirt, shops["home"], 2)), 70)

    with transaction.atomic():
        services.add_line(key, shops["home"], bowl.pk, 1, by=GUEST)
        assert together(run) == ["0 carts deleted."]

    assert contents(key) == [(shirt.pk, "home", 2), (bowl.pk, "home", 1)]
    assert Cart.objects.get() == cart


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_delete_each_cart_once() -> None:
    make_shops()
    for _ in range(12):
        aged(fill(new_key()), 70)

    told = together(run, run, run)

    assert sum(int(each.split()[0]) for each in told) == 12
    assert Entry.objects.filter(action="cart.expired").count() == 12
    assert not Cart.objects.exists()


def test_a_shopper_who_comes_back_later_begins_anew() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["home"])
    aged(fill(key, (shirt, shops["home"], 2)), 70)
    run()

    services.add_line(key, shops["home"], shirt.pk, 1, by=GUEST)

    assert contents(key) == [(shirt.pk, "home", 1)]
