"""Which cart a call may touch, and all that is known of it.

A cart's id is a secret of its own: 128 random bits that the API has told one caller, and no web
page shows. A cart that has a customer is there for that customer's token only; to everyone else it
looks as if there were none. See docs/decisions/0015-the-id-of-a-cart.md.
"""

import re
from dataclasses import dataclass

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.caller import actor_of, customer_of, storefront_of
from accounts.models import User
from carts import refusals
from carts.guessing import TooManyCodes
from carts.holders import CartHolder, carts_of
from carts.models import Cart
from carts.queries import CartContents, cart_contents
from orders.checkout.entries import entered
from orders.checkout.errors import OrderError
from orders.checkout.offers import Buyer, Offer, make_offer
from orders.models import Checkout
from shop.api.base.errors import ApiError, InvalidData, NotAllowed, NotFound, TooManyRequests
from shop.api.base.views import StoreView
from shop.audit.actors import Actor
from shop.pricing.taxes import home_country
from shop.storefronts.models import Storefront

_ID = re.compile(r"cart_([A-Za-z0-9_-]{22})")


@dataclass(frozen=True, slots=True)
class Basket:
    """A cart as one call finds it.

    customer: whose cart it is, None for a guest's, also where a customer looks at it. checkout:
    what was entered for it. offer: what it comes to, with the chosen way of delivery.
    """

    cart: Cart
    holder: CartHolder
    storefront: Storefront
    customer: User | None
    contents: CartContents
    checkout: Checkout
    offer: Offer

    @property
    def id(self) -> str:
        """How the API names the cart."""
        return cart_id(self.cart)

    @property
    def email(self) -> str:
        """The address that was typed, else the customer's; "" where neither is known."""
        return _email(self.checkout, self.customer)


class CartView(StoreView):
    """A call about a cart: what carts and checkout refuse is told in the API's words."""

    def handle_exception(self, exc: Exception) -> Response:
        """The same sentence as on the web."""
        if isinstance(exc, refusals.CartError | OrderError):
            exc = told(exc)
        return super().handle_exception(exc)


def told(refusal: refusals.CartError | OrderError) -> ApiError:
    """A refusal of the carts or of the checkout, as the API writes it."""
    match refusal:
        case OrderError():
            return NotAllowed(" ".join(refusal.problems))
        case (
            refusals.UnknownCart()
            | refusals.UnknownLine()
            | refusals.UnknownVariant()
            | refusals.NotSoldHere()
        ):
            return NotFound(str(refusal))
        case refusals.NotEnoughStock():
            return NotAllowed(str(refusal), "insufficient_inventory")
        case TooManyCodes():
            return TooManyRequests(str(refusal), refusal.wait)
        case refusals.CartFull():
            return NotAllowed(str(refusal))
        case _:
            return InvalidData(str(refusal))


def cart_id(cart: Cart) -> str:
    """How the API names a cart that it may be asked for."""
    return f"cart_{cart.public_id}"


def holder_of(request: Request, asked_id: object) -> CartHolder:
    """What this call has to show for the cart of that id. Raises UnknownCart for what is no id."""
    match = _ID.fullmatch(asked_id) if isinstance(asked_id, str) else None
    if match is None:
        raise refusals.UnknownCart
    customer = customer_of(request)
    return CartHolder(match[1], customer.pk if customer else None)


def actor_on(request: Request, holder: CartHolder) -> Actor:
    """The caller, as the cart's audit trail writes it down."""
    return actor_of(request, secret=holder.public_id)


def cart_of(request: Request, asked_id: object) -> Cart:
    """The cart of that id, or of one that it was known by before. One query.

    Raises UnknownCart, also for a cart of another customer, and of any customer to a guest.
    """
    cart = carts_of(holder_of(request, asked_id)).first()
    if cart is None:
        raise refusals.UnknownCart
    return cart


def basket_of(request: Request, asked_id: object) -> Basket:
    """The cart of that id with its contents and prices. Raises UnknownCart.

    While no address is known, taxes and delivery are those of the storefront's home country. The
    same number of queries however much the cart holds.
    """
    cart, storefront = cart_of(request, asked_id), storefront_of(request)
    # A token that comes with a guest's cart does not make it the customer's, and should it become
    # theirs meanwhile, this call has nothing to show for it.
    customer = customer_of(request) if cart.customer_id is not None else None
    holder = CartHolder(holder_of(request, asked_id).public_id, customer.pk if customer else None)
    contents, checkout = cart_contents(holder, storefront), entered(holder, customer)
    country = checkout.country_code or home_country(storefront).lower()
    buyer = Buyer(storefront, customer, country, _email(checkout, customer))
    return Basket(
        cart=cart,
        holder=holder,
        storefront=storefront,
        customer=customer,
        contents=contents,
        checkout=checkout,
        offer=make_offer(contents.lines, contents.codes, buyer, method=checkout.shipping_method),
    )


def _email(checkout: Checkout, customer: User | None) -> str:
    return checkout.email or (customer.email if customer else "")
