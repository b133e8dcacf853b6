"""Staff look at orders and carts; they do not rewrite what happened."""

import re

import pytest
from django.test import Client
from django.utils import translation

from accounts.models import User
from carts.models import Cart
from orders.models import Order, ShippingMethod
from sessionsync.fingerprints import fingerprint
from sessionsync.models import Session
from shop.storefronts.models import Storefront
from tests.carts.helpers import fill, make_shops, make_variant, new_key, shopper
from tests.orders.helpers import make_methods, place

pytestmark = pytest.mark.django_db


def staff(main: Storefront) -> Client:
    """A browser that is signed in as an administrator."""
    user = User.objects.create_superuser("staff@example.com", "secret")
    Client(headers={"host": main.domain}).force_login(user)
    session = Session.objects.get(state="open", principal=str(user.pk))
    return shopper(session.key, main)


def test_orders_are_found_and_cannot_be_rewritten() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["home"], title="Bowl"), shops["home"], 2))
    order = place(key, shops["apparel"])
    client = staff(shops["galleria"])
    page = f"/admin/orders/order/{order.pk}/change/"

    for query in (order.number, "ada@example.com", fingerprint(key), "Bowl"):
        answer = client.get("/admin/orders/order/", {"q": query})
        assert answer.status_code == 200
        assert order.number in answer.content.decode()
    filters = {"storefront__id__exact": shops["home"].pk}
    assert order.number not in client.get("/admin/orders/order/", filters).content.decode()
    shown = client.get(page)
    assert shown.status_code == 200
    assert "Bowl" in shown.content.decode()
    assert order.checkout_key not in shown.content.decode()

    assert client.post(page, {"email": "evil@example.com"}).status_code == 403
    assert client.get("/admin/orders/order/add/").status_code == 403
    assert (
        client.post(f"/admin/orders/order/{order.pk}/delete/", {"post": "yes"}).status_code == 403
    )
    assert Order.objects.get().email == "ada@example.com"


def test_an_orders_trail_is_a_table_with_a_heading_for_each_column() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["home"], title="Bowl"), shops["home"], 2))
    order = place(key, shops["apparel"])

    page = staff(shops["galleria"]).get(f"/admin/orders/order/{order.pk}/change/").content.decode()

    head, body = (
        page.split('<table class="exchange-table"><thead>')[1]
        .split("</table>")[0]
        .split("</thead>")
    )
    assert re.findall(r'<th scope="col">(.*?)</th>', head) == [
        "When", "Action", "Who", "Identified by", "Channel", "Storefront",
    ]  # fmt: skip
    rows = [re.findall("<td>(.*?)</td>", row) for row in body.split("</tr>")[:-1]]
    assert {len(row) for row in rows} == {6}
    assert "order.placed" in [row[1] for row in rows]
    assert "catalogue/exchange.css" in page  # which draws it


def test_carts_are_for_looking_at_and_name_no_session() -> None:
    shops, key = make_shops(), new_key()
    cart = fill(key, (make_variant(shops["home"], title="Bowl"), shops["home"], 2))
    client = staff(shops["galleria"])

    listed = client.get("/admin/carts/cart/")
    shown = client.get(f"/admin/carts/cart/{cart.pk}/change/")

    assert listed.status_code == shown.status_code == 200
    assert fingerprint(key) in listed.content.decode()
    assert "Bowl" in shown.content.decode()
    assert key not in listed.content.decode() + shown.content.decode()
    assert client.post(f"/admin/carts/cart/{cart.pk}/delete/", {"post": "y"}).status_code == 403
    assert Cart.objects.count() == 1


def test_ways_of_delivery_can_be_changed() -> None:
    make_methods()
    shops = make_shops()
    client = staff(shops["galleria"])
    method = ShippingMethod.objects.get(slug="standard")

    answer = client.post(
        f"/admin/orders/shippingmethod/{method.pk}/change/",
        {
            "slug": "standard",
            "name": "Standard",
            "name_zh_hans": "标准",
            "price": "5.50",
            "countries": '["de"]',
            "tax_class": "",
            "is_active": "on",
            "position": "1",
            "rates-TOTAL_FORMS": "1",
            "rates-INITIAL_FORMS": "0",
            "rates-0-countries": "[]",
            "rates-0-min_weight_grams": "0",
            "rates-0-min_total": "100",
            "rates-0-price": "0",
        },
    )

    assert answer.status_code == 302
    method.refresh_from_db()
    assert (str(method.price), method.countries) == ("5.50", ["de"])
    with translation.override("zh-hans"):
        assert method.name == "标准"
    rate = method.rates.get()
    assert (str(rate.min_total), str(rate.price), rate.countries) == ("100.00", "0.00", [])
