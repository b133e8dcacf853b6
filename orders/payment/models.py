"""Payments of orders, the news that came of them, and refunds.

Sums are rounded to cents in constraints because SQLite adds decimals as floating point.
"""

import secrets

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models import Order
from orders.payment.moves import OPEN, RefundStatus, Status


def new_key() -> str:
    """A payment's name towards its gateway: nobody can guess it, no other shop uses it."""
    return secrets.token_urlsafe(16)


class Payment(models.Model):
    """One attempt to pay an order, by one gateway. Only `orders.payment.services` writes it.

    `key` is what the gateway knows it by: asked twice, it is the same payment there. `reference`
    is the gateway's name for it, `charge` its name for the money, where that is another. `site_url`
    is where the shopper was, and comes back to. `unwanted`: the money came when the order could
    not take it any more, so it goes back and the order's own books do not count it.
    """

    class Problem(models.TextChoices):
        """Why staff should look at it."""

        WRONG_AMOUNT = "wrong-amount", _("The gateway reported another amount")
        WRONG_CURRENCY = "wrong-currency", _("The gateway reported another currency")
        TOO_LATE = "too-late", _("Paid when the order was closed: paid back")
        PAID_TWICE = "paid-twice", _("The order was paid for already: paid back")
        REFUND_FAILED = "refund-failed", _("A refund did not arrive")
        REFUND_TOO_HIGH = "refund-too-high", _("The gateway paid back more than it received")

    order = models.ForeignKey(
        Order, models.PROTECT, related_name="payments", verbose_name=_("order")
    )
    key = models.CharField(_("key"), max_length=32, unique=True, default=new_key, editable=False)
    gateway = models.CharField(_("gateway"), max_length=40)
    reference = models.CharField(_("gateway's reference"), max_length=255, blank=True)
    charge = models.CharField(_("gateway's charge"), max_length=255, blank=True)
    redirect_url = models.URLField(max_length=2000, blank=True, editable=False)
    site_url = models.URLField(_("site"), max_length=300, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.CREATED)
    captured = models.DecimalField(_("received"), max_digits=14, decimal_places=2, default=0)
    refunded = models.DecimalField(_("paid back"), max_digits=14, decimal_places=2, default=0)
    unwanted = models.BooleanField(_("not taken by the order"), default=False)
    problem = models.CharField(_("problem"), max_length=20, choices=Problem, blank=True)
    created_at = models.DateTimeField(_("begun"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)
    asked_at = models.DateTimeField(_("gateway asked"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ("-created_at", "-pk")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(captured__gte=0, captured__lte=F("amount")),
                name="payment_captured_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("captured")),
                name="payment_refunded_within_captured",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.CAPTURED, captured__gt=0)
                | (~Q(status=Status.CAPTURED) & Q(captured=0)),
                name="payment_captured_has_money",
            ),
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="payment_status_known"
            ),
            models.UniqueConstraint(
                fields=["order"], condition=Q(status__in=OPEN), name="one_open_payment_per_order"
            ),
            models.UniqueConstraint(
                fields=["gateway", "reference"],
                # A transfer's reference is its order's number, at each attempt to pay.
                condition=~Q(reference="") & ~Q(gateway="bank-transfer"),
                name="one_payment_per_gateway_reference",
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"], condition=Q(status__in=OPEN), name="payment_open_since"
            ),
            models.Index(
                fields=["gateway", "charge"], condition=~Q(charge=""), name="payment_charge"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} · {self.gateway} · {self.amount} {self.currency}"

    @property
    def is_open(self) -> bool:
        """Whether nothing is decided yet."""
        return self.status in OPEN


class PaymentEvent(models.Model):
    """A piece of news about a payment, kept so that it counts once. Never changed.

    It holds what was said of money and status, and nothing of the shopper or their card.
    """

    class Outcome(models.TextChoices):
        APPLIED = "applied", _("Changed the payment")
        NOTHING_NEW = "nothing-new", _("Nothing new")
        REFUSED = "refused", _("Not believed")

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="events")
    gateway = models.CharField(_("gateway"), max_length=40)
    event_id = models.CharField(_("event"), max_length=255)
    kind = models.CharField(_("kind"), max_length=100)
    channel = models.CharField(_("came by"), max_length=20)
    status = models.CharField(_("says"), max_length=20, choices=Status, blank=True)
    amount = models.DecimalField(
        _("amount"), max_digits=17, decimal_places=3, null=True, blank=True
    )
    currency = models.CharField(_("currency"), max_length=10, blank=True)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("news of a payment")
        verbose_name_plural = _("news of payments")
        ordering = ("at", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "event_id"], name="one_payment_event_per_gateway_id"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.get_outcome_display()})"


class Refund(models.Model):
    """Money that goes back. `key` is the asker's: the same key is the same refund.

    A refund that was made at the gateway, without the shop, has the payment's key and the
    gateway's reference as key.
    """

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    key = models.CharField(_("key"), max_length=300, unique=True)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    status = models.CharField(
        _("status"), max_length=20, choices=RefundStatus, default=RefundStatus.ASKED
    )
    reference = models.CharField(_("gateway's reference"), max_length=255, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ("asked_at", "pk")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(
                condition=Q(status__in=RefundStatus.values), name="refund_status_known"
            ),
            models.UniqueConstraint(
                fields=["payment", "reference"],
                condition=~Q(reference=""),
                name="one_refund_per_gateway_reference",
            ),
        ]
        indexes = [
            models.Index(
                fields=["asked_at"], condition=Q(status=RefundStatus.ASKED), name="refund_asked"
            )
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.payment.currency} ({self.get_status_display()})"
