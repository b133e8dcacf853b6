"""Ways of delivery in the Store API."""

from decimal import Decimal
from typing import Any

import pytest

from orders.models import Checkout, ShippingMethod, ShippingRate
from shop.pricing.models import HomeCountry
from tests.api.shopping import HOME, begin, everything, put
from tests.carts.helpers import make_variant
from tests.orders.helpers import make_methods

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def methods() -> None:
    make_methods()


@pytest.fixture
def cart(call: Any, shops: Any) -> str:
    made = begin(call)
    put(call, made, make_variant(shops["galleria"], price="20.00"), 2)
    return made


def so(slug: str) -> str:
    return f"so_{ShippingMethod.objects.get(slug=slug).pk}"


def options(call: Any, cart: str, **how: Any) -> list[dict[str, Any]]:
    answer = call("GET", f"/store/shipping-options?cart_id={cart}", **how)
    assert answer.status == 200, answer.body
    told: list[dict[str, Any]] = answer.body["shipping_options"]
    return told


def test_an_option_has_all_that_storefronts_read(call: Any, cart: str) -> None:
    first, second = options(call, cart)

    assert (first["id"], first["name"], first["amount"]) == (so("standard"), "Standard", 4.9)
    assert (first["price_type"], first["insufficient_inventory"]) == ("flat", False)
    assert [(each["amount"], each["price_rules"]) for each in first["prices"]] == [(4.9, [])]
    assert first["prices"][0]["currency_code"] == "eur"
    assert first["calculated_price"]["calculated_amount"] == 4.9
    assert first["service_zone"] == {
        "fulfillment_set": {"type": "shipping", "location": {"address": None}}
    }
    assert second["name"] == "Courier"


def test_without_an_address_it_goes_to_the_storefronts_home_country(
    call: Any, cart: str, shops: Any
) -> None:
    HomeCountry.objects.create(storefront=shops["jewelry"], country="FR")
    assert [each["name"] for each in options(call, cart)] == ["Standard", "Courier"]
    assert [each["name"] for each in options(call, cart, shop="jewelry")] == ["Standard"]


def test_with_an_address_it_goes_there(call: Any, cart: str) -> None:
    there = {**HOME, "country_code": "fr"}
    call("POST", f"/store/carts/{cart}", {"shipping_address": there})
    assert [each["name"] for each in options(call, cart)] == ["Standard"]


def test_an_empty_cart_has_options_too(call: Any) -> None:
    assert len(options(call, begin(call))) == 2


def test_a_shop_without_delivery_has_an_empty_list(call: Any, cart: str) -> None:
    ShippingMethod.objects.all().delete()
    assert options(call, cart) == []


def test_free_from_a_total_on_is_told_before_it_is_reached(call: Any, cart: str) -> None:
    method = ShippingMethod.objects.get(slug="standard")
    for total, price in [("100.00", "0.00"), ("50.50", "2.50")]:
        ShippingRate.objects.create(
            method=method, min_total=Decimal(total), price=Decimal(price), countries=["de"]
        )
    ShippingRate.objects.create(method=method, price=Decimal("3.90"), countries=["de"])

    prices = options(call, cart)[0]["prices"]

    rule = {"attribute": "item_total", "operator": "gte"}
    assert [(each["amount"], each["price_rules"]) for each in prices] == [
        (3.9, []),
        (2.5, [{**rule, "value": "50.5"}]),
        (0, [{**rule, "value": "100"}]),
    ]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("?cart_id=", 400),
        ("?cart_id=%00", 400),
        ("?cart_id=cart_1", 404),
        ("?cart_id=" + "x" * 5000, 404),
        ("?cart_id=cart_" + "A" * 22, 404),
    ],
)
def test_no_cart_no_options(call: Any, query: str, status: int) -> None:
    answer = call("GET", f"/store/shipping-options{query}")
    assert answer.status == status
    assert answer.body["message"]
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_way_is_chosen_and_replaced(call: Any, cart: str) -> None:
    path = f"/store/carts/{cart}/shipping-methods"
    told = call("POST", path, {"option_id": so("courier"), "data": {"a": 1}}).body["cart"]
    [method] = told["shipping_methods"]
    assert (method["name"], method["amount"], method["total"]) == ("Courier", 9, 9)
    assert method["shipping_option_id"] == so("courier")
    assert (told["shipping_total"], told["shipping_subtotal"], told["total"]) == (9, 9, 49)

    told = call("POST", path, {"option_id": so("standard")}).body["cart"]
    assert [each["name"] for each in told["shipping_methods"]] == ["Standard"]
    assert told["total"] == 44.9
    assert Checkout.objects.get().shipping_method == "standard"


def test_a_way_that_does_not_go_there_any_more_is_no_longer_chosen(call: Any, cart: str) -> None:
    call("POST", f"/store/carts/{cart}/shipping-methods", {"option_id": so("courier")})
    there = {**HOME, "country_code": "fr"}
    told = call("POST", f"/store/carts/{cart}", {"shipping_address": there}).body["cart"]
    assert (told["shipping_methods"], told["shipping_total"], told["total"]) == ([], 0, 40)


@pytest.mark.parametrize(
    ("sent", "status", "kind"),
    [
        ({}, 400, "invalid_data"),
        ({"option_id": None}, 400, "invalid_data"),
        ({"option_id": ["so_1"]}, 400, "invalid_data"),
        ({"option_id": "so_999999"}, 400, "not_allowed"),
        ({"option_id": "standard"}, 400, "not_allowed"),
        ({"option_id": "x" * 41}, 400, "invalid_data"),
    ],
)
def test_a_way_that_is_none_changes_nothing(
    call: Any, cart: str, sent: Any, status: int, kind: str
) -> None:
    before = everything()
    answer = call("POST", f"/store/carts/{cart}/shipping-methods", sent)
    assert (answer.status, answer.body["type"]) == (status, kind)
    assert everything() == before


def test_a_way_that_does_not_go_there_is_not_chosen(call: Any, cart: str) -> None:
    there = {**HOME, "country_code": "fr"}
    call("POST", f"/store/carts/{cart}", {"shipping_address": there})
    before = everything()
    path = f"/store/carts/{cart}/shipping-methods"
    assert call("POST", path, {"option_id": so("courier")}).status == 400
    ShippingMethod.objects.filter(slug="standard").update(is_active=False)
    assert call("POST", path, {"option_id": so("standard")}).status == 400
    assert everything() == before


def test_a_price_can_be_asked_for(call: Any, cart: str) -> None:
    path = f"/store/shipping-options/{so('courier')}/calculate"
    told = call("POST", path, {"cart_id": cart, "data": {}}).body["shipping_option"]
    assert (told["id"], told["amount"]) == (so("courier"), 9)
    assert call("POST", path, {}).status == 400
    assert call("POST", path, {"cart_id": "cart_x"}).status == 404
    assert call("POST", "/store/shipping-options/so_9/calculate", {"cart_id": cart}).status == 404
