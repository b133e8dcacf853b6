"""Questions to a gateway about one payment, and what people say in place of one."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from orders import lifecycle
from orders.models import Order
from orders.payment.errors import (
    AlreadyPaid,
    NotByHand,
    NothingToCapture,
    NotPayable,
    StillDeciding,
)
from orders.payment.gateways import gateway
from orders.payment.models import Payment
from orders.payment.moves import OPEN, Status
from orders.payment.port import Event, Seen
from orders.payment.services.settling import handle, seen_event
from shop.audit.actors import Actor

PAUSE: Final = timedelta(seconds=2)
"""A gateway is asked about the same payment no more often: a page that reloads is no reason."""


def ask(payment: Payment, *, by: Actor) -> Payment:
    """Ask the gateway what has become of a payment, unless it has just been asked.

    Returns the payment as it is now. Raises GatewayError.
    """
    now = timezone.now()
    quiet = Q(asked_at=None) | Q(asked_at__lte=now - PAUSE)
    if Payment.objects.filter(quiet, pk=payment.pk).update(asked_at=now):
        seen = gateway(payment.gateway).look_up(payment)
        handle(seen_event(payment, seen, "looked up"), by=by)
    payment.refresh_from_db()
    return payment


def capture(payment: Payment, *, by: Actor) -> Payment:
    """Collect what a payment authorises, less what was cancelled of its order. Safe twice.

    Raises NothingToCapture, GatewayError.
    """
    if payment.status == Status.CAPTURED:
        return payment
    if payment.status != Status.AUTHORIZED:
        raise NothingToCapture(f"payment {payment.pk} is {payment.status}")
    due = Order.objects.get(pk=payment.order_id).payable
    if not due:
        raise NothingToCapture(f"nothing is to be paid for order {payment.order_id}")
    seen = gateway(payment.gateway).capture(payment, min(due, payment.amount))
    handle(seen_event(payment, seen, "captured by the shop"), by=by)
    payment.refresh_from_db()
    if payment.status != Status.CAPTURED:
        raise NothingToCapture(f"payment {payment.pk} is {payment.status}")
    return payment


def void(payment: Payment, *, by: Actor) -> Payment:
    """Call a payment off at the gateway while nothing is collected; what it is then, counts.

    Raises GatewayError.
    """
    seen = gateway(payment.gateway).cancel(payment)
    if seen.status is Status.CREATED:
        # The gateway has never heard of it, so nobody can pay it there.
        seen = replace(seen, status=Status.CANCELLED)
    handle(seen_event(payment, seen, "called off by the shop"), by=by)
    payment.refresh_from_db()
    return payment


def close(payment: Payment, *, by: Actor) -> None:
    """See to it that nobody can pay an open payment any more.

    Raises AlreadyPaid if it is paid or authorised after all, StillDeciding while the bank has it,
    GatewayError.
    """
    seen = gateway(payment.gateway).look_up(payment)
    handle(seen_event(payment, seen, "looked up"), by=by)
    payment.refresh_from_db()
    if payment.is_open:
        void(payment, by=by)
    raise_if_paid(payment)
    if payment.is_open:
        raise StillDeciding(f"payment {payment.pk} cannot be called off")


def raise_if_paid(payment: Payment) -> None:
    """Raise AlreadyPaid if the money of a payment has come, or is promised."""
    if payment.status in {Status.CAPTURED, Status.AUTHORIZED}:
        raise AlreadyPaid(f"payment {payment.pk} is {payment.status}")


def call_off(order: Order, *, by: Actor) -> None:
    """See to it that nobody can pay an order's open payment any more.

    To be called before a shopper goes back to the cart; `begin` does it by itself for another way
    to pay. Raises AlreadyPaid if they have paid after all, StillDeciding while the bank has it, and
    GatewayError: whoever goes on nevertheless need not fear for money, it is paid back if it comes.
    """
    for payment in order.payments.filter(status__in=OPEN).select_related("order"):
        close(payment, by=by)


def mark_received(order: Order, *, by: Actor) -> Payment:
    """Staff say that the money for an order has come: at the door, or by bank transfer. Safe twice.

    Raises NotByHand where only the gateway can know, NotPayable for an order that awaits nothing.
    """
    port = gateway(order.payment_method)
    if not port.by_hand:
        raise NotByHand(order.payment_method)
    with transaction.atomic(durable=True):
        now = lifecycle.lock(order)
        mine = now.payments.filter(gateway=port.slug).select_related("order")
        payment = mine.filter(status__in=[*OPEN, Status.CAPTURED]).first()
        if payment is None:
            if now.status == Order.Status.CANCELLED or now.payment_status in lifecycle.MONEY_CAME:
                raise NotPayable(f"{now.number} is {now.status} and {now.payment_status}")
            payment = Payment.objects.create(
                order=now, gateway=port.slug, amount=now.payable, currency=now.currency
            )
    seen = Seen(Status.CAPTURED, min(now.payable, payment.amount), payment.currency)
    handle(
        Event(payment.gateway, f"{payment.key}:received", "marked as received", seen, payment.key),
        by=by,
    )
    payment.refresh_from_db()
    return payment
