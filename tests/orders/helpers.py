"""An order about to be placed, for the tests of orders."""

from decimal import Decimal
from typing import Any

from carts.queries import cart_page
from orders.forms import new_checkout_key
from orders.models import Order, ShippingMethod
from orders.services import Recipient, offer_digest, place_order
from shop.storefronts.models import Storefront

RECIPIENT = Recipient(
    email="ada@example.com",
    first_name="Ada",
    last_name="Lovelace",
    address_1="12 St James's Square",
    city="London",
    postal_code="SW1Y 4JH",
    country_code="gb",
)


def make_methods() -> None:
    """Two ways of delivery, one of them for Germany only."""
    ShippingMethod.objects.create(
        slug="standard", name="Standard", price=Decimal("4.90"), position=1
    )
    ShippingMethod.objects.create(
        slug="courier", name="Courier", price=Decimal("9.00"), countries=["de"], position=2
    )


def offer(session_key: str, shop: Storefront) -> str:
    """What a checkout page would show now."""
    lines = cart_page(session_key, shop).lines
    return offer_digest(lines, list(ShippingMethod.objects.offered()))


def place(session_key: str, shop: Storefront, **changed: Any) -> Order:
    """Place an order of what the session's cart holds."""
    given: dict[str, Any] = {
        "session_key": session_key,
        "storefront": shop,
        "customer": None,
        "recipient": RECIPIENT,
        "shipping_method": "standard",
        "payment_method": "on-delivery",
        "checkout_key": new_checkout_key(),
        "site_url": f"https://{shop.domain}",
    }
    given.update(changed)
    if "agreed_offer" not in given:
        given["agreed_offer"] = offer(session_key, shop)
    return place_order(**given)
