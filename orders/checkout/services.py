"""Placing an order: everything that becomes final happens here, in one transaction."""

import logging
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language

from accounts.models import User
from carts.holders import Holder, locked_cart
from carts.models import Cart
from carts.queries import Line, lines_of, stock_problem
from carts.services import hand_over
from orders import mails
from orders.checkout.errors import (
    CartEmpty,
    CheckoutKeyUsed,
    ItemsUnavailable,
    PaymentNotOffered,
    ShippingNotOffered,
    VoucherUsedUp,
)
from orders.checkout.instructions import instructions_for
from orders.checkout.offers import Buyer, Offer, make_offer
from orders.lifecycle import GRACE
from orders.models import (
    BillingAddress,
    Checkout,
    Order,
    OrderDiscount,
    OrderLine,
    OrderTax,
)
from orders.payment.addresses import SiteUrls
from orders.payment.errors import NoSuchGateway
from orders.payment.gateways import offered_gateway
from orders.payment.services import begin
from orders.webhooks import services as webhooks
from orders.webhooks.models import Event
from shop.audit import trail
from shop.audit.actors import Actor, email_fingerprint
from shop.pricing.services import PromotionUsedUp, redeem
from shop.stock import services as stock
from shop.stock.services import OutOfStock
from shop.storefronts.models import Storefront

logger = logging.getLogger(__name__)

TIME_TO_PAY: Final = timedelta(minutes=30)
"""How long the goods are held for somebody who pays on a gateway's pages."""


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """Where something goes. `country_code` is ISO 3166-1 alpha-2 in lower case."""

    first_name: str
    last_name: str
    address_1: str
    city: str
    country_code: str
    company: str = ""
    address_2: str = ""
    postal_code: str = ""
    province: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """All that a shopper decides: who they are, where it goes, how it gets there and is paid.

    billing: where the invoice is made out to; None: to where the parcel goes. The methods are
    slugs. consent_at: when they agreed to the terms.
    """

    email: str
    address: PostalAddress
    shipping_method: str
    payment_method: str
    billing: PostalAddress | None = None
    consent_at: datetime | None = field(default_factory=timezone.now)


def place_order(
    *,
    holder: Holder,
    storefront: Storefront,
    customer: User | None,
    wish: Wish,
    checkout_key: str,
    agreed_offer: str | None,
    site_url: str,
    by: Actor,
) -> Order:
    """Turn the holder's cart into an order: promise or take the stock, freeze it, empty the cart.

    holder: whose cart it is. storefront: where it is ordered. customer: who is signed in with this
    request, None for a guest. checkout_key: from the form; the same key of the same shopper is the
    same order, however often and however concurrently it comes. agreed_offer: `Offer.name` of
    what the shopper saw; None where the caller has no page, and the shopper agreed to whatever it
    costs now. site_url: scheme and host, for the links in mails. by: who places it.

    An order to be paid on a gateway's pages is pending and its goods are promised for
    `TIME_TO_PAY`; the caller sends the shopper there (`orders.payment.services.begin`) once this
    is committed. Any other is accepted at once.

    Raises CartEmpty, ItemsUnavailable, ShippingNotOffered, PaymentNotOffered, VoucherUsedUp,
    OfferChanged, CheckoutKeyUsed, or sessionsync's SessionGone; then nothing has changed.
    """
    try:
        with transaction.atomic():
            cart = locked_cart(holder)
            placed = Order.objects.filter(checkout_key=checkout_key).first()
            if placed is not None:
                if _is_theirs(placed, cart, by):
                    return placed
                raise CheckoutKeyUsed
            lines = _orderable_lines(cart)
            if cart is None or not lines:
                raise CartEmpty
            buyer = Buyer(storefront, customer, wish.address.country_code, wish.email)
            offer = make_offer(lines, cart.codes, buyer, method=wish.shipping_method)
            if offer.chosen is None:
                raise ShippingNotOffered
            pays_first = _pays_first(wish.payment_method)
            objection = offer.objection(agreed_offer) if agreed_offer is not None else None
            if objection:
                raise objection
            order = _write(
                offer,
                wish,
                pays_first=pays_first,
                cart=cart,
                storefront=storefront,
                customer=customer,
                checkout_key=checkout_key,
                session_fingerprint=by.session[:16],
                site_url=site_url,
                language=get_language() or settings.LANGUAGE_CODE,
            )
            _take(order, lines, pays_first=pays_first, by=by)
            _redeem(order, offer, customer)
            # The order goes on with the trail that its cart has had so far.
            order.trail = hand_over(cart)
            order.save(update_fields=["trail"])
            Checkout.objects.filter(cart=cart).delete()
            _record(order, by)
            webhooks.announce(order, Event.PLACED)
            if not pays_first:
                # No gateway is asked: this payment is a row like the order's own.
                begin(order, by=by, urls=SiteUrls(site_url))
                order = Order.objects.select_related("storefront").get(pk=order.pk)
                mails.queue_order_placed(order, instructions_for(order))
    except IntegrityError:
        # Another shopper used the key at the same moment.
        if Order.objects.filter(checkout_key=checkout_key).exists():
            raise CheckoutKeyUsed from None
        raise
    logger.info("order %s placed on %s", order.number, storefront.slug)
    return order


