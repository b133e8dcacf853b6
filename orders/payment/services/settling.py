"""News of a payment, from wherever it comes, ends here: webhook, return, staff, reconciliation."""

import logging
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256

from django.db import transaction
from django.db.models import Q

from orders import lifecycle
from orders.models import Order
from orders.payment import moves
from orders.payment.errors import PaymentError, WrongAmount, WrongCurrency, WrongMoney
from orders.payment.gateways import gateway
from orders.payment.models import Payment, PaymentEvent, Refund
from orders.payment.moves import OPEN, UNPAID, RefundStatus, Status
from orders.payment.port import Event, RefundNews, Seen
from shop.audit import trail
from shop.audit.actors import Actor

logger = logging.getLogger(__name__)

Problem = Payment.Problem
PROBLEMS = {WrongAmount: Problem.WRONG_AMOUNT, WrongCurrency: Problem.WRONG_CURRENCY}


class Result(StrEnum):
    """What became of a piece of news."""

    APPLIED = "applied"
    NOTHING_NEW = "nothing-new"
    REFUSED = "refused"
    KNOWN = "known"
    UNKNOWN_PAYMENT = "unknown-payment"


def handle(event: Event, *, by: Actor) -> Result:
    """Let a piece of news count, once, whoever brings it and in whatever order.

    The same (gateway, id) counts once, also when it comes twice at the same moment. Money in
    another amount or currency than the payment's is flagged and never counts. Money that the order
    cannot take any more is paid back at once; what the gateway does not do then, `reconcile` asks
    for again.
    """
    named = _payment_of(event)
    if named is None:
        logger.warning("%s %s (%s) is of no payment of ours", event.gateway, event.kind, event.id)
        return Result.UNKNOWN_PAYMENT
    with transaction.atomic(durable=True):
        order = lifecycle.lock(named.order)
        payment = Payment.objects.select_for_update().get(pk=named.pk)
        if PaymentEvent.objects.filter(gateway=event.gateway, event_id=event.id).exists():
            return Result.KNOWN
        settling = _Settling(order, payment, by)
        result = settling.take(event.seen, kind=event.kind)
        PaymentEvent.objects.create(
            payment=payment,
            gateway=event.gateway,
            event_id=event.id,
            kind=event.kind[:100],
            channel=by.channel,
            status=event.seen.status or "",
            amount=event.seen.amount,
            currency=event.seen.currency[:10],
            outcome=result.value,
        )
    _follow_up(settling)
    return result


def seen_event(payment: Payment, seen: Seen, kind: str) -> Event:
    """What a gateway answered, as news: the same answer to the same question is the same news."""
    told = repr((kind, seen.status, seen.amount, seen.currency, seen.charge, seen.refunds))
    digest = sha256(told.encode()).hexdigest()[:24]
    return Event(payment.gateway, f"{payment.key}:{digest}", kind, seen, payment.key)


def _payment_of(event: Event) -> Payment | None:
    """The payment that is meant: by our key, else by the gateway's names."""
    payments = Payment.objects.filter(gateway=event.gateway).select_related("order")
    if event.payment_key:
        return payments.filter(key=event.payment_key).first()
    named = Q()
    if event.seen.reference:
        named |= Q(reference=event.seen.reference)
    if event.seen.charge:
        named |= Q(charge=event.seen.charge)
    return payments.filter(named).first() if named else None


