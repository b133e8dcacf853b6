"""From a cart to an order in the Store API: `orders.checkout.services`, as on the web."""

from contextlib import suppress
from hashlib import sha256

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.caller import customer_of
from accounts.countries import delivery_countries
from carts.refusals import UnknownCart
from carts.services import dismiss_notices
from orders.api import order_shapes as shapes
from orders.api.cart_build import cart_shape
from orders.api.lookup import Basket, CartView, actor_on, basket_of, cart_of, holder_of
from orders.api.order_build import order_shape
from orders.api.orders import may_see, told_of
from orders.api.providers import can_be_paid_by
from orders.checkout import paying
from orders.checkout.errors import (
    CartEmpty,
    CheckoutKeyUsed,
    ItemsUnavailable,
    OfferChanged,
    OrderError,
    VoucherUsedUp,
)
from orders.checkout.services import PostalAddress, Wish, place_order
from orders.checkout.steps import ASKED
from orders.checkout.visit import ADDRESS_FIELDS
from orders.models import Order
from orders.payment.errors import PaymentError
from shop.api.base.errors import InvalidData, NotAllowed
from shop.storefronts.addresses import absolute

REASONS: dict[type[OrderError], str] = {
    OfferChanged: "price_changed",
    VoucherUsedUp: "promotion_used_up",
}
"""What it may cost now instead: the cart shows it, and the next call agrees to it."""


class Complete(CartView):
    """Ordering what is in a cart."""

    @extend_schema(operation_id="complete_cart", request=None, responses=shapes.Completion)
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Order it; repeated, also at the same moment, it is the same order.

        The order is the cart's owner's. A token that comes with a guest's cart changes nothing
        about that, and neither does the e-mail address.
        """
        try:
            return _ordered(request, _place(request, basket_of(request, id), id), id)
        except (UnknownCart, CheckoutKeyUsed):
            placed = told_of(Order.objects.filter(checkout_key=checkout_key(id))).first()
            if placed is None or not may_see(placed, customer_of(request)):
                raise UnknownCart from None
            return _ordered(request, placed, id)
        except CartEmpty:
            cart_of(request, id)  # not there any more: somebody was faster
            raise
        except ItemsUnavailable as refusal:
            raise NotAllowed(" ".join(refusal.problems), "insufficient_inventory") from None
        except tuple(REASONS) as refusal:
            return _not_ordered(request, refusal, id)


def checkout_key(cart_id: str) -> str:
    """What an order of this cart is known by: no cart gets the same id again."""
    return "api-" + sha256(cart_id.encode()).hexdigest()[:60]


def _place(request: Request, basket: Basket, cart_id: str) -> Order:
    """Place the order. Raises InvalidData for what was not entered, and `place_order`'s errors."""
    _refuse_unfinished(basket)
    _refuse_dearer(basket)
    entry = basket.checkout
    return place_order(
        holder=basket.holder,
        storefront=basket.storefront,
        customer=basket.customer,
        wish=Wish(
            email=basket.email,
            address=PostalAddress(**{name: getattr(entry, name) for name in ADDRESS_FIELDS}),
            billing=PostalAddress(**entry.billing) if entry.billing else None,
            shipping_method=entry.shipping_method,
            payment_method=entry.payment_method,
            consent_at=entry.consent_at,
        ),
        checkout_key=checkout_key(cart_id),
        agreed_offer=basket.offer.name,
        site_url=absolute(request._request, basket.storefront, ""),
        by=actor_on(request, basket.holder),
    )


def _refuse_unfinished(basket: Basket) -> None:
    """Refuse what was not entered, the first thing first. An empty cart is `place_order`'s."""
    entry = basket.checkout
    served = {code for code, _name in delivery_countries()}
    there = {
        "contact": bool(basket.email),
        "address": bool(entry.address_1) and entry.country_code in served,
        "shipping": basket.offer.chosen is not None,
        "payment": can_be_paid_by(entry.payment_method),
    }
    for step, is_there in there.items():
        if not is_there and not basket.contents.is_empty:
            raise InvalidData(str(ASKED[step]))


def _refuse_dearer(basket: Basket) -> None:
    """Refuse, once, a price that is higher than when the shopper last changed the cart.

    The answer shows it; whoever completes again has seen it. What changes from here on is refused
    by the name of the offer.
    """
    now = {line.key: line.unit_price for line in basket.offer.breakdown.lines}
    seen = [(line.seen_price, now[line.pk]) for line in basket.contents.lines]
    if any(before is not None and before < price for before, price in seen):
        dismiss_notices(basket.holder)
        raise OfferChanged(basket.offer.breakdown.total)


def _ordered(request: Request, order: Order, cart_id: str) -> Response:
    """The order. One that is paid on a gateway's pages says where, if the gateway answers."""
    if order.status == Order.Status.PENDING:
        with suppress(PaymentError):
            by = actor_on(request, holder_of(request, cart_id))
            paying.begin(order, by=by, site_url=order.site_url)
    found = told_of(Order.objects.filter(pk=order.pk)).get()
    return Response({"type": "order", "order": order_shape(request, found)})


def _not_ordered(request: Request, refusal: OrderError, cart_id: str) -> Response:
    """The cart as it is now, and why it was not ordered; nothing has changed."""
    error = {
        "name": REASONS[type(refusal)],
        "type": "not_allowed",
        "message": " ".join(refusal.problems),
    }
    cart = cart_shape(request, basket_of(request, cart_id))
    return Response({"type": "cart", "cart": cart, "error": error})
