"""Orders that wait to be paid, and what a gateway might say of them."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.utils import timezone

from orders.models import Order, OrderLine
from orders.payment.models import Payment
from orders.payment.moves import RefundStatus, Status
from orders.payment.port import Event, RefundNews, Seen
from shop.audit.actors import Actor, system
from shop.audit.models import Entry
from shop.catalogue.models import Variant
from shop.mailing.models import OutgoingMail
from shop.stock import services as stock
from shop.storefronts.models import Storefront
from tests.factories import NetworkFactory, VariantFactory

BY = system("tests")
GATEWAY = Actor("system", "gateway", channel="webhook")
TOTAL = Decimal("24.90")

_events = count(1)


def apparel() -> Storefront:
    """One of the four sites, on a domain of this machine."""
    for shop in NetworkFactory().values():
        Storefront.objects.filter(pk=shop.pk).update(domain=f"{shop.slug}.localhost")
    return Storefront.objects.get(slug="apparel")


def make_order(
    method: str = "sandbox", *, stock_left: int = 5, minutes: int = 30, **fields: Any
) -> Order:
    """An order of two shirts at 10.00 and delivery at 4.90; by a method that redirects it is
    pending, and its goods are reserved for some minutes.
    """
    variant: Variant = VariantFactory(stock=stock_left, price=Decimal("10.00"))
    waits = method in {"sandbox", "stripe"}
    until = timezone.now() + timedelta(minutes=minutes)
    number = Order.objects.count() + 1
    given: dict[str, Any] = {
        "number": f"G-2026-{number:06}",
        "checkout_key": f"key-{number}",
        "storefront": Storefront.objects.filter(slug="apparel").first() or apparel(),
        "status": "pending" if waits else "placed",
        "expires_at": until if waits else None,
        "payment_method": method,
        "email": "ada@example.com",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "address_1": "12 St James's Square",
        "city": "London",
        "country_code": "gb",
        "shipping_method_name": "Standard",
        "currency": "EUR",
        "items_subtotal": Decimal("20.00"),
        "shipping_price": Decimal("4.90"),
        "shipping_total": Decimal("4.90"),
        "total": TOTAL,
        **fields,
    }
    order = Order.objects.create(**given)
    OrderLine.objects.create(
        order=order,
        variant=variant,
        storefront=order.storefront,
        product_title="Shirt",
        product_slug="shirt",
        unit_price=Decimal("10.00"),
        quantity=2,
        total=Decimal("20.00"),
    )
    stock.reserve(order.token, {variant.pk: 2}, until=until, by=BY)
    if not waits:
        stock.sell(order.token, by=BY)
    return order


def make_payment(order: Order | None = None, **fields: Any) -> Payment:
    """A payment that waits for its shopper at the sandbox."""
    order = order or make_order()
    given: dict[str, Any] = {
        "order": order,
        "gateway": order.payment_method,
        "reference": f"pay_{order.pk}_{order.payments.count()}",
        "site_url": "http://apparel.localhost",
        "amount": order.total,
        "currency": order.currency,
        "status": Status.PENDING,
        **fields,
    }
    return Payment.objects.create(**given)


def news(payment: Payment, status: Status | None, **seen: Any) -> Event:
    """What its gateway says of a payment, with an event id of its own (`event_id=` chooses it)."""
    event_id = seen.pop("event_id", f"news_{next(_events)}")
    told = Seen(status, **seen)
    if status in {Status.CAPTURED, Status.AUTHORIZED} and "amount" not in seen:
        told = replace(told, amount=payment.amount, currency=seen.get("currency", payment.currency))
    return Event(payment.gateway, event_id, f"payment.{status}", told, payment.key)


def refund_news(
    payment: Payment, amount: str, *, reference: str, status: str = "done", key: str = ""
) -> Event:
    """What its gateway says of a refund."""
    told = RefundNews(reference, RefundStatus(status), Decimal(amount), key)
    return news(payment, None, refunds=(told,))


def trail_of(order: Order) -> list[str]:
    """What the order's trail says of the order and its payment, in its order."""
    actions = Entry.objects.filter(trail=order.trail).order_by("seq")
    told = actions.values_list("action", flat=True)
    return [action for action in told if action.startswith(("order.", "payment."))]


def mails_about(order: Order) -> list[str]:
    """The templates of the mails about an order, oldest first."""
    rows = OutgoingMail.objects.filter(reference=order.token).order_by("pk")
    return [template.rpartition("/")[2] for template in rows.values_list("template", flat=True)]


def books(payment: Payment) -> tuple[str, Decimal, Decimal, str]:
    """Status, captured, refunded and problem of a payment, as the database has them."""
    payment.refresh_from_db()
    return payment.status, payment.captured, payment.refunded, payment.problem


def standing(order: Order) -> tuple[str, str, Decimal]:
    """Status, payment status and refunded total of an order, as the database has them."""
    order.refresh_from_db()
    return order.status, order.payment_status, order.refunded_total
