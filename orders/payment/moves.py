"""What may become of a payment, in one table, and what news makes of it. No database here.

News comes twice, late, and in any order: a webhook beside the shopper's return, beside somebody
who asked the gateway. So a payment never goes back: what it is after a set of news is the furthest
of them, in whatever order they came. Money that has moved is a fact and beats every word that it
would not.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

ZERO = Decimal("0.00")


class Status(models.TextChoices):
    """How far a payment has come, from left to right."""

    CREATED = "created", _("Being set up")
    PENDING = "pending", _("Waiting for the shopper or the bank")
    FAILED = "failed", _("Declined")
    EXPIRED = "expired", _("Never answered")
    CANCELLED = "cancelled", _("Cancelled")
    AUTHORIZED = "authorized", _("Authorised")
    VOIDED = "voided", _("Released without charge")
    CAPTURED = "captured", _("Received")


class RefundStatus(models.TextChoices):
    """How far a refund has come."""

    ASKED = "asked", _("On its way")
    DONE = "done", _("Paid back")
    FAILED = "failed", _("Not paid back")


MOVES: Final[Mapping[str, frozenset[str]]] = {
    Status.CREATED: frozenset(Status) - {Status.CREATED},
    Status.PENDING: frozenset(Status) - {Status.CREATED, Status.PENDING},
    # Declined once; another card, later, or news that overtook other news.
    Status.FAILED: frozenset(
        {Status.EXPIRED, Status.CANCELLED, Status.AUTHORIZED, Status.VOIDED, Status.CAPTURED}
    ),
    Status.EXPIRED: frozenset(
        {Status.CANCELLED, Status.AUTHORIZED, Status.VOIDED, Status.CAPTURED}
    ),
    # Called off, and paid nevertheless at the same moment.
    Status.CANCELLED: frozenset({Status.AUTHORIZED, Status.VOIDED, Status.CAPTURED}),
    Status.AUTHORIZED: frozenset({Status.VOIDED, Status.CAPTURED}),
    Status.VOIDED: frozenset({Status.CAPTURED}),
    Status.CAPTURED: frozenset(),
}
"""Where a payment may go from each status. To stay is no move."""

REFUND_MOVES: Final[Mapping[str, frozenset[str]]] = {
    RefundStatus.ASKED: frozenset({RefundStatus.DONE, RefundStatus.FAILED}),
    # A bank may send money back days after it was said to have arrived.
    RefundStatus.DONE: frozenset({RefundStatus.FAILED}),
    RefundStatus.FAILED: frozenset(),
}
"""Where a refund may go from each status."""

OPEN: Final = (Status.CREATED, Status.PENDING)
"""Nothing is decided yet. No move leads back here, so a second open payment cannot come about."""

UNPAID: Final = (Status.FAILED, Status.EXPIRED, Status.CANCELLED, Status.VOIDED)
"""It came to nothing."""


def after(status: str, news: str) -> Status:
    """The status of a payment once `news` has come: `news` where the table allows it."""
    return Status(news) if news in MOVES[status] else Status(status)


def refund_after(status: str, news: str) -> RefundStatus:
    """The status of a refund once `news` has come."""
    return RefundStatus(news) if news in REFUND_MOVES[status] else RefundStatus(status)


def refunded(captured: Decimal, refunds: Iterable[tuple[str, Decimal]]) -> Decimal:
    """What has been paid back of `captured`, by each refund's status and amount.

    Never more than was captured: news of a refund may overtake the news of the capture, and a
    gateway that releases an authorisation may call that a refund.
    """
    done = sum((amount for status, amount in refunds if status == RefundStatus.DONE), ZERO)
    return min(done, captured)


def refundable(captured: Decimal, refunds: Iterable[tuple[str, Decimal]]) -> Decimal:
    """What may still be asked back: captured, less what is paid back or on its way."""
    promised = sum((amount for status, amount in refunds if status != RefundStatus.FAILED), ZERO)
    return max(captured - promised, ZERO)
