"""What Sandbox Pay keeps: payments, refunds, and the messages it owes its merchants."""

import secrets

from django.db import models
from django.db.models import F, Q
from django.utils import timezone


def _payment_id() -> str:
    return f"pay_{secrets.token_hex(12)}"


def _refund_id() -> str:
    return f"ref_{secrets.token_hex(12)}"


def event_id() -> str:
    """A name for a piece of news; a message that is sent twice has it twice."""
    return f"evt_{secrets.token_hex(12)}"


class State(models.TextChoices):
    """What has become of a payment."""

    OPEN = "open"
    PROCESSING = "processing"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    AUTHORIZED = "authorized"
    RELEASED = "released"
    CAPTURED = "captured"


class SandboxPayment(models.Model):
    """A payment that a merchant asked for. Amounts are in the currency's smallest unit.

    `key` is the merchant's own name for it. While it is processing, the bank has not decided yet:
    at `decides_at` it becomes `decides_as`.
    """

    id = models.CharField(primary_key=True, max_length=40, default=_payment_id)
    key = models.CharField(max_length=255, unique=True)
    amount = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    capture = models.BooleanField(default=True)
    description = models.CharField(max_length=200)
    language = models.CharField(max_length=12)
    return_url = models.URLField(max_length=2000)
    cancel_url = models.URLField(max_length=2000)
    webhook_url = models.URLField(max_length=2000)
    state = models.CharField(max_length=20, choices=State, default=State.OPEN)
    decides_as = models.CharField(max_length=20, choices=State, blank=True)
    decides_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="sandbox_amount_positive"),
            models.CheckConstraint(
                condition=Q(state="processing", decides_at__isnull=False)
                | (~Q(state="processing") & Q(decides_at__isnull=True)),
                name="sandbox_processing_ends",
            ),
        ]

    def __str__(self) -> str:
        return self.id


class SandboxRefund(models.Model):
    """Money that went back to the shopper."""

    id = models.CharField(primary_key=True, max_length=40, default=_refund_id)
    payment = models.ForeignKey(SandboxPayment, models.CASCADE, related_name="refunds")
    key = models.CharField(max_length=255)
    amount = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("created_at", "id")
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="sandbox_refund_amount_positive"
            ),
            models.UniqueConstraint(fields=["payment", "key"], name="sandbox_one_refund_per_key"),
        ]

    def __str__(self) -> str:
        return self.id


class Messages(models.QuerySet["Message"]):
    """Messages."""

    def due(self) -> "Messages":
        """Those to be sent now, in the order in which they were written."""
        return self.filter(sent_at=None, due_at__lte=timezone.now()).order_by("due_at", "pk")


class Message(models.Model):
    """News for a merchant, to be sent at `due_at`; without that it waits to be sent by hand."""

    payment = models.ForeignKey(SandboxPayment, models.CASCADE, related_name="messages")
    event = models.CharField(max_length=40, default=event_id)
    kind = models.CharField(max_length=40)
    body = models.TextField()
    due_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    answer = models.CharField(max_length=100, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = Messages.as_manager()

    class Meta:
        ordering = ("pk",)
        indexes = [models.Index(F("due_at"), condition=Q(sent_at=None), name="sandbox_message_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.event}"
