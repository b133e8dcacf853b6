"""What Sandbox Pay does with payments. Each function is one transaction."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, get_args

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from orders.payment.sandbox.models import Message, SandboxPayment, SandboxRefund, State, event_id
from orders.payment.sandbox.sending import send_later

LASTS: Final = timedelta(hours=1)
"""How long a shopper may take to decide."""

SLOW: Final = timedelta(seconds=20)
"""How long a bank thinks, and how late a late message is."""

type Decision = Literal["approve", "decline", "cancel"]
type News = Literal["once", "before", "twice", "mixed", "late", "slow", "never"]
DECISIONS: Final[tuple[str, ...]] = get_args(Decision.__value__)
NEWS: Final[tuple[str, ...]] = get_args(News.__value__)


class Refused(Exception):
    """What was asked for is not possible as things are; nothing has changed."""


def create(**fields: Any) -> SandboxPayment:
    """A payment for a merchant; the same key again is the same payment.

    Raises Refused if the key has another amount or currency.
    """
    key = fields.pop("key")
    payment, _created = SandboxPayment.objects.get_or_create(key=key, defaults=fields)
    if (payment.amount, payment.currency) != (fields["amount"], fields["currency"]):
        raise Refused("the key belongs to another payment")
    return payment


@transaction.atomic
def current(name: str) -> SandboxPayment:
    """A payment by its id, or by "key:" and the merchant's; as it is by now.

    Raises SandboxPayment.DoesNotExist.
    """
    payment = _locked(name)
    now = timezone.now()
    if payment.state == State.PROCESSING and payment.decides_at and payment.decides_at <= now:
        _become(payment, payment.decides_as)
    elif payment.state == State.OPEN and payment.created_at <= now - LASTS:
        _become(payment, State.EXPIRED)
        _tell(payment, "payment.expired")
    return payment


@transaction.atomic
def decide(name: str, decision: Decision, news: News) -> list[Message]:
    """The shopper decides. Returns the messages that must arrive before they go back.

    news: how the merchant hears of it; see `NEWS` and docs/payment.md. Raises Refused when it is
    decided already, SandboxPayment.DoesNotExist.
    """
    payment = current(name)
    if payment.state != State.OPEN:
        raise Refused(f"it is {payment.state} already")
    agreed = State.CAPTURED if payment.capture else State.AUTHORIZED
    end = {"approve": agreed, "decline": State.DECLINED, "cancel": State.CANCELLED}[decision]
    now = timezone.now()
    kind = f"payment.{end}"
    if news == "slow":
        _become(payment, State.PROCESSING, decides_as=end, decides_at=now + SLOW)
        _tell(payment, kind, at=now + SLOW, state=end)
        return []
    _become(payment, end)
    if news == "before":
        return [_tell(payment, kind, wait_for_worker=False)]
    if news == "never":
        _tell(payment, kind, at=None)
        return []
    first = _tell(payment, kind, at=now + SLOW if news == "late" else now)
    if news == "twice":
        _tell(payment, kind, event=first.event)
    elif news == "mixed":
        # What was true before, told afterwards.
        _tell(payment, "payment.processing", state=State.PROCESSING)
    return []


@transaction.atomic
def capture(name: str, amount: int) -> SandboxPayment:
    """The merchant collects what is authorised, or less. Safe twice. Raises Refused.

    The rest is released, and no part of the payment any more.
    """
    payment = current(name)
    if payment.state == State.AUTHORIZED:
        if amount > payment.amount:
            raise Refused("so much is not authorised")
        payment.amount = amount
        payment.save(update_fields=["amount"])
        _become(payment, State.CAPTURED)
        _tell(payment, "payment.captured")
    elif payment.state != State.CAPTURED:
        raise Refused(f"it is {payment.state}")
    return payment


@transaction.atomic
def cancel(name: str) -> SandboxPayment:
    """The merchant calls a payment off, unless it is collected or with the bank. Safe twice."""
    payment = current(name)
    ends = {State.OPEN: State.CANCELLED, State.AUTHORIZED: State.RELEASED}
    if payment.state in ends:
        _become(payment, ends[State(payment.state)])
        _tell(payment, f"payment.{payment.state}")
    return payment


@transaction.atomic
def refund(name: str, key: str, amount: int) -> SandboxRefund:
    """The merchant pays back a part. The same key is the same refund. Raises Refused."""
    payment = current(name)
    known = payment.refunds.filter(key=key).first()
    if known is not None:
        if known.amount != amount:
            raise Refused("the key belongs to another refund")
        return known
    gone = payment.refunds.aggregate(sum=Sum("amount"))["sum"] or 0
    if payment.state != State.CAPTURED or gone + amount > payment.amount:
        raise Refused("there is not so much to pay back")
    made = SandboxRefund.objects.create(payment=payment, key=key, amount=amount)
    _tell(payment, "payment.refunded")
    return made


def described(payment: SandboxPayment) -> dict[str, Any]:
    """A payment as merchants are told of it."""
    return {
        "id": payment.pk,
        "key": payment.key,
        "status": payment.state,
        "amount": payment.amount,
        "currency": payment.currency,
        "refunds": [
            {"id": each.pk, "key": each.key, "amount": each.amount, "status": "done"}
            for each in payment.refunds.all()
        ],
    }


def _locked(name: str) -> SandboxPayment:
    kind, _colon, key = name.rpartition(":")
    wanted = {"key": key} if kind == "key" else {"pk": name}
    return SandboxPayment.objects.select_for_update().get(**wanted)


def _become(
    payment: SandboxPayment,
    state: str,
    *,
    decides_as: str = "",
    decides_at: datetime | None = None,
) -> None:
    payment.state, payment.decides_as, payment.decides_at = state, decides_as, decides_at
    payment.save(update_fields=["state", "decides_as", "decides_at"])


_NOW: Final = datetime.min.replace(tzinfo=UTC)


def _tell(
    payment: SandboxPayment,
    kind: str,
    *,
    at: datetime | None = _NOW,
    state: str = "",
    event: str = "",
    wait_for_worker: bool = True,
) -> Message:
    """Write a message that says how the payment is, or in what `state` it was or will be.

    at: when the worker is to send it, once this transaction is committed; None: not by itself.
    """
    event = event or event_id()
    told = {**described(payment), **({"status": state} if state else {})}
    message = Message.objects.create(
        payment=payment,
        event=event,
        kind=kind,
        body=json.dumps({"id": event, "type": kind, "payment": told}),
        due_at=timezone.now() if at is _NOW else at,
    )
    if message.due_at is not None and wait_for_worker:
        send_later(message)
    return message
