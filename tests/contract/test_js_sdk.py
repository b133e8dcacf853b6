"""@medusajs/js-sdk, as the Next.js storefront uses it, from sign-up to order."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.pages.running import ROOT, Demo

SCRIPT = Path(__file__).with_name("js_sdk.mjs")
# What pages of the storefront read, and crash without.
TOTALS = (
    *("total", "subtotal", "item_total", "item_subtotal", "shipping_total", "shipping_subtotal"),
    *("tax_total", "discount_total", "discount_subtotal"),
)
PROVIDERS = {
    *("pp_system_default", "pp_stripe_stripe", "pp_medusa-payments_default"),
    *("pp_stripe-ideal_stripe", "pp_stripe-bancontact_stripe", "pp_paypal_paypal"),
}


@pytest.fixture(scope="session", params=["galleria", "home"])
def seen(request: pytest.FixtureRequest, demo: Demo) -> Any:
    """What the script saw, shopping at a storefront by its key."""
    shop = request.param
    done = subprocess.run(
        [
            *("node", str(SCRIPT), f"http://127.0.0.1:{demo.port}", f"pk_demo_{shop}"),
            f"ada.{shop}@shop.example",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return {"shop": shop, **json.loads(done.stdout)}


def test_the_catalogue_has_all_that_pages_read(seen: Any) -> None:
    told = seen["catalogue"]
    [region] = told["regions"]
    assert {"iso_2": "be", "display_name": "Belgium"}.items() <= next(
        country for country in region["countries"] if country["iso_2"] == "be"
    ).items()
    assert isinstance(told["collections"], list)
    assert all(category["handle"] for category in told["product_categories"])
    assert told["listed"]["count"] >= len(told["listed"]["products"]) > 0
    for product in told["listed"]["products"]:
        assert isinstance(product["images"], list)
        for variant in product["variants"]:
            assert isinstance(variant["images"], list)
            price = variant["calculated_price"]
            assert 0 < price["calculated_amount"] <= price["original_amount"]
            assert price["calculated_price"]["price_list_type"] in {None, "sale"}
    assert [each["id"] for each in told["byHandle"]["products"]] == [told["product"]["id"]]


@pytest.mark.parametrize("who", ["asGuest", "asCustomer"])
def test_a_purchase_adds_up_and_happens_once(seen: Any, who: str) -> None:
    bought = seen[who]
    assert bought["early"]["status"] == 400
    assert bought["removed"]["deleted"] is True
    cart, order = bought["cart"], bought["order"]
    assert [line["quantity"] for line in cart["items"]] == [3]
    for name in TOTALS:
        assert isinstance(cart[name], int | float), name
        assert order[name] == pytest.approx(cart[name]), name
    assert cart["total"] == pytest.approx(cart["item_total"] + cart["shipping_total"])
    assert [each["name"] for each in cart["shipping_methods"]] == ["Standard"]
    for option in bought["shipping_options"]:
        assert option["price_type"] == "flat"
        assert isinstance(option["prices"], list)
        assert option["service_zone"]["fulfillment_set"]["type"] in {"shipping", "pickup"}
    assert {each["id"] for each in bought["payment_providers"]} <= PROVIDERS
    [session] = cart["payment_collection"]["payment_sessions"]
    assert (session["provider_id"], session["status"]) == ("pp_system_default", "pending")

    assert bought["done"]["type"] == bought["again"]["type"] == "order"
    assert bought["done"]["order"]["id"] == bought["again"]["order"]["id"] == order["id"]
    assert order["shipping_address"]["country_code"] == "be"
    [collection] = order["payment_collections"]
    assert [payment["provider_id"] for payment in collection["payments"]] == ["pp_system_default"]
    assert collection["payments"][0]["amount"] == pytest.approx(order["total"])
    assert order["email"].endswith(f"ada.{seen['shop']}@shop.example")


def test_a_guest_is_nobody_and_a_customer_is_herself(seen: Any) -> None:
    nobody = {"status": 401, "message": "Unauthorized"}
    assert seen["guestIsNobody"] == seen["guestHasNoList"] == nobody
    assert seen["asGuest"]["cart"]["customer_id"] is None
    assert seen["asCustomer"]["cart"]["customer_id"] == seen["customer"]["id"] == seen["me"]["id"]
    assert [each["id"] for each in seen["orders"]["orders"]] == [seen["asCustomer"]["order"]["id"]]
    assert seen["orders"]["count"] == 1
    assert seen["guestLooks"]["status"] == 404
    assert seen["wrong"] == {"status": 401, "message": "Invalid email or password"}
    assert seen["twice"] == {"status": 401, "message": "Identity with email already exists"}
    assert [each["address_name"] for each in seen["me"]["addresses"]] == ["Home"]


def test_a_guests_cart_becomes_the_customers_and_closes(seen: Any) -> None:
    assert seen["strangerTakes"]["status"] == 401
    assert seen["taken"]["customer_id"] == seen["customer"]["id"]
    assert [line["quantity"] for line in seen["taken"]["items"]] == [2]
    assert seen["closed"]["status"] == 404
