"""Placing an order: everything that becomes final happens here, in one transaction."""

import logging
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import User
from carts.models import Cart
from carts.queries import Line, lines_of, stock_problem
from orders import mails
from orders.models import Order, OrderLine, ShippingMethod
from sessionsync.fingerprints import fingerprint
from sessionsync.goods import lock_session
from shop.catalogue.money import format_money
from shop.catalogue.services import OutOfStock, take_stock
from shop.storefronts.models import Storefront

logger = logging.getLogger(__name__)


class OrderError(Exception):
    """An order that was not placed; nothing has changed.

    `problems` are sentences for the shopper, in their language.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__(*problems)
        self.problems = list(problems)


class CartEmpty(OrderError):
    """There is nothing to order."""


class ItemsUnavailable(OrderError):
    """Something in the cart cannot be had as it stands; the problems name each item."""


class ShippingNotOffered(OrderError):
    """The way of delivery is gone, or does not go to that country."""


class OfferChanged(OrderError):
    """Prices or the cart are not what the shopper was shown when they agreed.

    total: what they would pay now.
    """

    def __init__(self, total: Decimal) -> None:
        super().__init__(
            _(
                "Prices or your cart have changed since you saw this page. The total is now "
                "%(total)s. Please check it and place the order again."
            )
            % {"total": format_money(total)}
        )


class CheckoutKeyUsed(OrderError):
    """The key belongs to an order that is not this session's."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "This page was used to order before; if that was you, the confirmation is in "
                "your mail. To order what is in your cart now, please check it and order again."
            )
        )


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who ordered and where it goes. `country_code` is in lower case."""

    email: str
    first_name: str
    last_name: str
    address_1: str
    city: str
    country_code: str
    address_2: str = ""
    postal_code: str = ""
    province: str = ""
    phone: str = ""


def offer_digest(lines: Sequence[Line], methods: Sequence[ShippingMethod]) -> str:
    """A short name for what a checkout page offers: what, how many, from where, at what price.

    It is no secret and no proof: a shopper who forges it only fools themselves.
    """
    told = [
        *sorted(f"{x.storefront.pk}:{x.variant.pk}:{x.quantity}:{x.unit_price}" for x in lines),
        *sorted(f"{method.slug}:{method.price}" for method in methods),
    ]
    return sha256("\n".join(told).encode()).hexdigest()[:32]


def place_order(
    *,
    session_key: str,
    storefront: Storefront,
    customer: User | None,
    recipient: Recipient,
    shipping_method: str,
    payment_method: str,
    checkout_key: str,
    agreed_offer: str,
    site_url: str,
) -> Order:
    """Turn the session's cart into an order: take the stock, freeze the lines, empty the cart.

    storefront: where it is ordered; it makes no difference but for the record. customer: who is
    signed in with this request, None for a guest. shipping_method: a slug. checkout_key: from the
    form; the same key from the same session is the same order, however often and however
    concurrently it comes. agreed_offer: `offer_digest` of what the shopper saw. site_url: scheme
    and host for the links in the mail, which goes out once the order is committed.

    Raises CartEmpty, ItemsUnavailable, ShippingNotOffered, OfferChanged, CheckoutKeyUsed, or
    sessionsync's SessionGone; then nothing has changed.
    """
    try:
        with transaction.atomic():
            root = lock_session(session_key)
            placed = Order.objects.filter(checkout_key=checkout_key).first()
            if placed is not None:
                # A merge since then has given the session another root: both names are its own.
                if placed.session_fingerprint in {fingerprint(root), fingerprint(session_key)}:
                    return placed
                raise CheckoutKeyUsed
            cart = Cart.objects.select_for_update().filter(session_key=root).first()
            lines = lines_of(list(cart.lines.select_related("storefront"))) if cart else []
            if cart is None or not lines:
                raise CartEmpty(_("Your cart is empty, so there is nothing to order."))
            problems = list(dict.fromkeys(line.problem for line in lines if line.problem))
            if problems:
                raise ItemsUnavailable(*problems)
            method = _method_for(recipient.country_code, shipping_method)
            if offer_digest(lines, list(ShippingMethod.objects.offered())) != agreed_offer:
                raise OfferChanged(sum((line.total for line in lines), method.price))
            _take(lines)
            order = _write_order(
                lines,
                method,
                recipient,
                storefront=storefront,
                customer=customer,
                payment_method=payment_method,
                checkout_key=checkout_key,
                session_fingerprint=fingerprint(root),
                language=get_language() or settings.LANGUAGE_CODE,
            )
            cart.lines.all().delete()
            cart.notices = []
            cart.save(update_fields=["notices", "updated_at"])
            transaction.on_commit(lambda: mails.send_order_placed(order, site_url))
    except IntegrityError:
        # Another session used the key at the same moment.
        if Order.objects.filter(checkout_key=checkout_key).exists():
            raise CheckoutKeyUsed from None
        raise
    logger.info("order %s placed on %s", order.number, storefront.slug)
    return order


def _method_for(country: str, slug: str) -> ShippingMethod:
    method = ShippingMethod.objects.offered().filter(slug=slug).first()
    if method is None or not method.serves(country):
        raise ShippingNotOffered(
            _("This way of delivery is not offered for your country. Please choose another one.")
        )
    return method


def _take(lines: Sequence[Line]) -> None:
    """Take the stock. The lines looked fine a moment ago; another buyer may have been faster."""
    wanted: Counter[int] = Counter()
    for line in lines:
        wanted[line.variant.pk] += line.quantity
    try:
        take_stock(wanted)
    except OutOfStock as gone:
        variant = next(line.variant for line in lines if line.variant.pk == gone.variant_id)
        held = wanted[gone.variant_id]
        raise ItemsUnavailable(stock_problem(variant, gone.available, held)) from gone


def _write_order(
    lines: Sequence[Line],
    method: ShippingMethod,
    recipient: Recipient,
    **facts: Any,
) -> Order:
    items_total = sum((line.total for line in lines), Decimal("0.00"))
    order = Order.objects.create(
        number=secrets.token_hex(10),  # nobody sees it: the next statement gives the real one
        shipping_method=method.slug,
        shipping_method_name=method.name,
        currency=settings.SHOP_CURRENCY,
        items_subtotal=items_total,
        shipping_price=method.price,
        shipping_total=method.price,
        total=items_total + method.price,
        **asdict(recipient),
        **facts,
    )
    order.number = order_number(order)
    order.save(update_fields=["number"])
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            variant=line.variant,
            storefront=line.storefront,
            product_title=line.product.title,
            product_slug=line.product.slug,
            variant_title=line.variant.title,
            sku=line.variant.sku,
            unit_price=line.unit_price,
            quantity=line.quantity,
            total=line.total,
        )
        for line in lines
    )
    return order


def order_number(order: Order) -> str:
    """What people say on the phone: G-2026-000123.

    The digits are the primary key, which the database hands out: no two orders ever ask for the
    same number, and none waits for another to get one. Gaps are possible and mean nothing.
    """
    return f"G-{timezone.localtime(order.placed_at).year}-{order.pk:06d}"
