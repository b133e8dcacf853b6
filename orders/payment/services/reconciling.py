"""Payments that never answered, and money that is still owed: ask, and bring to an end."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q
from django.utils import timezone

from orders import lifecycle
from orders.models import Order
from orders.payment.errors import GatewayError, GatewayRefused
from orders.payment.gateways import gateway
from orders.payment.models import Payment, Refund
from orders.payment.moves import OPEN, UNPAID, RefundStatus, Status, after
from orders.payment.services.asking import void
from orders.payment.services.refunding import carry_out
from orders.payment.services.settling import handle, seen_event
from shop.audit.actors import Actor

logger = logging.getLogger(__name__)


class Verdict(StrEnum):
    """What came of asking about a payment or a refund."""

    PAID = "paid"
    AUTHORIZED = "authorized"
    CLOSED = "closed"
    WAITING = "waiting"
    PAID_BACK = "paid back"
    NOT_PAID_BACK = "not paid back"
    SILENT = "no answer"


@dataclass(frozen=True, slots=True)
class Finding:
    """One payment that was asked about.

    error: why there was no answer, for operators. expired: whether its order has expired by that.
    """

    payment: Payment
    verdict: Verdict
    error: str = ""
    refund: Refund | None = None
    expired: bool = False


type Unsettled = Payment | Refund


def due(older_than: timedelta, *, at: datetime | None = None) -> list[Unsettled]:
    """What `reconcile` would ask about, oldest first: payments, then refunds. Three queries.

    older_than: how long they have had to answer. at: now, by default. A payment that people
    report (on delivery, by transfer) is among them only once its order is cancelled; so is what
    is authorised.
    """
    before = (at or timezone.now()) - older_than
    old = Payment.objects.filter(created_at__lte=before)
    slugs = old.filter(status__in=OPEN).values_list("gateway", flat=True).distinct().order_by()
    machines = [slug for slug in slugs if not gateway(slug).by_hand]
    called_off = Q(order__status=Order.Status.CANCELLED, status__in=[*OPEN, Status.AUTHORIZED])
    payments = old.filter(Q(status__in=OPEN, gateway__in=machines) | called_off)
    refunds = Refund.objects.filter(status=RefundStatus.ASKED, asked_at__lte=before)
    return [
        *payments.select_related("order").order_by("created_at", "pk"),
        *refunds.select_related("payment__order").order_by("asked_at", "pk"),
    ]


def reconcile(
    unsettled: Iterable[Unsettled],
    *,
    by: Actor,
    dry_run: bool = False,
    at: datetime | None = None,
) -> Iterator[Finding]:
    """Ask the gateways about what `due` found, one by one, and bring each to an end if it has one.

    Money that came is booked. A payment whose order is out of time or cancelled is called off at
    the gateway, and then its order expires. Refunds are asked for again, with their keys. Safe
    twice, beside itself, and beside webhooks. dry_run: only ask. at: now, by default.
    """
    for each in unsettled:
        payment = each.payment if isinstance(each, Refund) else each
        try:
            if isinstance(each, Refund):
                yield _pay_back(each, by, dry_run=dry_run)
            else:
                yield _settle(each, by, at or timezone.now(), dry_run=dry_run)
        except GatewayError as error:
            logger.warning("payment %s: %s", payment.pk, error)
            yield Finding(payment, Verdict.SILENT, str(error))


def _settle(payment: Payment, by: Actor, at: datetime, *, dry_run: bool) -> Finding:
    seen = gateway(payment.gateway).look_up(payment)
    if dry_run:
        return Finding(payment, _verdict(after(payment.status, seen.status or payment.status)))
    handle(seen_event(payment, seen, "reconciled"), by=by)
    payment.refresh_from_db()
    order = payment.order
    order.refresh_from_db()
    cancelled = order.status == Order.Status.CANCELLED
    out_of_time = order.expires_at is not None and order.expires_at <= at
    never_heard_of = payment.status == Status.CREATED
    given_up = payment.is_open and (cancelled or out_of_time or never_heard_of)
    if given_up or (cancelled and payment.status == Status.AUTHORIZED):
        payment = void(payment, by=by)
    expired = False
    if payment.status in UNPAID:
        now = lifecycle.expire(order, by=by, at=at)
        expired = not cancelled and now.status == Order.Status.CANCELLED
    return Finding(payment, _verdict(payment.status), expired=expired)


def _pay_back(refund: Refund, by: Actor, *, dry_run: bool) -> Finding:
    if dry_run:
        return Finding(refund.payment, Verdict.WAITING, refund=refund)
    try:
        refund = carry_out(refund, by=by)
    except GatewayRefused as error:
        return Finding(refund.payment, Verdict.NOT_PAID_BACK, str(error), refund)
    done = {
        RefundStatus.DONE: Verdict.PAID_BACK,
        RefundStatus.FAILED: Verdict.NOT_PAID_BACK,
    }
    return Finding(
        refund.payment, done.get(RefundStatus(refund.status), Verdict.WAITING), refund=refund
    )


def _verdict(status: str) -> Verdict:
    if status in UNPAID:
        return Verdict.CLOSED
    told = {Status.CAPTURED: Verdict.PAID, Status.AUTHORIZED: Verdict.AUTHORIZED}
    return told.get(Status(status), Verdict.WAITING)
