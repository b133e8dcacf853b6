"""Money goes back: a key a refund, so that asking twice pays once."""

import logging
from decimal import Decimal

from django.db import IntegrityError, transaction

from orders import lifecycle
from orders.models import Order
from orders.payment import moves
from orders.payment.errors import (
    BadAmount,
    GatewayRefused,
    OverRefund,
    RefundKeyUsed,
)
from orders.payment.gateways import gateway
from orders.payment.models import Payment, Refund
from orders.payment.money import to_minor
from orders.payment.moves import OPEN, RefundStatus, Status
from orders.payment.port import RefundNews, Seen
from orders.payment.services.asking import void
from orders.payment.services.settling import handle, seen_event
from shop.audit import trail
from shop.audit.actors import Actor

logger = logging.getLogger(__name__)


def refund(order: Order, amount: Decimal, *, by: Actor, key: str, reason: str = "") -> Refund:
    """Pay back a part of what was paid for an order, or all of it.

    amount: in the order's currency. key: names this refund for ever; the same key is the same
    refund, also when two ask at once. reason: for people, up to 200 characters.

    Returns the refund: done, or on its way where the gateway takes its time. Raises BadAmount,
    OverRefund, RefundKeyUsed, GatewayRefused (it failed), GatewayError (ask again with the key).
    """
    if not 0 < len(key) <= 200:
        raise RefundKeyUsed("a key has 1 to 200 characters")
    try:
        with transaction.atomic(durable=True):
            asked = promise(order, amount, by=by, key=key, reason=reason)
    except IntegrityError:
        raise RefundKeyUsed(f"{key!r} is a refund of another order") from None
    return carry_out(asked, by=by) if asked.status == RefundStatus.ASKED else asked


def refundable(order: Order) -> Decimal:
    """What can still be paid back of an order: paid, less what went or is going back. 2 queries."""
    payment = _paid(order)
    return _left(payment) if payment else moves.ZERO


def give_back(order: Order, *, by: Actor, reason: str = "") -> None:
    """Release or pay back all that a cancelled order holds of the shopper's money. Safe twice.

    Raises GatewayError; `reconcile` then does it later.
    """
    for payment in order.payments.filter(status__in=[*OPEN, Status.AUTHORIZED]):
        void(payment, by=by)
    paid = _paid(order)
    left = _left(paid) if paid else moves.ZERO
    if paid and left:
        refund(order, left, by=by, key=f"all:{paid.key}:{left}", reason=reason)


def carry_out(asked: Refund, *, by: Actor) -> Refund:
    """Have the gateway do a refund that is written down. Safe twice; returns it as it is then.

    Raises GatewayRefused, which ends it; GatewayError, after which it waits to be asked again.
    """
    payment = asked.payment
    try:
        answer = gateway(payment.gateway).refund(asked)
    except GatewayRefused as error:
        failed = RefundNews(asked.reference, RefundStatus.FAILED, asked.amount, asked.key)
        handle(seen_event(payment, Seen(None, refunds=(failed,)), f"refused: {error}"), by=by)
        raise
    news = RefundNews(answer.reference, answer.status, asked.amount, asked.key)
    handle(seen_event(payment, Seen(None, refunds=(news,)), "refund answered"), by=by)
    asked.refresh_from_db()
    return asked


@transaction.atomic
def promise(order: Order, amount: Decimal, *, by: Actor, key: str, reason: str = "") -> Refund:
    """Write a refund down, in the transaction of what it is owed for; `refund` then carries it out.

    The arguments and errors are those of `refund`, but for the gateway's. What is promised is owed:
    if nobody asks for it, `reconcile` does.
    """
    now = lifecycle.lock(order)
    known = (
        Refund.objects.filter(key=key, payment__order=now).select_related("payment__order").first()
    )
    if known is not None:
        if known.amount != amount:
            raise RefundKeyUsed(f"{key!r} is a refund of {known.amount}")
        return known
    if amount <= 0:
        raise BadAmount(f"{amount} is not positive")
    if amount != amount.quantize(Decimal("0.01")):
        raise BadAmount(f"{amount} is finer than a cent")
    to_minor(amount, now.currency)
    payment = _paid(now)
    left = _left(payment) if payment else moves.ZERO
    if payment is None or amount > left:
        raise OverRefund(left, now.currency)
    asked = Refund.objects.create(payment=payment, key=key, amount=amount, reason=reason[:200])
    trail.record(
        now.trail,
        "payment.refund_asked",
        by,
        payment=payment.pk,
        refund=key,
        amount=str(amount),
        currency=now.currency,
        reason=reason[:200],
    )
    return asked


def _paid(order: Order) -> Payment | None:
    """The payment that the order was paid with; there is one at most."""
    paid = order.payments.filter(status=Status.CAPTURED, unwanted=False)
    return paid.select_related("order").first()


def _left(payment: Payment) -> Decimal:
    amounts = payment.refunds.values_list("status", "amount")
    return moves.refundable(payment.captured, amounts)