def _is_theirs(order: Order, cart: Cart | None, by: Actor) -> bool:
    """Whether who asks is who ordered.

    That is told by the cart, which may have gone to another session since, or by the session.
    """
    same_cart = cart is not None and order.cart_id == cart.pk
    return same_cart or (by.session != "" and order.session_fingerprint == by.session[:16])


def _orderable_lines(cart: Cart | None) -> list[Line]:
    lines = lines_of(list(cart.lines.select_related("storefront"))) if cart else []
    problems = list(dict.fromkeys(line.problem for line in lines if line.problem))
    if problems:
        raise ItemsUnavailable(*problems)
    return lines


def _pays_first(payment_method: str) -> bool:
    try:
        return offered_gateway(payment_method).redirects
    except NoSuchGateway:
        raise PaymentNotOffered from None


def _take(order: Order, lines: list[Line], *, pays_first: bool, by: Actor) -> None:
    """Promise the stock, or take it.

    The lines looked fine a moment ago; another buyer may have been faster.
    """
    wanted: Counter[int] = Counter()
    for line in lines:
        wanted[line.variant.pk] += line.quantity
    until = (order.expires_at or order.placed_at) + GRACE
    try:
        stock.reserve(order.token, wanted, until=until, by=by)
        if not pays_first:
            stock.sell(order.token, by=by)
    except OutOfStock as gone:
        variant = next(line.variant for line in lines if line.variant.pk == gone.variant_id)
        held = wanted[gone.variant_id]
        raise ItemsUnavailable(stock_problem(variant, gone.available, held)) from gone


def _redeem(order: Order, offer: Offer, customer: User | None) -> None:
    try:
        redeem(offer.breakdown, reference=order.token, customer=customer, email=order.email)
    except PromotionUsedUp as gone:
        raise VoucherUsedUp(str(gone)) from gone


def _write(offer: Offer, wish: Wish, *, pays_first: bool, **facts: Any) -> Order:
    """Freeze what is bought, at the prices of the offer."""
    priced = offer.breakdown
    shipping = priced.shipping
    assert shipping is not None  # noqa: S101 (the caller has chosen one)
    now = timezone.now()
    order = Order.objects.create(
        number=secrets.token_hex(10),  # nobody sees it: the next statement gives the real one
        status=Order.Status.PENDING if pays_first else Order.Status.PLACED,
        placed_at=now,
        expires_at=now + TIME_TO_PAY if pays_first else None,
        email=wish.email,
        consent_at=wish.consent_at,
        shipping_method=shipping.method_slug,
        shipping_method_name=shipping.name,
        payment_method=wish.payment_method,
        currency=settings.SHOP_CURRENCY,
        items_subtotal=priced.items_subtotal,
        discount_total=priced.discount_total,
        shipping_price=shipping.price,
        shipping_total=priced.shipping_total,
        tax_total=priced.tax_total,
        tax_included=priced.tax_included,
        total=priced.total,
        **asdict(wish.address),
        **facts,
    )
    order.number = order_number(order)
    order.save(update_fields=["number"])
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            variant=line.variant,
            storefront=line.storefront,
            product_title=line.variant.product.title,
            product_slug=line.variant.product.slug,
            variant_title=line.variant.title,
            sku=line.variant.sku,
            unit_price=line.unit_price,
            compare_at=line.compare_at,
            quantity=line.quantity,
            discount_total=line.discount_total,
            tax_rate=line.tax_rate,
            tax=line.tax,
            total=line.total,
        )
        for line in priced.lines
    )
    OrderDiscount.objects.bulk_create(
        OrderDiscount(
            order=order,
            promotion_id=discount.promotion_id,
            code=discount.code,
            name=discount.name,
            amount=discount.amount,
        )
        for discount in priced.discounts
    )
    OrderTax.objects.bulk_create(
        OrderTax(order=order, rate=tax.rate, name=tax.name, base=tax.base, amount=tax.amount)
        for tax in priced.taxes
    )
    if wish.billing is not None:
        BillingAddress.objects.create(order=order, **asdict(wish.billing))
    return order


def _record(order: Order, by: Actor) -> None:
    facts: Mapping[str, Any] = {
        "number": order.number,
        "email": email_fingerprint(order.email),
        "account_email": email_fingerprint(order.customer.email) if order.customer else "",
        "country": order.country_code,
        "shipping": order.shipping_method,
        "payment": order.payment_method,
        "total": str(order.total),
        "currency": order.currency,
        "lines": [
            {
                "variant": line.variant_id,
                "storefront": line.storefront.slug,
                "quantity": line.quantity,
                "unit_price": str(line.unit_price),
                "total": str(line.total),
            }
            for line in order.lines.select_related("storefront")
        ],
    }
    trail.record(order.trail, "order.placed", by, **facts)


def order_number(order: Order) -> str:
    """What people say on the phone: G-2026-000123.

    The digits are the primary key, which the database hands out: no two orders ever ask for the
    same number, and none waits for another to get one. Gaps are possible and mean nothing.
    """
    return f"G-{timezone.localtime(order.placed_at).year}-{order.pk:06d}"
