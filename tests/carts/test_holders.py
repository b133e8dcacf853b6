"""Whose cart is whose: sessions, customers on several devices, and the secret ids of the API."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import login, logout
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpRequest
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from carts import merging, services
from carts.holders import CartHolder, carts_of
from carts.models import Cart, FormerId
from carts.queries import cart_count, cart_page
from sessionsync.engine import SessionStore
from sessionsync.models import Session
from shop.audit.actors import Actor
from shop.audit.models import Entry
from shop.audit.trail import verify
from shop.catalogue.models import Variant
from shop.storefronts.models import Storefront
from tests.carts.helpers import (
    GUEST,
    contents,
    fill,
    make_shops,
    make_variant,
    new_key,
    shopper,
    signed_in_key,
)

pytestmark = pytest.mark.django_db

API = Actor("guest", "none", channel="api")


def customer(name: str = "ada") -> User:
    return User.objects.create_user(f"{name}@example.com", "secret-enough")


def held(cart: Cart) -> list[tuple[int, str, int]]:
    return list(cart.lines.values_list("variant_id", "storefront__slug", "quantity"))


class Browser:
    """A browser on the main site that may log in and out; its session is what its cookie says."""

    def __init__(self, key: str, shop: Storefront) -> None:
        self.key, self.shop = key, shop

    def log_in(self, user: User) -> None:
        self._act(lambda request: login(request, user, "django.contrib.auth.backends.ModelBackend"))

    def log_out(self) -> None:
        self._act(logout)

    def _act(self, act: Callable[[HttpRequest], None]) -> None:
        request = HttpRequest()
        request.session = SessionStore(self.key)
        request.user = AnonymousUser()
        act(request)
        request.session.save()
        self.key = request.session.session_key or ""

    def get(self, path: str) -> Any:
        return shopper(self.key, self.shop).get(path)

    def post(self, path: str, data: dict[str, object]) -> Any:
        return shopper(self.key, self.shop).post(path, data)


def test_a_customers_cart_is_one_in_all_their_sessions_and_in_the_api() -> None:
    shops, ada = make_shops(), customer()
    shirt = make_variant(shops["apparel"])
    phone, desk = signed_in_key(ada), signed_in_key(ada)

    services.add_line(phone, shops["apparel"], shirt.pk, 1, by=GUEST)
    services.add_line(desk, shops["apparel"], shirt.pk, 2, by=GUEST)
    services.add_line(CartHolder(customer_id=ada.pk), shops["galleria"], shirt.pk, 1, by=API)

    cart = Cart.objects.get()
    assert (cart.customer, cart.session_key) == (ada, None)
    assert held(cart) == [(shirt.pk, "apparel", 3), (shirt.pk, "galleria", 1)]
    for holder in (phone, desk, CartHolder(customer_id=ada.pk)):
        assert carts_of(holder).get() == cart
        assert cart_count(holder) == 4
        assert cart_page(holder, shops["home"]).count == 4


def test_a_public_id_names_a_guests_cart_and_nothing_else_does() -> None:
    shops = make_shops()
    shirt = make_variant(shops["apparel"])
    cart = services.create_cart(by=API)
    assert cart.public_id is not None
    assert len(cart.public_id) >= 22

    services.add_line(CartHolder(cart.public_id), shops["apparel"], shirt.pk, 2, by=API)

    assert held(cart) == [(shirt.pk, "apparel", 2)]
    for wrong in ("x" * 22, cart.public_id.swapcase(), cart.public_id + " "):
        assert not carts_of(CartHolder(wrong)).exists()
        with pytest.raises(services.UnknownCart):
            services.add_line(CartHolder(wrong), shops["apparel"], shirt.pk, 1, by=API)
    assert held(cart) == [(shirt.pk, "apparel", 2)]
    assert Cart.objects.count() == 1


def test_a_guests_web_cart_has_no_public_id() -> None:
    shops, key = make_shops(), new_key()
    services.add_line(key, shops["apparel"], make_variant(shops["apparel"]).pk, 1, by=GUEST)

    assert Cart.objects.get().public_id is None
    assert not carts_of(CartHolder(key)).exists()


def test_a_customers_cart_is_closed_to_everyone_else_whatever_they_know() -> None:
    shops, ada, eve = make_shops(), customer(), customer("eve")
    shirt = make_variant(shops["apparel"])
    cart = services.create_cart(customer_id=ada.pk, by=API)
    services.add_line(CartHolder(customer_id=ada.pk), shops["apparel"], shirt.pk, 2, by=API)
    line = cart.lines.get()
    name = cart.public_id or ""

    for stranger in (CartHolder(name), CartHolder(name, eve.pk)):
        assert not carts_of(stranger).exists()
        with pytest.raises(services.UnknownCart):
            services.add_line(stranger, shops["apparel"], shirt.pk, 1, by=API)
        with pytest.raises(services.UnknownLine):
            services.remove(stranger, line.pk, by=API)
    with pytest.raises(services.UnknownCart):
        merging.give_to_customer(name, eve.pk, by=API)

    assert held(cart) == [(shirt.pk, "apparel", 2)]
    assert carts_of(CartHolder(name, ada.pk)).get() == cart


def test_a_customers_cart_keeps_its_public_id() -> None:
    make_shops()
    ada = customer()

    first = services.create_cart(customer_id=ada.pk, by=API)
    second = services.create_cart(customer_id=ada.pk, by=API)

    assert (first.pk, first.public_id) == (second.pk, second.public_id)


def test_a_holder_names_something() -> None:
    with pytest.raises(ValueError, match="public id"):
        CartHolder()


def test_a_guests_api_cart_becomes_the_customers_and_its_id_still_leads_there() -> None:
    shops, ada = make_shops(), customer()
    shirt, bowl = make_variant(shops["apparel"], title="Shirt"), make_variant(shops["home"])
    saved = services.create_cart(customer_id=ada.pk, by=API)
    fill_cart(saved, (shirt, shops["apparel"], 2))
    guests = services.create_cart(by=API)
    fill_cart(guests, (shirt, shops["apparel"], 1), (bowl, shops["home"], 3))
    guests.refresh_from_db()

    given = merging.give_to_customer(guests.public_id or "", ada.pk, by=API)
    again = merging.give_to_customer(guests.public_id or "", ada.pk, by=API)

    assert given == again == saved
    assert held(saved) == [(shirt.pk, "apparel", 2), (bowl.pk, "home", 3)]
    for name in (guests.public_id, saved.public_id):
        assert carts_of(CartHolder(name or "", ada.pk)).get() == saved
        assert not carts_of(CartHolder(name or "")).exists()
    assert [row.public_id for row in FormerId.objects.all()] == [guests.public_id]


def test_the_first_cart_a_customer_has_is_the_guests_own() -> None:
    shops, ada = make_shops(), customer()
    guests = services.create_cart(by=API)
    fill_cart(guests, (make_variant(shops["home"]), shops["home"], 3))

    given = merging.give_to_customer(guests.public_id or "", ada.pk, by=API)

    assert (given, given.customer, given.public_id) == (guests, ada, guests.public_id)
    assert [entry.action for entry in Entry.objects.filter(trail=given.trail)] == [
        "cart.made",
        "cart.customer_attached",
    ]


def fill_cart(cart: Cart, *lines: tuple[Variant, Storefront, int]) -> None:
    for variant, shop, quantity in lines:
        cart.lines.create(variant=variant, storefront=shop, quantity=quantity)


def test_logging_in_brings_both_carts_together_the_larger_quantity_wins_and_it_is_told() -> None:
    shops, ada, key = make_shops(), customer(), new_key()
    shirt = make_variant(shops["apparel"], title="Linen shirt")
    bowl = make_variant(shops["home"], title="Bowl")
    lamp = make_variant(shops["home"], title="Lamp")
    saved = Cart.objects.create(customer=ada, codes=["WELCOME10"])
    fill_cart(saved, (shirt, shops["apparel"], 3), (shirt, shops["galleria"], 1))
    fill_cart(saved, (lamp, shops["home"], 2))
    guests = fill(key, (shirt, shops["apparel"], 2), (bowl, shops["home"], 1))
    Cart.objects.filter(pk=guests.pk).update(codes=["FREESHIP", "WELCOME10"])
    browser = Browser(key, shops["galleria"])

    browser.log_in(ada)
    page = browser.get("/cart/").content.decode()

    assert Cart.objects.get() == saved
    assert held(saved) == [
        (shirt.pk, "apparel", 3),
        (shirt.pk, "galleria", 1),
        (lamp.pk, "home", 2),
        (bowl.pk, "home", 1),
    ]
    saved.refresh_from_db()
    assert saved.codes == ["WELCOME10", "FREESHIP"]
    assert "Saved with your account and in this cart again: 2 × “Linen shirt”, 2 × “Lamp”." in page
    for trail in (saved.trail, guests.trail):
        entry = Entry.objects.filter(trail=trail).get()
        assert (entry.action, entry.kind, entry.customer_id) == ("cart.merged", "customer", ada.pk)
        assert entry.facts["rule"] == "larger"
        assert verify(trail) == []


def test_a_guests_cart_becomes_the_customers_first_one_as_it_is() -> None:
    shops, ada, key = make_shops(), customer(), new_key()
    shirt = make_variant(shops["apparel"])
    cart = fill(key, (shirt, shops["apparel"], 2))
    browser = Browser(key, shops["galleria"])

    browser.log_in(ada)

    assert browser.get("/cart/").context["cart"].notices == ()
    cart.refresh_from_db()
    assert (cart.customer, cart.session_key, held(cart)) == (ada, None, [(shirt.pk, "apparel", 2)])


def test_logging_out_leaves_an_empty_cart_and_the_customers_for_another_day() -> None:
    shops, ada = make_shops(), customer()
    shirt = make_variant(shops["apparel"])
    browser = Browser(new_key(), shops["galleria"])
    browser.log_in(ada)
    browser.post("/cart/lines/", {"variant": shirt.pk, "quantity": "2"})
    assert browser.get("/cart/").context["cart"].count == 2

    browser.log_out()

    assert browser.get("/cart/").context["cart"].is_empty
    assert held(Cart.objects.get(customer=ada)) == [(shirt.pk, "galleria", 2)]


def test_logging_in_as_someone_else_never_shows_the_first_ones() -> None:
    shops, ada, eve = make_shops(), customer(), customer("eve")
    shirt, bowl = make_variant(shops["apparel"]), make_variant(shops["home"])
    browser = Browser(new_key(), shops["galleria"])
    browser.log_in(ada)
    browser.post("/cart/lines/", {"variant": shirt.pk, "quantity": "2"})

    browser.log_in(eve)
    assert browser.get("/cart/").context["cart"].is_empty
    browser.post("/cart/lines/", {"variant": bowl.pk, "quantity": "1"})

    assert held(Cart.objects.get(customer=ada)) == [(shirt.pk, "galleria", 2)]
    assert held(Cart.objects.get(customer=eve)) == [(bowl.pk, "galleria", 1)]
    assert Cart.objects.count() == 2


def test_two_browsers_of_one_customer_that_meet_keep_the_one_cart() -> None:
    shops, ada = make_shops(), customer()
    shirt = make_variant(shops["apparel"])
    first, second = signed_in_key(ada), signed_in_key(ada)
    services.add_line(first, shops["apparel"], shirt.pk, 2, by=GUEST)

    merging.merge_carts(first, second)

    assert held(Cart.objects.get()) == [(shirt.pk, "apparel", 2)]


def test_what_is_ordered_takes_its_trail_and_its_ids_along() -> None:
    shops, ada = make_shops(), customer()
    cart = services.create_cart(customer_id=ada.pk, by=API)
    fill_cart(cart, (make_variant(shops["home"]), shops["home"], 1))
    FormerId.objects.create(public_id="older", cart=cart)
    Cart.objects.filter(pk=cart.pk).update(codes=["X"], notices=[{"code": "joined", "count": 1}])
    cart.refresh_from_db()
    trail, name = cart.trail, cart.public_id or ""

    assert services.hand_over(cart) == trail

    cart.refresh_from_db()
    assert cart.trail != trail
    assert (cart.public_id, cart.codes, cart.notices, held(cart)) == (None, [], [], [])
    assert not carts_of(CartHolder(name, ada.pk)).exists()
    assert not carts_of(CartHolder("older", ada.pk)).exists()
    assert carts_of(CartHolder(customer_id=ada.pk)).get() == cart


def test_a_cart_has_one_owner() -> None:
    from django.db import IntegrityError, transaction

    ada = customer()
    with pytest.raises(IntegrityError), transaction.atomic():
        Cart.objects.create(session_key=new_key(), customer=ada)
    Cart.objects.create(customer=ada)
    with pytest.raises(IntegrityError), transaction.atomic():
        Cart.objects.create(customer=ada)


def test_a_login_takes_the_same_queries_whatever_the_carts_hold() -> None:
    shops, counts = make_shops(), []
    for size in (1, 10, 40):
        user = customer(f"user-{size}")
        saved = Cart.objects.create(customer=user)
        for _ in range(size):
            fill_cart(saved, (make_variant(shops["home"]), shops["home"], 1))
        key, root = new_key(), signed_in_key(user)
        fill(key, *((make_variant(shops["apparel"]), shops["apparel"], 1) for _ in range(size)))
        with CaptureQueriesContext(connection) as queries:
            merging.merge_carts(key, root)
        counts.append(len(queries))
        assert len(held(saved)) == 2 * size
    assert counts == [counts[0]] * 3


def test_a_session_that_ended_names_no_cart() -> None:
    shops, ada = make_shops(), customer()
    key = signed_in_key(ada)
    services.add_line(key, shops["home"], make_variant(shops["home"]).pk, 1, by=GUEST)

    Session.objects.filter(key=key).update(state="retired")

    assert cart_count(key) == 0
    assert contents(key) == []
