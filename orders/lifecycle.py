"""What becomes of an order after it was placed, as payment, time and people decide.

Each function is one transaction, safe to repeat, and writes its step into the order's audit
trail. They lock the order first and read it again, so the `Order` that is handed in only names it;
each returns the order as it is now. Where goods may go back into a cart, that is locked before:
the order of all locks is session, cart, order, payment, stock.
"""

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.utils import timezone

from carts.holders import Holder, locked_cart, make_cart
from carts.models import Cart
from orders import cart_return, invoices, mails
from orders.models import Order
from orders.states import moved
from orders.webhooks import services as webhooks
from orders.webhooks.models import Event
from sessionsync.goods import SessionGone
from shop.audit import trail
from shop.audit.actors import Actor
from shop.pricing.services import unredeem
from shop.stock import services as stock
from shop.stock.services import OutOfStock

Status = Order.Status
Paid = Order.PaymentStatus
Reason = Order.CancelReason

GRACE: Final = timedelta(minutes=5)
"""Goods are held so much longer than the shopper is told: who pays at the last moment has paid."""

MONEY_CAME: Final = frozenset({Paid.PAID, Paid.PARTIALLY_REFUNDED, Paid.REFUNDED})
"""The payment has come, whatever became of it since."""


class LifecycleError(Exception):
    """A step that was refused; nothing has changed."""


class NotPending(LifecycleError):
    """The order waits for no payment (any more)."""


class AlreadySent(LifecycleError):
    """Something of it is on its way: it cannot be cancelled, only come back."""


class PaidTooLittle(LifecycleError):
    """Less than is to be paid for the order."""


def lock(order: Order) -> Order:
    """The order as it is now, locked until the caller's transaction ends.

    As everywhere on the way from cart to order, rows that point at it can be written meanwhile:
    PostgreSQL looks at all of an order's own foreign keys again when it is saved twice, and would
    wait there for whoever holds its cart.
    """
    locked = Order.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("storefront").get(pk=order.pk)


@transaction.atomic
def mark_authorized(order: Order, *, by: Actor) -> Order:
    """The payment is promised, and collected later: the order is accepted.

    The same as `mark_paid`, but for the money.
    """
    now = lock(order)
    if now.payment_status in MONEY_CAME or now.payment_status == Paid.AUTHORIZED:
        return now
    now.payment_status = moved("payment_status", now.payment_status, Paid.AUTHORIZED)
    now.save(update_fields=["payment_status"])
    trail.record(now.trail, "payment.authorized", by)
    return _accept_paid(now, by)


@transaction.atomic
def mark_paid(order: Order, amount: Decimal, *, by: Actor) -> Order:
    """The payment has come: the goods are the shopper's.

    amount: all that was paid for the order, in its currency. If the order returned is cancelled,
    the money came too late (it had been given up, or its time was over and the goods are gone),
    and the caller must give it back; so it must what is above `payable`, where items were
    cancelled while the money was on its way. Raises PaidTooLittle.
    """
    now = lock(order)
    if now.payment_status in MONEY_CAME:
        return now
    if amount < now.payable:
        raise PaidTooLittle(f"{now.number}: {amount} of {now.payable}")
    now.payment_status = moved("payment_status", now.payment_status, Paid.PAID)
    now.waived_total = min(now.waived_total, max(now.total - amount, Decimal(0)))
    now.save(update_fields=["payment_status", "waived_total"])
    trail.record(now.trail, "payment.captured", by, amount=str(amount), currency=now.currency)
    webhooks.announce(now, Event.PAID)
    if now.status not in {Status.PENDING, Status.CANCELLED}:
        invoices.issue(now, by=by)
        if amount:
            mails.queue_payment_received(now, amount)
    return _accept_paid(now, by)


@transaction.atomic
def mark_refunded(order: Order, refunded: Decimal, *, by: Actor) -> Order:
    """Money went back. refunded: all that did so far, in the order's currency.

    Less than before: a refund bounced, and the shop has that money again; its credit note stays,
    because it is owed still. Raises orders.states.MoveRefused if nothing was ever paid.
    """
    now = lock(order)
    if refunded == now.refunded_total:
        return now
    if refunded < now.refunded_total:
        return _refund_bounced(now, refunded, by)
    status = Paid.REFUNDED if refunded >= now.payable else Paid.PARTIALLY_REFUNDED
    amount = refunded - now.refunded_total
    now.payment_status = moved("payment_status", now.payment_status, status)
    now.refunded_total = refunded
    now.save(update_fields=["payment_status", "refunded_total"])
    trail.record(now.trail, "payment.refunded", by, refunded=str(refunded), currency=now.currency)
    webhooks.announce(now, Event.REFUNDED)
    invoices.credit_up_to(now, refunded, by=by)
    mails.queue_refunded(now, amount)
    return now


