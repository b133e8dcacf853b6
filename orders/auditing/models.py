"""What an audit found, until somebody has looked at it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models import Order


class Kind(models.TextChoices):
    """What can be wrong: that the books do not agree, or that an order speaks for somebody else."""

    CHAIN = "chain", _("The audit trail was changed or is incomplete")
    MONEY = "money", _("The order's sums do not agree")
    PAYMENT = "payment", _("Order and payments do not agree")
    STATES = "states", _("The order's states contradict each other")
    STOCK = "stock", _("Order and stock do not agree")
    LEDGER = "ledger", _("Stock and its ledger do not agree")

    EMAIL_DIFFERS = "email-differs", _("The e-mail typed is not the customer's")
    ATTACHED_LATE = "attached-late", _("A customer came in after a guest's address was typed")
    SEVERAL_CUSTOMERS = "several-customers", _("Several customers on one cart or session")
    TOKEN_SHARED = "token-shared", _("One token was used from two places at once")
    STRANGER = "stranger", _("Ordered by somebody who had not touched the cart")


BOOKS = frozenset({Kind.CHAIN, Kind.MONEY, Kind.PAYMENT, Kind.STATES, Kind.STOCK, Kind.LEDGER})
"""Those that no honest shopper can cause."""


class KnownTrail(models.Model):
    """How far an order's audit trail had come when an audit last found it sound.

    The trail's own row says so, too; this one shows what was cut off or written anew in both.
    """

    order = models.OneToOneField(
        Order, models.CASCADE, primary_key=True, related_name="known_trail"
    )
    length = models.PositiveIntegerField()
    head = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.order}: {self.length}"


class Anomaly(models.Model):
    """One finding about an order, or about the shop's stock as a whole (no order).

    The same finding of a later audit is the same row. `evidence` is what shows it: numbers of
    audit entries, amounts.
    """

    order = models.ForeignKey(
        Order,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="anomalies",
        verbose_name=_("order"),
    )
    kind = models.CharField(_("what"), max_length=20, choices=Kind)
    message = models.TextField(_("how it shows"))
    evidence = models.JSONField(_("evidence"), default=dict)
    found_at = models.DateTimeField(_("found"), default=timezone.now)
    seen_at = models.DateTimeField(_("last found"), default=timezone.now)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("closed by"),
    )
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("anomaly")
        verbose_name_plural = _("anomalies")
        ordering = ("-found_at", "-pk")
        constraints = [
            models.UniqueConstraint(
                fields=["order", "kind"], name="one_anomaly_of_a_kind_and_order"
            ),
            models.UniqueConstraint(
                fields=["kind"], condition=Q(order=None), name="one_anomaly_of_a_kind_alone"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | ~Q(note=""), name="closed_anomaly_has_a_note"
            ),
        ]
        indexes = [
            models.Index(fields=["kind"], condition=Q(closed_at=None), name="anomalies_open")
        ]
        permissions = [("close_anomaly", _("Can close anomalies"))]

    def __str__(self) -> str:
        return f"{self.order or '–'}: {self.get_kind_display()}"