class _Settling:
    """One piece of news, in one transaction; order and payment are locked.

    to_refund, to_void: what must be asked of the gateway once the transaction is committed.
    """

    def __init__(self, order: Order, payment: Payment, by: Actor) -> None:
        self.order, self.payment, self.by = order, payment, by
        self.to_refund: Refund | None = None
        self.to_void = False

    def take(self, seen: Seen, *, kind: str) -> Result:
        """Bring the payment, its refunds and its order to where the news says they are."""
        payment = self.payment
        try:
            _check_money(payment, seen, self.order.payable)
        except WrongMoney as wrong:
            self._flag(PROBLEMS[type(wrong)], told=str(wrong))
            payment.save(update_fields=["problem", "changed_at"])
            return Result.REFUSED
        old = (payment.status, payment.refunded, payment.reference, payment.charge)
        payment.reference = payment.reference or seen.reference
        payment.charge = payment.charge or seen.charge
        if seen.status is not None:
            payment.status = moves.after(payment.status, seen.status)
        if payment.status == seen.status == Status.CAPTURED and seen.amount:
            payment.captured = seen.amount
        changed = [news for news in seen.refunds if self._take_refund(news)]
        self._count_refunds()
        payment.save()
        if payment.status != old[0]:
            self._tell_order(kind)
        if payment.refunded != old[1]:
            self._tell_order_of_refunds()
        now = (payment.status, payment.refunded, payment.reference, payment.charge)
        return Result.APPLIED if changed or now != old else Result.NOTHING_NEW

    def _take_refund(self, news: RefundNews) -> bool:
        """Write down what is told of a refund; whether it was new."""
        refunds = self.payment.refunds.all()
        mine = Q(reference=news.reference) if news.reference else Q(pk=None)
        refund = refunds.filter(mine | Q(key=news.key) if news.key else mine).first()
        if refund is None:
            if news.amount <= 0 or not news.reference:
                return False
            refund = Refund(
                payment=self.payment,
                key=f"{self.payment.key}:{news.reference}",
                amount=news.amount,
                reason="made at the gateway",
            )
        status = moves.refund_after(refund.status, news.status)
        reference = refund.reference or news.reference
        if refund.pk and (refund.status, refund.reference) == (status, reference):
            return False
        refund.status, refund.reference = status, reference
        refund.save()
        if status is RefundStatus.FAILED:
            self._flag(Problem.REFUND_FAILED, refund=refund.key, amount=str(refund.amount))
        return True

    def _count_refunds(self) -> None:
        payment = self.payment
        amounts = list(payment.refunds.values_list("status", "amount"))
        payment.refunded = moves.refunded(payment.captured, amounts)
        done = sum(amount for status, amount in amounts if status == RefundStatus.DONE)
        if payment.captured and done > payment.captured:
            self._flag(Problem.REFUND_TOO_HIGH, told=str(done))

    def _tell_order(self, kind: str) -> None:
        status, order, by = self.payment.status, self.order, self.by
        others = order.payments.exclude(pk=self.payment.pk)
        settled = order.payment_status in lifecycle.MONEY_CAME
        if status == Status.CAPTURED:
            if settled:
                self.payment.unwanted = True
                self._send_back(Problem.PAID_TWICE)
                return
            over = self.payment.captured - order.payable
            self.order = lifecycle.mark_paid(order, self.payment.captured, by=by)
            if self.order.status == Order.Status.CANCELLED:
                self._send_back(Problem.TOO_LATE)
            elif over > 0:
                self._give_over_back(over)
        elif status == Status.AUTHORIZED:
            if settled or others.filter(status=Status.AUTHORIZED).exists():
                self.to_void = True
                return
            self.order = lifecycle.mark_authorized(order, by=by)
            self.to_void = self.order.status == Order.Status.CANCELLED
        elif status in UNPAID and not others.filter(status__in=[*OPEN, Status.AUTHORIZED]).exists():
            self.order = lifecycle.payment_failed(order, by=by, why=f"{status}: {kind}"[:200])

    def _tell_order_of_refunds(self) -> None:
        """The order's books count what went back of money that it took."""
        counted = self.order.payments.filter(unwanted=False)
        refunded = sum(counted.values_list("refunded", flat=True), moves.ZERO)
        if refunded != self.order.refunded_total:
            self.order = lifecycle.mark_refunded(self.order, refunded, by=self.by)

    def _send_back(self, problem: Problem) -> None:
        """Owe the shopper what came for nothing; the same transaction says so."""
        payment = self.payment
        self._flag(problem, amount=str(payment.captured))
        payment.save(update_fields=["problem", "unwanted", "changed_at"])
        self.to_refund, _created = Refund.objects.get_or_create(
            key=f"{problem}:{payment.key}",
            defaults={"payment": payment, "amount": payment.captured, "reason": problem.value},
        )

    def _give_over_back(self, over: Decimal) -> None:
        """Owe the shopper what items cost that were cancelled while this money was on its way."""
        payment, key = self.payment, f"over:{self.payment.key}"
        self.to_refund, _created = Refund.objects.get_or_create(
            key=key, defaults={"payment": payment, "amount": over, "reason": "cancelled"}
        )
        trail.record(
            self.order.trail,
            "payment.refund_asked",
            self.by,
            payment=payment.pk,
            refund=key,
            amount=str(over),
            currency=payment.currency,
            reason="cancelled",
        )

    def _flag(self, problem: Problem, **facts: str) -> None:
        self.payment.problem = problem
        logger.error("payment %s of order %s: %s", self.payment.pk, self.order.number, problem)
        trail.record(
            self.order.trail,
            "payment.flagged",
            self.by,
            payment=self.payment.pk,
            gateway=self.payment.gateway,
            problem=str(problem),
            **facts,
        )


def _check_money(payment: Payment, seen: Seen, payable: Decimal) -> None:
    """Raise WrongCurrency, WrongAmount unless money that moved is the payment's, to the cent.

    payable: what is to be paid for the order by now. What is collected by the shop itself (of what
    is authorised, by hand) may be less than the payment's amount, by what was cancelled meanwhile.
    """
    if seen.status not in {Status.AUTHORIZED, Status.CAPTURED}:
        return
    if seen.currency.upper() != payment.currency.upper():
        raise WrongCurrency(f"{seen.currency[:10]} in place of {payment.currency}")
    least = most = payment.amount
    if seen.status == Status.CAPTURED and payment.captured:
        least = most = payment.captured
    elif seen.status == Status.CAPTURED and (
        payment.status == Status.AUTHORIZED or gateway(payment.gateway).by_hand
    ):
        least = min(payable, most)
    if seen.amount is None or not least <= seen.amount <= most:
        raise WrongAmount(f"{seen.amount} in place of {most} {payment.currency}")


def _follow_up(settling: _Settling) -> None:
    """Ask the gateway for what follows from the news. What it does not do now, is asked again."""
    from orders.payment.services import asking, refunding  # they end here themselves

    try:
        if settling.to_refund is not None:
            refunding.carry_out(settling.to_refund, by=settling.by)
        if settling.to_void:
            asking.void(settling.payment, by=settling.by)
    except PaymentError as error:
        logger.error("payment %s: %s; it will be asked again", settling.payment.pk, error)