@transaction.atomic
def payment_failed(order: Order, *, by: Actor, why: str) -> Order:
    """A payment was declined, or called off at the gateway: the shopper may try again.

    why: for the audit trail. Nothing happens to an order that is paid, or cancelled.
    """
    now = lock(order)
    if now.payment_status not in {Paid.AWAITING, Paid.AUTHORIZED}:
        return now
    now.payment_status = moved("payment_status", now.payment_status, Paid.FAILED)
    now.save(update_fields=["payment_status"])
    trail.record(now.trail, "payment.failed", by, why=why)
    if now.status == Status.PENDING and by.channel != "web":
        # On the web they are looking at it.
        mails.queue_payment_failed(now)
    return now


@transaction.atomic
def pay_again(order: Order, method: str, *, until: datetime, by: Actor) -> Order:
    """The shopper tries once more on a gateway's pages: hold the goods until then.

    method: slug of the way to pay, which may be another one now. Raises NotPending, or
    shop.stock's OutOfStock if the time was up and the goods are gone.
    """
    now = _pending(order)
    if not stock.extend(now.token, until + GRACE):
        stock.reserve(now.token, _goods(now), until=until + GRACE, by=by)
    now.payment_method = method
    now.payment_status = moved("payment_status", now.payment_status, Paid.AWAITING)
    now.expires_at = until
    now.save(update_fields=["payment_method", "payment_status", "expires_at"])
    trail.record(now.trail, "payment.tried_again", by, method=method)
    return now


@transaction.atomic
def pay_later(order: Order, method: str, *, by: Actor) -> Order:
    """The shopper will pay another way, after the order was accepted: on delivery, by transfer.

    method: its slug. The mail that confirms the order is the caller's: it says how to pay. Raises
    NotPending, or shop.stock's OutOfStock.
    """
    now = _pending(order)
    now.payment_method = method
    now.payment_status = moved("payment_status", now.payment_status, Paid.AWAITING)
    now.save(update_fields=["payment_method", "payment_status"])
    trail.record(now.trail, "payment.tried_again", by, method=method)
    stock.sell(now.token, by=by)
    return _accept(now, by)


@transaction.atomic
def abandon(order: Order, *, by: Actor, holder: Holder | None) -> Order:
    """The shopper goes back to the cart, where the goods are again.

    holder: who asks; it is their cart that they will look at. Without one it is the cart that was
    ordered. Raises NotPending, or sessionsync's SessionGone.
    """
    cart = (locked_cart(holder) or make_cart(holder)[0]) if holder else _lock_cart_of(order)
    return _cancel(_pending(order), Reason.ABANDONED, by, cart)


@transaction.atomic
def expire(order: Order, *, by: Actor, at: datetime | None = None) -> Order:
    """Give up an order that was not paid in time; the goods go back into its cart.

    at: now, by default. Nothing happens to an order that is not pending, or has time left.
    """
    cart = _lock_cart_of(order)
    now = lock(order)
    if now.status != Status.PENDING or not now.expires_at:
        return now
    if now.expires_at > (at or timezone.now()):
        return now
    return _cancel(now, Reason.EXPIRED, by, cart)


@transaction.atomic
def cancel(order: Order, *, by: Actor, why: str = Reason.STAFF) -> Order:
    """Call off an order of which nothing was sent yet; its goods are for sale again.

    why: one of `Order.CancelReason`. What was paid stays paid: to give it back is the caller's.
    The goods go back into the cart only while it waited for payment: the cart of one that was
    accepted has moved on. Nothing happens if it is cancelled already. Raises AlreadySent.
    """
    cart = _lock_cart_of(order)
    now = lock(order)
    if now.status == Status.CANCELLED:
        return now
    if now.fulfilment_status != Order.FulfilmentStatus.UNFULFILLED:
        raise AlreadySent(now.number)
    return _cancel(now, why, by, cart)


