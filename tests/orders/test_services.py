"""Placing an order: what it freezes, what it takes, and every refusal, which takes nothing."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from accounts.models import User
from carts import notices
from carts.merging import merge_carts
from carts.models import Cart
from orders.checkout import errors
from orders.checkout.forms import new_checkout_key
from orders.checkout.offers import make_offer
from orders.models import Order, OrderLine, ShippingMethod
from sessionsync.fingerprints import fingerprint
from sessionsync.goods import SessionGone, ensure_rows
from sessionsync.models import Session
from shop.catalogue.models import Variant
from tests.carts.helpers import contents, fill, make_shops, make_variant, new_key
from tests.orders.helpers import ADDRESS, make_methods, offer, place

pytestmark = pytest.mark.django_db


def test_an_order_freezes_what_was_bought() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    shirt = make_variant(
        shops["apparel"], price="19.90", stock=5, title="Linen shirt", slug="linen-shirt"
    )
    Variant.objects.filter(pk=shirt.pk).update(title="S / Blue", sku="LS-1")
    bowl = make_variant(shops["home"], price="7.05", title="Bowl", slug="bowl")
    fill(key, (shirt, shops["apparel"], 2), (bowl, shops["home"], 3), (shirt, shops["galleria"], 1))

    with translation.override("zh-hans"):
        order = place(key, shops["home"])
    Variant.objects.update(price="99.00", title="", sku="")
    shirt.product.delete()

    order = Order.objects.get(pk=order.pk)
    assert order.number == f"G-{timezone.now().year}-{order.pk:06d}"
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", order.token)
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", order.public_id)
    assert order.public_id != order.token
    assert (order.storefront, order.customer, order.status) == (shops["home"], None, "placed")
    assert order.session_fingerprint == fingerprint(key)
    assert (order.email, order.city, order.country_code) == ("ada@example.com", "London", "gb")
    assert (order.shipping_method_name, order.payment_method) == ("Standard", "on-delivery")
    assert (order.currency, order.language) == ("EUR", "zh-hans")
    assert (order.items_total, order.shipping_total, order.total) == (
        Decimal("80.85"),
        Decimal("4.90"),
        Decimal("85.75"),
    )
    assert list(
        order.lines.values_list(
            "product_title", "product_slug", "variant_title", "sku", "storefront__slug",
            "unit_price", "quantity", "total", "variant",
        )
    ) == [
        ("Linen shirt", "linen-shirt", "S / Blue", "LS-1", "apparel", Decimal("19.90"), 2,
         Decimal("39.80"), None),
        ("Bowl", "bowl", "", "", "home", Decimal("7.05"), 3, Decimal("21.15"), bowl.pk),
        ("Linen shirt", "linen-shirt", "S / Blue", "LS-1", "galleria", Decimal("19.90"), 1,
         Decimal("19.90"), None),
    ]  # fmt: skip


def test_stock_is_taken_for_the_sum_of_a_variants_lines_and_the_cart_is_empty_after() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    shirt, bowl = make_variant(shops["apparel"], stock=5), make_variant(shops["home"])
    fill(key, (shirt, shops["apparel"], 2), (shirt, shops["galleria"], 3), (bowl, shops["home"], 1))
    Cart.objects.update(notices=[notices.joined(3)])

    place(key, shops["galleria"])

    shirt.refresh_from_db()
    bowl.refresh_from_db()
    assert (shirt.stock, bowl.stock) == (0, 0)
    assert contents(key) == []
    assert Cart.objects.get().notices == []


def test_a_signed_in_customer_owns_the_order() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    customer = User.objects.create_user("ada@example.com", "secret")
    fill(key, (make_variant(shops["apparel"]), shops["apparel"], 1))

    assert place(key, shops["apparel"], customer=customer).customer == customer


def unchanged(key: str, before: list[Any], stocks: dict[int, int]) -> None:
    """Assert that nothing was ordered and nothing taken."""
    assert not Order.objects.exists()
    assert not OrderLine.objects.exists()
    assert contents(key) == before
    assert dict(Variant.objects.values_list("pk", "stock")) == stocks


def test_an_empty_cart_is_refused() -> None:
    make_methods()
    shops, key = make_shops(), new_key()

    with pytest.raises(errors.CartEmpty):
        place(key, shops["apparel"])
    fill(key)
    with pytest.raises(errors.CartEmpty):
        place(key, shops["apparel"])

    unchanged(key, [], {})


def test_each_item_that_cannot_be_had_is_named() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=2, title="Linen shirt")
    bowl = make_variant(shops["home"], title="Bowl", is_published=False)
    lamp = make_variant(shops["home"], stock=9)
    fill(key, (lamp, shops["home"], 1), (shirt, shops["apparel"], 3), (bowl, shops["home"], 1))
    before = contents(key)

    with pytest.raises(errors.ItemsUnavailable) as refusal:
        place(key, shops["apparel"])

    assert refusal.value.problems == [
        "Only 2 of “Linen shirt” are left, and your cart holds 3. Please choose fewer.",
        "“Bowl” is no longer sold. Please remove it.",
    ]
    unchanged(key, before, {shirt.pk: 2, bowl.pk: 0, lamp.pk: 9})


def test_a_buyer_who_was_faster_by_a_moment_is_noticed_and_all_is_put_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    lamp = make_variant(shops["home"], stock=9)
    shirt = make_variant(shops["apparel"], stock=2, title="Linen shirt")
    fill(key, (lamp, shops["home"], 1), (shirt, shops["apparel"], 2))
    before = contents(key)

    def rival_first(*args: Any, **options: Any) -> Any:
        Variant.objects.filter(pk=shirt.pk).update(stock=1)
        return make_offer(*args, **options)

    monkeypatch.setattr("orders.checkout.services.make_offer", rival_first)
    with pytest.raises(errors.ItemsUnavailable) as refusal:
        place(key, shops["apparel"])

    assert refusal.value.problems == [
        "Only 1 of “Linen shirt” are left, and your cart holds 2. Please choose fewer."
    ]
    unchanged(key, before, {lamp.pk: 9, shirt.pk: 2})


@pytest.mark.parametrize("method", ["courier", "pigeon", "retired"])
def test_a_way_of_delivery_that_is_not_offered_there_is_refused(method: str) -> None:
    make_methods()
    ShippingMethod.objects.create(slug="retired", original_name="Retired", price=1, is_active=False)
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=2)
    fill(key, (shirt, shops["apparel"], 1))
    before = contents(key)

    with pytest.raises(errors.ShippingNotOffered):
        place(key, shops["apparel"], shipping_method=method)

    unchanged(key, before, {shirt.pk: 2})


def test_a_way_of_delivery_for_some_countries() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["apparel"], price="1.00"), shops["apparel"], 1))

    order = place(
        key,
        shops["apparel"],
        shipping_method="courier",
        address=replace(ADDRESS, country_code="de"),
    )

    assert (order.shipping_method_name, order.total) == ("Courier", Decimal("10.00"))


@pytest.mark.parametrize("what", ["price", "shipping", "quantity", "new line"])
def test_what_changed_since_the_shopper_saw_it_is_asked_again(what: str) -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=5, price="10.00")
    cart = fill(key, (shirt, shops["apparel"], 1))
    agreed = offer(key, shops["apparel"])
    if what == "price":
        Variant.objects.update(price="12.00")
    elif what == "shipping":
        ShippingMethod.objects.filter(slug="standard").update(price="6.90")
    elif what == "quantity":
        cart.lines.update(quantity=2)
    else:
        fill(key, (shirt, shops["galleria"], 1))
    before = contents(key)

    with pytest.raises(errors.OfferChanged) as refusal:
        place(key, shops["apparel"], agreed_offer=agreed)

    total = {"price": "€16.90", "shipping": "€16.90"}.get(what, "€24.90")
    assert f"The total is now {total}." in refusal.value.problems[0]
    unchanged(key, before, {shirt.pk: 5})


def test_a_retired_session_orders_nothing() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=5)
    fill(key, (shirt, shops["apparel"], 1))
    ensure_rows([key])
    Session.objects.update(state="retired")
    before = contents(key)

    with pytest.raises(SessionGone):
        place(key, shops["apparel"])

    unchanged(key, before, {shirt.pk: 5})


def test_the_same_key_from_the_same_session_is_the_same_order() -> None:
    make_methods()
    shops, key, checkout_key = make_shops(), new_key(), new_checkout_key()
    shirt = make_variant(shops["apparel"], stock=5)
    fill(key, (shirt, shops["apparel"], 1))

    first = place(key, shops["apparel"], checkout_key=checkout_key)
    fill(key, (shirt, shops["apparel"], 2))
    second = place(key, shops["home"], checkout_key=checkout_key, agreed_offer="")

    assert first == second
    shirt.refresh_from_db()
    assert shirt.stock == 4
    assert contents(key) == [(shirt.pk, "apparel", 2)]


def test_the_repeated_post_of_a_session_that_was_linked_meanwhile_finds_its_order() -> None:
    make_methods()
    shops, checkout_key = make_shops(), new_checkout_key()
    old, root = sorted([new_key(), new_key()])
    fill(old, (make_variant(shops["apparel"]), shops["apparel"], 1))
    first = place(old, shops["apparel"], checkout_key=checkout_key)
    merge_carts(old, root)
    ensure_rows([root])
    Session.objects.filter(key=old).update(state="linked", successor=root)

    assert place(old, shops["apparel"], checkout_key=checkout_key) == first
    assert Order.objects.count() == 1


def test_somebody_elses_key_gives_neither_their_order_nor_another() -> None:
    make_methods()
    shops, mine, theirs, checkout_key = make_shops(), new_key(), new_key(), new_checkout_key()
    shirt = make_variant(shops["apparel"], stock=5)
    fill(theirs, (shirt, shops["apparel"], 1))
    fill(mine, (shirt, shops["apparel"], 1))
    order = place(theirs, shops["apparel"], checkout_key=checkout_key)

    with pytest.raises(errors.CheckoutKeyUsed) as refusal:
        place(mine, shops["apparel"], checkout_key=checkout_key)

    assert order.number not in str(refusal.value)
    assert list(Order.objects.all()) == [order]
    assert contents(mine) == [(shirt.pk, "apparel", 1)]
    shirt.refresh_from_db()
    assert shirt.stock == 4


@pytest.mark.parametrize("method", ["on-delivery", "sandbox"])
def test_placing_takes_the_same_queries_however_much_is_ordered(method: str) -> None:
    make_methods()
    shops = make_shops()
    counts = []
    for size in (2, 20, 60):
        key = new_key()
        lines = ((make_variant(shops["home"], stock=9), shops["home"], 1) for _ in range(size))
        fill(key, *lines)
        agreed = offer(key, shops["home"])
        with CaptureQueriesContext(connection) as queries:
            place(key, shops["home"], payment_method=method, agreed_offer=agreed)
        counts.append(len(queries))

    assert len(set(counts)) == 1, counts
