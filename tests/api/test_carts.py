"""Carts in the Store API: beginning, entering, codes, and what they come to."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.tokens.services import issue
from carts.holders import CartHolder
from carts.models import Cart
from carts.queries import cart_page
from orders.models import Checkout, ShippingMethod
from shop.audit.actors import email_fingerprint
from shop.audit.models import Entry
from tests.api.calling import Caller
from tests.api.shopping import HOME, begin, everything, held, put
from tests.carts.helpers import fill, make_variant, new_key, shopper, signed_in_key, together
from tests.orders.helpers import make_methods
from tests.pricing.factories import promotion, tax

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann@example.com", "correct horse battery")


@pytest.fixture
def token(ann: User, shops: Any) -> str:
    return issue(ann, shops["galleria"])


def test_a_guests_cart_has_all_that_storefronts_read(call: Any) -> None:
    answer = call("POST", "/store/carts", {"region_id": "reg_eur", "locale": "en", "odd": [1]})

    assert answer.status == 200
    cart = answer.body["cart"]
    assert len(cart["id"]) == len("cart_") + 22
    assert (cart["region_id"], cart["currency_code"]) == ("reg_eur", "eur")
    assert {"iso_2", "display_name"} <= set(cart["region"]["countries"][0])
    for name in ("email", "customer_id", "shipping_address", "billing_address"):
        assert cart[name] is None
    assert cart["payment_collection"] is None
    for name in ("items", "promotions", "shipping_methods", "gift_cards"):
        assert cart[name] == []
    for name in ("item", "shipping", ""):
        prefix = f"{name}_" if name else ""
        assert cart[f"{prefix}total"] == cart[f"{prefix}subtotal"] == 0
    assert cart["discount_total"] == cart["discount_subtotal"] == cart["tax_total"] == 0
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Authorization" in answer.headers["Vary"]
    assert call("GET", f"/store/carts/{cart['id']}").body == answer.body


def test_each_guest_gets_a_cart_of_their_own(call: Any) -> None:
    assert begin(call) != begin(call)
    assert Cart.objects.count() == 2


def test_a_cart_may_begin_with_what_goes_in(call: Any, shops: Any) -> None:
    shirt = make_variant(shops["apparel"])
    sent = {
        "email": "Guest@example.com",
        "items": [{"variant_id": f"variant_{shirt.pk}", "quantity": 2}],
        "shipping_address": HOME,
    }
    cart = call("POST", "/store/carts", sent, shop="apparel").body["cart"]
    assert held(cart) == [(f"variant_{shirt.pk}", 2)]
    assert (cart["email"], cart["shipping_address"]["city"]) == ("Guest@example.com", "Berlin")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"region_id": "reg_usd"}, 400),
        ({"region_id": ["reg_eur"]}, 400),
        ({"email": "nobody"}, 400),
        ({"email": {"a": 1}}, 400),
        ({"items": {"variant_id": "variant_1"}}, 400),
        ({"items": [{"variant_id": "variant_1"}]}, 400),
        ({"items": [{"variant_id": "variant_999999", "quantity": 1}]}, 404),
        ({"items": [{"variant_id": "variant_1", "quantity": 1}] * 101}, 400),
        ({"promo_codes": ["NOTHING"]}, 400),
        ({"promo_codes": "NOTHING"}, 400),
        ({"shipping_address": "addr_1"}, 400),
    ],
)
def test_a_cart_that_cannot_begin_so_does_not_begin(
    call: Any, token: str, sent: dict[str, Any], status: int
) -> None:
    for who in (None, token):
        answer = call("POST", "/store/carts", sent, token=who)
        assert answer.status == status
        assert answer.body["type"] == ("not_found" if status == 404 else "invalid_data")
        assert answer.body["message"]
    assert everything() == [[], [], [], []]


def test_a_customer_has_one_cart_here_and_on_the_web(
    call: Any, shops: Any, ann: User, token: str
) -> None:
    shirt = make_variant(shops["galleria"])
    web = shopper(signed_in_key(ann), shops["galleria"])
    assert web.post(reverse("carts:add"), {"variant": shirt.pk, "quantity": 2}).status_code == 303

    cart = call("POST", "/store/carts", {"region_id": "reg_eur"}, token=token).body["cart"]

    assert held(cart) == [(f"variant_{shirt.pk}", 2)]
    assert (cart["customer_id"], cart["email"]) == (f"cus_{ann.pk}", ann.email)
    assert begin(call, token=token) == cart["id"]
    put(call, cart["id"], shirt, 3, token=token)
    assert Cart.objects.get().lines.get().quantity == 5
    assert "5" in web.get(reverse("carts:cart")).content.decode()


def test_a_customers_cart_is_one_on_all_storefronts_and_keeps_where_things_came_from(
    call: Any, shops: Any, ann: User, token: str
) -> None:
    shirt, lamp = make_variant(shops["apparel"]), make_variant(shops["home"])
    apparel, home = issue(ann, shops["apparel"]), issue(ann, shops["home"])
    cart = begin(call, token=apparel, shop="apparel")
    put(call, cart, shirt, token=apparel, shop="apparel")
    put(call, cart, lamp, token=home, shop="home")

    seen = call("GET", f"/store/carts/{cart}", token=home, shop="home").body["cart"]

    origins = {each["variant_id"]: each["metadata"]["storefront"] for each in seen["items"]}
    assert origins == {f"variant_{shirt.pk}": "apparel", f"variant_{lamp.pk}": "home"}
    assert begin(call, token=token) == cart


def test_what_is_entered_comes_back(call: Any, shops: Any) -> None:
    cart = begin(call)
    sent = {
        "email": "guest@example.com",
        "shipping_address": {**HOME, "country_code": "DE"},
        "billing_address": HOME,
    }
    answer = call("POST", f"/store/carts/{cart}", sent)

    told = answer.body["cart"]
    assert answer.status == 200
    assert told["email"] == "guest@example.com"
    for name in ("shipping_address", "billing_address"):
        assert {key: told[name][key] for key in HOME} == HOME
    row = Checkout.objects.get()
    assert (row.customer_id, row.billing, row.phone) == (None, {}, HOME["phone"])
    assert told["customer_id"] is None
    elsewhere = {**HOME, "city": "Bonn", "phone": ""}
    told = call("POST", f"/store/carts/{cart}", {"billing_address": elsewhere}).body["cart"]
    assert (told["shipping_address"]["city"], told["billing_address"]["city"]) == ("Berlin", "Bonn")
    assert told["email"] == "guest@example.com"
    told = call("POST", f"/store/carts/{cart}", {"email": "other@example.com"}).body["cart"]
    assert told["shipping_address"]["phone"] == HOME["phone"]
    assert (told["email"], told["billing_address"]["city"]) == ("other@example.com", "Bonn")


@pytest.mark.parametrize(
    ("province", "kept"),
    [
        ("US-CA", "CA"),
        ("us-ca", "CA"),
        ("ca", "CA"),
        ("California", "California"),
        ("Kalifornien", "Kalifornien"),
        ("BR-PA", "BR-PA"),
    ],
)
def test_a_province_may_be_a_code_and_no_name_is_refused(
    call: Any, province: str, kept: str
) -> None:
    cart = begin(call)
    home = {**HOME, "country_code": "us", "postal_code": "near Oakland", "province": province}

    answer = call("POST", f"/store/carts/{cart}", {"shipping_address": home})

    assert answer.status == 200
    assert answer.body["cart"]["shipping_address"]["province"] == kept
    assert Checkout.objects.get().postal_code == "near Oakland"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"email": "guest"}, "email: This is not a complete e-mail address"),
        ({"email": ""}, "email"),
        ({"shipping_address": {**HOME, "country_code": "kp"}}, "We do not deliver there"),
        ({"shipping_address": {**HOME, "country_code": "Germany"}}, "shipping_address.country"),
        ({"shipping_address": {**HOME, "postal_code": ""}}, "Please enter the postal code."),
        (
            {"shipping_address": {**HOME, "country_code": "us"}},
            "province: Please enter the state or province.",
        ),
        ({"shipping_address": {**HOME, "city": None}}, "shipping_address.city"),
        ({"shipping_address": {**HOME, "city": "x" * 121}}, "shipping_address.city"),
        ({"shipping_address": {**HOME, "first_name": " "}}, "Please enter your first name."),
        ({"shipping_address": {**HOME, "phone": "call me"}}, "phone"),
        ({"shipping_address": {**HOME, "address_1": ["x"]}}, "shipping_address.address_1"),
        ({"billing_address": {**HOME, "phone": "<b>"}}, "billing_address.phone"),
        ({"billing_address": {"city": "Bonn"}}, "billing_address.first_name"),
        ({"email": "new@example.com", "promo_codes": ["NOPE"]}, "NOPE"),
        ({"promo_codes": [5.5, {"a": 1}]}, "promo_codes"),
        ({"region_id": "reg_usd", "email": "new@example.com"}, "Region"),
    ],
)
def test_what_cannot_be_entered_changes_nothing(
    call: Any, shops: Any, sent: dict[str, Any], said: str
) -> None:
    cart = begin(call)
    put(call, cart, make_variant(shops["galleria"]))
    call("POST", f"/store/carts/{cart}", {"email": "old@example.com", "shipping_address": HOME})
    before = everything()

    answer = call("POST", f"/store/carts/{cart}", sent)

    assert (answer.status, answer.body["type"]) == (400, "invalid_data")
    assert said in answer.body["message"]
    assert everything() == before


@pytest.mark.parametrize(
    "body", ["[]", "{", '"x"', "\x00", '{"email": "a\\u0000@b.c"}', "[" * 9999]
)
def test_a_body_that_is_none_changes_nothing(call: Any, keys: Any, body: str) -> None:
    cart = begin(call)
    before = everything()
    headers = {"x-publishable-api-key": keys["galleria"]}
    for path in (
        f"/store/carts/{cart}",
        "/store/carts",
        f"/store/carts/{cart}/line-items",
        f"/store/carts/{cart}/shipping-methods",
        f"/store/carts/{cart}/promotions",
    ):
        answer = call.client.post(path, body, content_type="application/json", headers=headers)
        assert answer.status_code == 400
        assert answer.json()["type"] == "invalid_data"
    huge = '{"email": "' + "x" * 70_000 + '"}'
    answer = call.client.post(
        f"/store/carts/{cart}", huge, content_type="application/json", headers=headers
    )
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        "The body is larger than 64 KiB.",
    )
    assert everything() == before


def test_an_update_makes_nobody_its_customer(call: Any, ann: User, token: str) -> None:
    cart = begin(call)
    sent = {"customer_id": f"cus_{ann.pk}", "email": ann.email, "customer": {"id": "cus_1"}}
    for who in (None, token):
        told = call("POST", f"/store/carts/{cart}", sent, token=who).body["cart"]
        assert (told["customer_id"], told["email"]) == (None, ann.email)
    assert Cart.objects.get().customer is None
    assert Checkout.objects.get().customer is None


def test_each_step_is_on_the_trail_with_who_did_it(
    call: Any, shops: Any, ann: User, token: str
) -> None:
    cart = begin(call)
    put(call, cart, make_variant(shops["galleria"]))
    call("POST", f"/store/carts/{cart}", {"email": "guest@example.com"})
    call("POST", f"/store/carts/{cart}/customer", token=token, user_agent="Shop/1")

    trail = list(Entry.objects.order_by("pk"))

    assert [each.action for each in trail] == [
        "cart.made",
        "cart.line_added",
        "checkout.contact",
        "cart.customer_attached",
    ]
    assert {each.channel for each in trail} == {"api"}
    guest = {(each.kind, each.how, each.session) for each in trail[:3]}
    assert len(guest) == 1
    kind, how, session = guest.pop()
    assert (kind, how) == ("guest", "none")
    assert session
    assert cart[5:] not in session
    assert trail[2].facts == {"email": email_fingerprint("guest@example.com")}
    last = trail[3]
    assert (last.kind, last.how, last.customer_id) == ("customer", "token", ann.pk)
    assert last.session.count(".") == 1


def test_codes_are_replaced_by_those_that_are_sent(call: Any, shops: Any) -> None:
    promotion("TEN")
    promotion("MINUS5", kind="fixed", percent=None, amount=Decimal("5.00"))
    cart = begin(call)
    put(call, cart, make_variant(shops["galleria"], price="20.00"), 2)

    told = call("POST", f"/store/carts/{cart}", {"promo_codes": [" ten ", None, "TEN"]}).body
    assert [each["code"] for each in told["cart"]["promotions"]] == ["TEN"]
    assert told["cart"]["promotions"][0]["application_method"] == {
        "type": "fixed",
        "value": 4,
        "currency_code": "eur",
    }
    assert (told["cart"]["total"], told["cart"]["discount_total"]) == (36, 4)

    told = call("POST", f"/store/carts/{cart}", {"promo_codes": ["MINUS5"]}).body
    assert [each["code"] for each in told["cart"]["promotions"]] == ["MINUS5"]
    assert told["cart"]["total"] == 35
    told = call("POST", f"/store/carts/{cart}", {"promo_codes": []}).body
    assert (told["cart"]["promotions"], told["cart"]["total"]) == ([], 40)


def test_codes_are_added_and_taken_out_one_by_one(call: Any, shops: Any) -> None:
    promotion("TEN")
    promotion("MINUS5", kind="fixed", percent=None, amount=Decimal("5.00"))
    cart = begin(call)
    put(call, cart, make_variant(shops["galleria"], price="20.00"), 2)
    path = f"/store/carts/{cart}/promotions"
    call("POST", path, {"promo_codes": ["TEN"]})
    told = call("POST", path, {"promo_codes": ["MINUS5"]}).body["cart"]
    assert {each["code"] for each in told["promotions"]} == {"TEN", "MINUS5"}

    before = everything()
    refused = call("POST", path, {"promo_codes": ["OTHER"]})
    assert (refused.status, refused.body["type"]) == (400, "invalid_data")
    assert call("POST", path, {}).status == 400
    assert everything() == before

    told = call("DELETE", path, {"promo_codes": ["ten", "OTHER"]}).body["cart"]
    assert [each["code"] for each in told["promotions"]] == ["MINUS5"]


def test_an_offer_without_a_code_has_its_name_and_may_be_sent_back(call: Any, shops: Any) -> None:
    promotion(name="Summer sale")
    promotion("MINUS5", kind="fixed", percent=None, amount=Decimal("5.00"))
    cart = begin(call)
    told = put(call, cart, make_variant(shops["galleria"], price="20.00")).body["cart"]
    assert [(each["code"], each["is_automatic"]) for each in told["promotions"]] == [
        ("Summer sale", True)
    ]
    sent = {"promo_codes": ["Summer sale", "MINUS5"]}
    assert call("POST", f"/store/carts/{cart}", sent).status == 200
    assert Cart.objects.get().codes == ["MINUS5"]


def test_a_code_that_counts_no_more_is_still_told(call: Any, shops: Any) -> None:
    promotion("BIG", minimum_total=Decimal(30))
    cart = begin(call)
    line = put(call, cart, make_variant(shops["galleria"], price="20.00"), 2).body["cart"]
    call("POST", f"/store/carts/{cart}", {"promo_codes": ["BIG"]})
    path = f"/store/carts/{cart}/line-items/{line['items'][0]['id']}"
    told = call("POST", path, {"quantity": 1}).body["cart"]
    assert [(each["code"], each["application_method"]["value"]) for each in told["promotions"]] == [
        ("BIG", 0)
    ]
    assert told["total"] == 20


@pytest.mark.parametrize("included", [True, False])
def test_totals_are_those_of_the_web_and_add_up(
    call: Any, shops: Any, settings: Any, included: bool
) -> None:
    settings.SHOP_PRICES_INCLUDE_TAX = included
    tax("DE", "19")
    make_methods()
    promotion("TEN")
    promotion("FREE", kind="free-shipping", percent=None, amount=Decimal("2.00"))
    shirt = make_variant(shops["galleria"], price="9.99")
    cart = begin(call)
    put(call, cart, shirt, 3)
    call("POST", f"/store/carts/{cart}", {"promo_codes": ["TEN", "FREE"]})
    option = f"so_{ShippingMethod.objects.get(slug='standard').pk}"
    path = f"/store/carts/{cart}/shipping-methods"
    told = call("POST", path, {"option_id": option}).body["cart"]

    page = cart_page(CartHolder(cart[5:]), shops["galleria"], country="de")
    web = page.breakdown
    assert told["total"] == float(web.total)
    assert told["tax_total"] == float(web.tax_total)
    assert told["items"][0]["unit_price"] == 9.99
    if included:
        assert told["discount_total"] == float(web.discount_total) == 5
        assert told["shipping_total"] == float(web.shipping_total) == 2.9
        assert told["item_total"] == float(web.items_total) == 26.97
        assert told["original_total"] == 34.87
    for prefix in ("", "item_", "shipping_"):
        net = told[f"{prefix}subtotal"] - told[f"{prefix}discount_subtotal"]
        total = told[f"{prefix}total"]
        assert net + told[f"{prefix}tax_total"] == pytest.approx(total, abs=1e-9)
        original = told[f"original_{prefix}total"]
        assert original - told[f"{prefix}discount_total"] == pytest.approx(total, abs=1e-9)
    parts = told["item_subtotal"] + told["shipping_subtotal"]
    assert parts == pytest.approx(told["subtotal"], abs=1e-9)
    assert told["items"][0]["original_total"] > told["items"][0]["total"]


def test_money_is_numbers_and_nothing_else(call: Any, shops: Any) -> None:
    cart = begin(call)
    told = put(call, cart, make_variant(shops["galleria"], price="10.50")).body["cart"]
    for thing in (told, told["items"][0]):
        for name, value in thing.items():
            if name.endswith(("total", "price")) and name != "compare_at_unit_price":
                assert type(value) in {int, float}, name
    assert told["items"][0]["unit_price"] == 10.5


def test_what_a_merge_changed_is_told(call: Any, shops: Any, ann: User, token: str) -> None:
    shirt, lamp = make_variant(shops["galleria"]), make_variant(shops["galleria"])
    saved = begin(call, token=token)
    put(call, saved, lamp, 2, token=token)
    cart = begin(call)
    put(call, cart, shirt)
    told = call("POST", f"/store/carts/{cart}/customer", token=token).body["cart"]
    assert len(told["metadata"]["notices"]) == 1
    assert str(lamp) in told["metadata"]["notices"][0]


def test_as_many_queries_for_twenty_lines_as_for_one(call: Any, shops: Any) -> None:
    make_methods()
    promotion(name="Sale")
    cart = begin(call)
    put(call, cart, make_variant(shops["galleria"]))
    call("POST", f"/store/carts/{cart}", {"email": "a@example.com", "shipping_address": HOME})
    paths = [f"/store/carts/{cart}", f"/store/shipping-options?cart_id={cart}"]

    def queries() -> list[int]:
        counts = []
        for path in paths:
            with CaptureQueriesContext(connection) as seen:
                assert call("GET", path).status == 200
            counts.append(len(seen))
        return counts

    queries()
    one = queries()
    for _ in range(19):
        put(call, cart, make_variant(shops["galleria"]))
    assert queries() == one
    assert max(one) <= 18


def test_a_web_guests_cart_is_not_reached(call: Any, shops: Any) -> None:
    key = new_key()
    cart = fill(key, (make_variant(shops["galleria"]), shops["galleria"], 1))
    for name in (key, key[:22], str(cart.pk), cart.trail, cart.trail[:22], "", "None"):
        assert call("GET", f"/store/carts/cart_{name}").status == 404
        assert call("GET", f"/store/carts/{name or 'cart_'}").status == 404


def test_texts_are_in_the_language_that_is_asked_for(call: Any) -> None:
    answer = call("GET", "/store/carts/cart_x", x_medusa_locale="zh-Hans")
    assert (answer.status, answer.body["type"]) == (404, "not_found")
    assert answer.body["message"] != "This cart does not exist."
    assert call("GET", "/store/carts/cart_x").body["message"] == "This cart does not exist."


@pytest.mark.django_db(transaction=True)
def test_a_customer_who_begins_twice_at_once_has_one_cart(
    keys: Any, shops: Any, ann: User, token: str
) -> None:
    def begins() -> str:
        client = Client(HTTP_HOST=shops["galleria"].domain)
        return begin(Caller(client, keys), token=token)

    ids = together(begins, begins, begins)

    assert set(ids) == {f"cart_{Cart.objects.get().public_id}"}