def due_for_expiry(at: datetime | None = None) -> list[Order]:
    """The orders whose time to pay is over, longest ago first. One query.

    at: now, by default.
    """
    late = Order.objects.filter(status=Status.PENDING, expires_at__lte=at or timezone.now())
    return list(late.order_by("expires_at", "pk"))


def expire_reference(reference: str, by: Actor) -> None:
    """For shop.stock, whose promise to this reference (an order's token) is over."""
    order = Order.objects.filter(token=reference, status=Status.PENDING).first()
    if order is not None:
        expire(order, by=by)


def _lock_cart_of(order: Order) -> Cart | None:
    """The cart that was ordered, locked; None if there is none any more.

    A merge that was waited for may have put its goods, and its orders, into another cart: that one
    then. A guest's whose session has ended is nobody's.
    """
    for _attempt in range(3):
        cart = Cart.objects.filter(orders=order.pk).first()
        if cart is None:
            return None
        try:
            if cart.session_key:
                locked = locked_cart(cart.session_key)
            else:
                locked = Cart.objects.select_for_update(no_key=True).filter(pk=cart.pk).first()
        except SessionGone:
            return None
        if locked is not None and locked.pk == cart.pk:
            return locked
    return None


def _pending(order: Order) -> Order:
    now = lock(order)
    if now.status != Status.PENDING:
        raise NotPending(now.number)
    return now


def _accept_paid(now: Order, by: Actor) -> Order:
    """Accept an order that waited for its payment, if the goods can still be had."""
    if now.status != Status.PENDING:
        return now
    try:
        # A savepoint: what could not be taken as a whole is not taken in part.
        with transaction.atomic():
            stock.sell(now.token, by=by)
    except OutOfStock:
        return _cancel(now, Reason.SOLD_OUT, by, cart=None)
    now = _accept(now, by)
    if now.payment_status == Paid.PAID:
        invoices.issue(now, by=by)
    mails.queue_order_placed(now)
    return now


def _accept(now: Order, by: Actor) -> Order:
    now.status = moved("status", now.status, Status.PLACED)
    now.expires_at = None
    now.save(update_fields=["status", "expires_at"])
    trail.record(now.trail, "order.accepted", by)
    return now


def _refund_bounced(now: Order, refunded: Decimal, by: Actor) -> Order:
    status = Paid.PARTIALLY_REFUNDED if refunded else Paid.PAID
    now.payment_status = moved("payment_status", now.payment_status, status)
    now.refunded_total = refunded
    now.save(update_fields=["payment_status", "refunded_total"])
    trail.record(
        now.trail, "payment.refund_bounced", by, refunded=str(refunded), currency=now.currency
    )
    webhooks.announce(now, Event.REFUNDED)
    return now


def _cancel(now: Order, why: str, by: Actor, cart: Cart | None) -> Order:
    """Cancel a locked order. cart: the locked one that the goods may go back to."""
    waited = now.status == Status.PENDING
    now.status = moved("status", now.status, Status.CANCELLED)
    if now.payment_status not in MONEY_CAME:
        now.payment_status = moved("payment_status", now.payment_status, Paid.CANCELLED)
    now.cancel_reason = why
    now.cancelled_at = timezone.now()
    now.expires_at = None
    now.save(
        update_fields=[
            "status", "payment_status", "cancel_reason", "cancelled_at", "expires_at",
        ]
    )  # fmt: skip
    if waited:
        stock.release(now.token, by=by)
    else:
        stock.put_back(now.token, _goods(now), by=by, kind="cancelled", reason=why)
    unredeem(now.token)
    trail.record(now.trail, "order.cancelled", by, why=why)
    webhooks.announce(now, Event.CANCELLED)
    if waited and cart and now.payment_status == Paid.CANCELLED:
        cart_return.put_into_cart(now, cart, by=by)
    if why != Reason.ABANDONED:
        owed = now.payable - now.refunded_total if now.payment_status in MONEY_CAME else Decimal(0)
        mails.queue_cancelled(now, owed)
    return now


def _goods(order: Order) -> dict[int, int]:
    """How many of each variant (id) it holds still; variants that are gone have no stock."""
    goods: Counter[int] = Counter()
    for line in order.lines.all():
        if line.variant_id is not None:
            goods[line.variant_id] += line.quantity - line.cancelled_quantity
    return dict(+goods)
