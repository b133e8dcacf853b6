"""Who wants to be told of orders, and what was told them."""

import secrets
import uuid
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models import Order


class Event(models.TextChoices):
    """What there is to tell."""

    PLACED = "order.placed", _("Order placed")
    PAID = "order.paid", _("Order paid")
    FULFILLED = "order.fulfilled", _("Goods sent")
    CANCELLED = "order.cancelled", _("Order cancelled")
    LINES_CANCELLED = "order.lines_cancelled", _("Items cancelled")
    REFUNDED = "order.refunded", _("Money paid back")
    RETURNED = "order.returned", _("Goods came back")


def new_secret() -> str:
    """A key to sign with (256 bits)."""
    return f"whsec_{secrets.token_urlsafe(32)}"


def validate_events(value: object) -> None:
    """Refuse all but a list of events."""
    if not isinstance(value, list) or not set(value) <= set(Event.values):
        raise ValidationError(_("Please choose from: %(events)s.") % {"events": Event.values})


def validate_address(value: str) -> None:
    """Refuse an address that nothing secret should be sent to."""
    if not value.startswith("https://"):
        raise ValidationError(_("Please use an https address: orders hold personal data."))


class Endpoint(models.Model):
    """An address that is told of orders.

    `failing_since`: when the first of the deliveries that have failed ever since did so; after
    `sending.PATIENCE` of that the endpoint is switched off.
    """

    title = models.CharField(_("title"), max_length=80)
    url = models.URLField(_("address"), max_length=500, validators=[validate_address])
    secret = models.CharField(_("secret"), max_length=80, default=new_secret)
    events = models.JSONField(
        _("events"), default=list, blank=True, validators=[validate_events],
        help_text=_("Empty: all of them."),
    )  # fmt: skip
    is_active = models.BooleanField(_("active"), default=True)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ("title", "pk")

    def __str__(self) -> str:
        return self.title

    def wants(self, event: str) -> bool:
        """Whether it is to be told of this event."""
        return not self.events or event in self.events


class Deliveries(models.QuerySet["Delivery"]):
    """What was, or is to be, told."""

    def due(self) -> Self:
        """Those to be sent now, also what a sender that died has left claimed."""
        return self.filter(state__in=Delivery.OPEN, due_at__lte=timezone.now())


class Delivery(models.Model):
    """One event for one endpoint.

    `event_id` is the event's, the same for all who are told of it and at each attempt: who gets it
    twice can tell. `payload` is what is sent, as it was then.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Given up")

    OPEN = (State.WAITING, State.SENDING)

    endpoint = models.ForeignKey(
        Endpoint, models.CASCADE, related_name="deliveries", verbose_name=_("webhook")
    )
    order = models.ForeignKey(
        Order, models.CASCADE, related_name="webhook_deliveries", verbose_name=_("order")
    )
    event = models.CharField(_("event"), max_length=40, choices=Event)
    event_id = models.UUIDField(_("event id"), default=uuid.uuid4)
    payload = models.JSONField(_("content"))
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    status = models.PositiveSmallIntegerField(_("last answer"), null=True, blank=True)
    answer = models.CharField(_("said"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("happened"), default=timezone.now)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)

    objects = Deliveries.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ("-created_at", "-pk")
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event_id"], name="one_delivery_of_event"),
            models.CheckConstraint(
                condition=Q(state="delivered") ^ Q(delivered_at=None), name="delivered_has_time"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["waiting", "sending"]),
                name="deliveries_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} → {self.endpoint}"
