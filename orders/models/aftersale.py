"""What happens to an order's goods after the sale: parcels, returns, cancelled items, invoices."""

from decimal import Decimal

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models.placed import Order, OrderLine


class Fulfilment(models.Model):
    """A parcel that was sent: so many of some lines. Cancelled: it was never handed over."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="fulfilments")
    carrier = models.CharField(_("carrier"), max_length=80, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=100, blank=True)
    tracking_url = models.URLField(_("tracking address"), max_length=500, blank=True)
    sent_at = models.DateTimeField(_("sent"), default=timezone.now)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)

    class Meta:
        verbose_name = _("fulfilment")
        verbose_name_plural = _("fulfilments")
        ordering = ("sent_at", "pk")

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking_number}".strip() or f"{self.pk}"


class FulfilmentLine(models.Model):
    """How many of a line a parcel holds."""

    fulfilment = models.ForeignKey(Fulfilment, models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, models.CASCADE, related_name="fulfilment_lines")
    quantity = models.PositiveSmallIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("line of a fulfilment")
        verbose_name_plural = _("lines of a fulfilment")
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=["fulfilment", "line"], name="one_fulfilment_line_of_a_line"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1), name="fulfilment_quantity_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line.product_title}"


class Return(models.Model):
    """Goods that are to come back, or have.

    `reason` is the shopper's, `note` the shop's answer. `refund_amount` is what goes back for it.
    """

    class Status(models.TextChoices):
        REQUESTED = "requested", _("Announced")
        RECEIVED = "received", _("Received")
        REFUSED = "refused", _("Refused")

    order = models.ForeignKey(Order, models.CASCADE, related_name="returns")
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.REQUESTED)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    note = models.TextField(_("note"), blank=True)
    requested_at = models.DateTimeField(_("announced"), default=timezone.now)
    received_at = models.DateTimeField(_("received"), null=True, blank=True)
    refund_amount = models.DecimalField(
        _("goes back for it"), max_digits=14, decimal_places=2, default=Decimal("0.00")
    )

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        ordering = ("requested_at", "pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(refund_amount__gte=0), name="return_refund_not_negative"
            ),
            models.CheckConstraint(
                condition=~Q(status="received") | Q(received_at__isnull=False),
                name="return_received_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order}: {self.get_status_display()}"


class ReturnLine(models.Model):
    """How many of a line come back; `restocked` of them went on sale again.

    `amount` is what they were sold for, with the `tax` in it, once they have come back.
    """

    return_of = models.ForeignKey(Return, models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, models.CASCADE, related_name="return_lines")
    quantity = models.PositiveSmallIntegerField(_("quantity"))
    restocked = models.PositiveSmallIntegerField(_("put back on sale"), default=0)
    amount = models.DecimalField(
        _("sold for"), max_digits=14, decimal_places=2, default=Decimal("0.00")
    )
    tax = models.DecimalField(
        _("tax in it"), max_digits=14, decimal_places=2, default=Decimal("0.00")
    )

    class Meta:
        verbose_name = _("line of a return")
        verbose_name_plural = _("lines of a return")
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=["return_of", "line"], name="one_return_line_of_a_line"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, restocked__lte=models.F("quantity")),
                name="return_quantity_positive",
            ),
            models.CheckConstraint(
                condition=Q(tax__gte=0, amount__gte=models.F("tax")),
                name="return_line_worth_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line.product_title}"


class Cancellation(models.Model):
    """Items of an accepted order that will not be sent, while the rest of it stands.

    `key` is the asker's: the same key is the same cancellation. `amount` is what they were sold
    for; `refund_amount` is what goes back of it, nothing where it was not paid yet. `restocked`:
    whether they are for sale again.
    """

    class Reason(models.TextChoices):
        REQUESTED = "requested", _("The customer does not want it any more")
        DAMAGED = "damaged", _("It is damaged or missing")
        UNAVAILABLE = "unavailable", _("The supplier cannot deliver it")

    order = models.ForeignKey(Order, models.CASCADE, related_name="cancellations")
    key = models.CharField(max_length=80, editable=False)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason)
    restocked = models.BooleanField(_("for sale again"), default=True)
    amount = models.DecimalField(_("sold for"), max_digits=14, decimal_places=2)
    refund_amount = models.DecimalField(_("goes back for it"), max_digits=14, decimal_places=2)
    cancelled_at = models.DateTimeField(_("cancelled"), default=timezone.now)

    class Meta:
        verbose_name = _("cancellation")
        verbose_name_plural = _("cancellations")
        ordering = ("cancelled_at", "pk")
        constraints = [
            models.UniqueConstraint(fields=["order", "key"], name="one_cancellation_of_a_key"),
            models.CheckConstraint(
                condition=Q(refund_amount__gte=0, refund_amount__lte=models.F("amount")),
                name="cancellation_refund_within_amount",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order}: {self.get_reason_display()}"

    @property
    def refund_key(self) -> str:
        """Names its refund for ever."""
        return f"cancelled:{self.order.token}:{self.pk}"


class CancellationLine(models.Model):
    """How many of a line were cancelled. `amount` is what they were sold for, with the `tax`."""

    cancellation = models.ForeignKey(Cancellation, models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, models.CASCADE, related_name="cancellation_lines")
    quantity = models.PositiveSmallIntegerField(_("quantity"))
    amount = models.DecimalField(_("sold for"), max_digits=14, decimal_places=2)
    tax = models.DecimalField(_("tax in it"), max_digits=14, decimal_places=2)

    class Meta:
        verbose_name = _("line of a cancellation")
        verbose_name_plural = _("lines of a cancellation")
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=["cancellation", "line"], name="one_cancellation_line_of_a_line"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, tax__gte=0, amount__gte=models.F("tax")),
                name="cancellation_line_worth_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line.product_title}"


class Invoice(models.Model):
    """A numbered document about an order's money: an invoice, or a credit note for a refund.

    `amount` is what it is about. `document` is all that it says, frozen when it was issued: it is
    drawn from that alone, so that it reads the same for ever. Only `orders.invoices` issues one.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("Invoice")
        CREDIT_NOTE = "credit_note", _("Credit note")

    order = models.ForeignKey(Order, models.PROTECT, related_name="invoices")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.INVOICE)
    number = models.CharField(_("number"), max_length=20, unique=True)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    document = models.JSONField(default=dict, encoder=DjangoJSONEncoder, editable=False)
    of_return = models.OneToOneField(
        Return, models.SET_NULL, null=True, blank=True, related_name="credit_note", editable=False
    )
    of_cancellation = models.OneToOneField(
        Cancellation,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="credit_note",
        editable=False,
    )
    issued_at = models.DateTimeField(_("issued"), default=timezone.now)

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering = ("issued_at", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(kind="invoice"), name="one_invoice_of_an_order"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="invoice_not_negative"),
        ]

    def __str__(self) -> str:
        return self.number


class InvoiceCounter(models.Model):
    """The last number of a series of invoices.

    Whoever takes the next one holds this row until their transaction ends: no number is lost.
    """

    series = models.CharField(max_length=10, unique=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.series}: {self.last}"
