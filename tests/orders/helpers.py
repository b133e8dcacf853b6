"""An order about to be placed, for the tests of orders."""

from dataclasses import fields
from decimal import Decimal
from typing import Any

from accounts.models import User
from carts.queries import cart_contents
from orders.checkout.forms import new_checkout_key
from orders.checkout.offers import Buyer, make_offer
from orders.checkout.services import PostalAddress, Wish, place_order
from orders.models import Order, ShippingMethod
from sessionsync.fingerprints import fingerprint
from shop.audit.actors import Actor
from shop.storefronts.models import Storefront

EMAIL = "ada@example.com"
ADDRESS = PostalAddress(
    first_name="Ada",
    last_name="Lovelace",
    address_1="12 St James's Square",
    city="London",
    postal_code="SW1Y 4JH",
    country_code="gb",
)
WISH = {field.name for field in fields(Wish)}


def make_methods() -> None:
    """Two ways of delivery, one of them for Germany only."""
    ShippingMethod.objects.create(
        slug="standard", original_name="Standard", price=Decimal("4.90"), position=1
    )
    ShippingMethod.objects.create(
        slug="courier", original_name="Courier", price=Decimal("9.00"), countries=["de"], position=2
    )


def wish(**changed: Any) -> Wish:
    """What a shopper decides who has no special wishes."""
    given: dict[str, Any] = {
        "email": EMAIL,
        "address": ADDRESS,
        "shipping_method": "standard",
        "payment_method": "on-delivery",
    }
    return Wish(**{**given, **changed})


def offer(
    session_key: str,
    shop: Storefront,
    customer: User | None = None,
    country: str = "",
    method: str = "",
) -> str:
    """What a checkout page would show now to somebody of whom it knows no more than this."""
    page = cart_contents(session_key, shop)
    buyer = Buyer(shop, customer, country)
    return make_offer(page.lines, page.codes, buyer, method=method, or_first=True).name


def shopper_of(session_key: str, customer: User | None = None, shop: str = "") -> Actor:
    """Who this session's requests come from, as the audit trail names them."""
    return Actor(
        "customer" if customer else "guest",
        "session",
        customer_id=customer.pk if customer else None,
        storefront=shop,
        session=fingerprint(session_key),
    )


def place(session_key: str, shop: Storefront, **changed: Any) -> Order:
    """Place an order of what the session's cart holds: see `wish` and `place_order`."""
    customer = changed.get("customer")
    given: dict[str, Any] = {
        "holder": session_key,
        "storefront": shop,
        "customer": customer,
        "wish": wish(**{name: changed.pop(name) for name in WISH & set(changed)}),
        "checkout_key": new_checkout_key(),
        "site_url": f"https://{shop.domain}",
        "by": shopper_of(session_key, customer, shop.slug),
    }
    given.update(changed)
    if "agreed_offer" not in given:
        wanted = given["wish"]
        country, method = wanted.address.country_code, wanted.shipping_method
        given["agreed_offer"] = offer(session_key, shop, customer, country, method)
    return place_order(**given)
