"""Checkout and the order's page, as a browser without script uses them."""

import re
from decimal import Decimal
from html import unescape
from urllib.parse import urlencode

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from carts.models import Cart, CartLine
from orders.checkout.pages import CHECKING_OUT
from orders.models import Order, ShippingMethod
from sessionsync.engine import SessionStore
from sessionsync.goods import SessionGone
from sessionsync.models import Session
from shop.catalogue.models import Variant
from shop.mailing.models import OutgoingMail
from shop.storefronts.models import Storefront
from tests.carts import helpers
from tests.carts.helpers import contents, fill, make_shops, make_variant, new_key
from tests.orders.helpers import make_methods, place

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
FIELDS = {
    "email": "ada@example.com",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "address_1": "12 St James's Square",
    "address_2": "",
    "city": "London",
    "postal_code": "SW1Y 4JH",
    "province": "",
    "country_code": "gb",
    "phone": "",
    "shipping_method": "standard",
    "payment_method": "on-delivery",
}


def shopper(session_key: str, shop: Storefront) -> Client:
    """A browser whose session got its new token for the checkout already (see test_journey)."""
    session = SessionStore(session_key)
    session[CHECKING_OUT] = True
    session.save()
    return helpers.shopper(session_key, shop)


def hidden(page: bytes) -> dict[str, str]:
    """The hidden fields of the checkout form."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.decode())
    return {name: unescape(value) for name, value in found if name in {"checkout_key", "offer"}}


def filled(client: Client, **changed: str) -> dict[str, str]:
    """The form as a shopper sends it who has just opened the page."""
    return {**FIELDS, **hidden(client.get("/checkout/").content), **changed}


@pytest.mark.parametrize("site", ["galleria", "apparel", "home"])
def test_an_order_on_every_storefront(
    site: str,
) -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], price="10.00", title="Linen shirt")
    bowl = make_variant(shops["home"], price="7.05")
    fill(key, (shirt, shops["apparel"], 2), (bowl, shops["home"], 1))
    client = shopper(key, shops[site])

    page = client.get("/checkout/")
    assert page.status_code == 200
    totals = page.context["totals"]
    assert (totals.items, totals.delivery.amount, totals.total) == (
        Decimal("27.05"),
        Decimal("4.90"),
        Decimal("31.95"),
    )
    answer = client.post("/checkout/", filled(client))

    order = Order.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"/orders/{order.token}/")
    assert (order.storefront, order.customer) == (shops[site], None)
    assert order.total == Decimal("31.95")
    assert [line.storefront.slug for line in order.lines.all()] == ["apparel", "home"]
    assert contents(key) == []
    queued = OutgoingMail.objects.get()
    assert (queued.to, queued.reference) == ("ada@example.com", order.token)
    assert f"http://{site}.example/orders/{order.token}/" in queued.text

    page = client.get(answer["Location"])
    assert page.status_code == 200
    assert order.number in page.content.decode()
    assert "Linen shirt" in page.content.decode()


def test_the_orders_page_keeps_its_address_to_itself(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    fill(key, *((make_variant(shops["home"]), shops["home"], 1) for _ in range(12)))
    order = place(key, shops["home"])
    stranger = shopper(new_key(), shops["apparel"])  # the address is all it takes, on any site
    stranger.get("/")

    with django_assert_num_queries(11):
        answer = stranger.get(f"/orders/{order.token}/")

    assert answer.status_code == 200
    assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Robots-Tag"] == "noindex"
    assert len(answer.context["lines"]) == 12


@pytest.mark.parametrize("token", ["x", "A" * 22, "1", "G-2026-000001"])
def test_an_unknown_order_is_not_found(token: str) -> None:
    shops = make_shops()
    assert shopper(new_key(), shops["home"]).get(f"/orders/{token}/").status_code == 404


def test_orders_are_not_found_by_number_or_key_or_the_apis_id() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["home"]), shops["home"], 1))
    order = place(key, shops["home"])
    client = shopper(key, shops["home"])

    told = (order.number, order.pk, order.checkout_key, order.session_fingerprint)
    for guess in (*told, order.public_id, f"order_{order.public_id}"):
        for page in ("", "invoice.pdf"):
            assert client.get(f"/orders/{guess}/{page}").status_code == 404


def test_nothing_to_order_leads_back_to_the_cart() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    client = shopper(key, shops["apparel"])
    key_and_offer = {"checkout_key": "k" * 43, "offer": ""}

    for send in (client.get, client.post):
        answer = send("/checkout/", FIELDS | key_and_offer)
        assert (answer.status_code, answer["Location"]) == (303, "/cart/")
        said = [str(each) for each in get_messages(client.get("/cart/").wsgi_request)]
        assert said == ["Your cart is empty, so there is nothing to order."]
    assert not Order.objects.exists()


def test_a_cart_with_a_problem_leads_back_to_the_cart() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=1)
    fill(key, (shirt, shops["apparel"], 2))
    client = shopper(key, shops["apparel"])

    assert client.get("/checkout/")["Location"] == "/cart/"
    said = [str(each) for each in get_messages(client.get("/cart/").wsgi_request)]
    assert said == ["Please look at your cart first: not everything in it can be ordered."]


def test_stock_gone_since_the_page_was_opened_is_said_and_nothing_ordered() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=2, title="Linen shirt")
    fill(key, (shirt, shops["apparel"], 2))
    client = shopper(key, shops["apparel"])
    data = filled(client)
    Variant.objects.update(stock=1)

    answer = client.post("/checkout/", data)

    assert answer.status_code == 200
    assert answer.context["problems"] == [
        "Only 1 of “Linen shirt” are left, and your cart holds 2. Please choose fewer."
    ]
    assert "Only 1 of “Linen shirt” are left" in answer.content.decode()
    assert not Order.objects.exists()
    assert contents(key) == [(shirt.pk, "apparel", 2)]


def test_a_price_that_changed_is_confirmed_before_it_is_charged() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], price="10.00")
    fill(key, (shirt, shops["apparel"], 1))
    client = shopper(key, shops["apparel"])
    data = filled(client, first_name="Augusta")
    Variant.objects.update(price="12.00")

    asked = client.post("/checkout/", data)

    assert asked.status_code == 200
    assert "The total is now €16.90." in asked.content.decode()
    assert 'value="Augusta"' in asked.content.decode()
    assert not Order.objects.exists()

    answer = client.post("/checkout/", data | hidden(asked.content))
    assert answer.status_code == 303
    assert Order.objects.get().total == Decimal("16.90")


def test_a_price_that_changed_is_told_beside_a_mistake_in_the_form() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["apparel"], price="10.00"), shops["apparel"], 1))
    client = shopper(key, shops["apparel"])
    data = filled(client, city="")
    Variant.objects.update(price="12.00")

    page = client.post("/checkout/", data).content.decode()

    assert "The total is now €16.90." in page
    assert "Please enter the city." in page


def test_what_a_merge_brought_in_is_told_at_checkout() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["apparel"]), shops["apparel"], 1))
    Cart.objects.update(notices=[{"code": "joined", "count": 2}])

    page = shopper(key, shops["apparel"]).get("/checkout/").content.decode()

    assert page.count("2 items from your other visit were added to this cart.") == 1


def test_a_form_that_tells_nothing_of_what_was_shown_is_asked_again() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["apparel"]), shops["apparel"], 1))
    client = shopper(key, shops["apparel"])

    for data in (FIELDS, FIELDS | {"checkout_key": "guessable"}, filled(client, offer="")):
        answer = client.post("/checkout/", data)
        assert answer.status_code == 200
        assert not Order.objects.exists()


def test_a_double_click_is_one_order() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=5)
    fill(key, (shirt, shops["apparel"], 1))
    client = shopper(key, shops["apparel"])
    data = filled(client)

    first, second = client.post("/checkout/", data), client.post("/checkout/", data)

    assert first["Location"] == second["Location"]
    assert Order.objects.count() == 1
    assert Variant.objects.get().stock == 4


def test_somebody_elses_key_leads_to_a_new_form_and_not_to_their_order() -> None:
    make_methods()
    shops, mine, theirs = make_shops(), new_key(), new_key()
    shirt = make_variant(shops["apparel"], stock=5)
    fill(theirs, (shirt, shops["apparel"], 1))
    fill(mine, (shirt, shops["apparel"], 1))
    other, client = shopper(theirs, shops["apparel"]), shopper(mine, shops["apparel"])
    stolen = filled(other)
    taken = other.post("/checkout/", stolen)["Location"]

    answer = client.post("/checkout/", stolen)

    assert answer.status_code == 200
    assert taken not in answer.content.decode()
    assert contents(mine) == [(shirt.pk, "apparel", 1)]
    assert hidden(answer.content)["checkout_key"] != stolen["checkout_key"]
    again = client.post("/checkout/", stolen | hidden(answer.content))
    assert again.status_code == 303
    assert again["Location"] != taken
    assert Order.objects.count() == 2


def test_a_session_that_ends_in_the_middle_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"])
    fill(key, (shirt, shops["apparel"], 1))
    client = shopper(key, shops["apparel"])
    data = filled(client)

    def gone(_session_key: str) -> str:
        raise SessionGone

    monkeypatch.setattr("orders.checkout.services.locked_cart", gone)
    answer = client.post("/checkout/", data)

    assert "Your visit had ended meanwhile" in answer.content.decode()
    assert not Order.objects.exists()
    assert contents(key) == [(shirt.pk, "apparel", 1)]


def test_each_rendering_has_a_key_of_its_own() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["apparel"]), shops["apparel"], 1))
    client = shopper(key, shops["apparel"])

    keys = {filled(client)["checkout_key"] for _ in range(5)}

    assert len(keys) == 5
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", each) for each in keys)


def test_who_is_signed_in_owns_the_order_and_finds_their_name_filled_in(
    django_user_model: type[User],
) -> None:
    make_methods()
    shops = make_shops()
    ada = django_user_model.objects.create_user("ada@example.com", "secret", first_name="Ada")
    client = Client(headers={"host": "galleria.example", "sec-fetch-mode": "cors"})
    client.force_login(ada)
    session = Session.objects.get(state="open", principal=str(ada.pk))
    client = shopper(session.key, shops["apparel"])
    mine = Cart.objects.create(customer=ada)
    shirt = make_variant(shops["apparel"])
    CartLine.objects.create(cart=mine, variant=shirt, storefront=shops["apparel"], quantity=1)

    page = client.get("/checkout/").content.decode()
    assert 'value="ada@example.com"' in page
    client.post("/checkout/", filled(client, email="other@example.com"))

    order = Order.objects.get()
    assert (order.customer, order.email) == (ada, "other@example.com")


def test_without_a_way_of_delivery_nothing_can_be_ordered() -> None:
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["apparel"]), shops["apparel"], 1))
    client = shopper(key, shops["apparel"])

    assert client.get("/checkout/").context["totals"].delivery is None
    assert client.post("/checkout/", filled(client)).status_code == 200
    assert not ShippingMethod.objects.exists()
    assert not Order.objects.exists()


@pytest.mark.parametrize("size", [1, 5, 50])
def test_checkout_takes_the_same_queries_whatever_the_cart(
    size: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    fill(key, *((make_variant(shops["home"], stock=9), shops["home"], 1) for _ in range(size)))
    client = shopper(key, shops["galleria"])
    client.get("/checkout/")

    with django_assert_num_queries(17):
        client.get("/checkout/")


@pytest.mark.parametrize("value", ["", "\x00", "x" * 100_000, "<b>bold</b>", "\ud83e"])
@pytest.mark.parametrize("name", [*FIELDS, "checkout_key", "offer"])
def test_nonsense_in_a_field_is_answered(name: str, value: str) -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=5)
    fill(key, (shirt, shops["apparel"], 1))
    client = shopper(key, shops["apparel"])

    data = {**filled(client), name: value}
    answer = client.post("/checkout/", urlencode(data, errors="surrogatepass"), FORM)

    assert "<b>bold" not in answer.content.decode()
    if answer.status_code == 200:
        assert not Order.objects.exists()
        assert contents(key) == [(shirt.pk, "apparel", 1)]
    else:  # an optional field may be empty, and a name may be strange
        assert answer.status_code == 303
        assert Order.objects.get().total == Decimal("14.90")
        assert len(value) < 1000
        assert "\x00" not in value
