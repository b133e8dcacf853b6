"""The ledger of stock, and what is promised to orders that are not settled yet."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.catalogue.models import Variant


class VariantStock(Variant):
    """A variant as those see it who look after stock: their page, and their permissions."""

    class Meta:
        proxy = True
        verbose_name = _("stock")
        verbose_name_plural = _("stock")


class LowStockMark(models.Model):
    """At how many left a variant is on the list of low stock, where it is not the usual number."""

    variant = models.OneToOneField(
        Variant,
        models.CASCADE,
        primary_key=True,
        related_name="low_stock_mark",
        verbose_name=_("variant"),
    )
    low_at = models.PositiveIntegerField(_("low at"))

    class Meta:
        verbose_name = _("low stock mark")
        verbose_name_plural = _("low stock marks")

    def __str__(self) -> str:
        return str(self.low_at)


class StockMovement(models.Model):
    """A change of a variant's stock. The sum of a variant's movements is its stock.

    The database's triggers write these rows whoever changes stock (`guards.py`), and refuse to
    change or delete them. `stock_after` is what was in stock then. They outlive their variant.
    """

    class Kind(models.TextChoices):
        INITIAL = "initial", _("First stock")
        RECEIVED = "received", _("Received")
        SOLD = "sold", _("Sold")
        RETURNED = "returned", _("Returned")
        CANCELLED = "cancelled", _("Cancelled after sale")
        CORRECTED = "corrected", _("Counted")
        IMPORTED = "imported", _("Imported")
        REMOVED = "removed", _("Variant deleted")
        UNEXPLAINED = "unexplained", _("Changed past the shop")

    # Null only where a variant that is gone is asked for along with its movements.
    variant = models.ForeignKey(
        Variant,
        models.DO_NOTHING,
        null=True,
        related_name="movements",
        db_constraint=False,
        db_index=False,
        verbose_name=_("variant"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    quantity = models.IntegerField(_("quantity"))
    stock_after = models.IntegerField(_("stock after"))
    reference = models.CharField(_("reference"), max_length=64, blank=True, db_index=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    actor = models.CharField(_("who"), max_length=10, blank=True)
    customer_id = models.BigIntegerField(_("account"), null=True)
    request_id = models.CharField(_("request"), max_length=64, blank=True)
    at = models.DateTimeField(_("when"), db_index=True)

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ("-pk",)
        constraints = [
            models.CheckConstraint(condition=Q(variant__isnull=False), name="movement_of_a_variant")
        ]
        indexes = [models.Index(fields=["variant", "-id"], name="movements_of_a_variant")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.quantity:+d}"

    @property
    def who(self) -> str:
        """Who did it: staff #7, system release_reservations. Blank where nobody said so."""
        account = f"#{self.customer_id}" if self.customer_id else ""
        command = self.request_id if self.actor == "system" else ""
        return " ".join(filter(None, (self.actor, account, command)))

    @property
    def short_reference(self) -> str:
        """As much of an order's reference as tells orders apart. The whole of it would open one."""
        return "" if self.kind == self.Kind.RECEIVED else self.reference[:8]


class Reservation(models.Model):
    """So many of a variant for one reference (an order's token), from promise to sale.

    held: how many of them `Variant.reserved` counts: all while it is open and the variant is
    tracked, then none. owed: how many were sold before they were there (backorder); the next that
    arrive are theirs. returned: how many were put back after the sale, or are owed no more.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Reserved")
        SOLD = "sold", _("Sold")
        RELEASED = "released", _("Released")

    reference = models.CharField(_("reference"), max_length=64)
    variant = models.ForeignKey(
        Variant,
        models.DO_NOTHING,
        related_name="reservations",
        db_constraint=False,
        verbose_name=_("variant"),
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    held = models.PositiveIntegerField(_("held back"), default=0)
    owed = models.PositiveIntegerField(_("owed"), default=0)
    returned = models.PositiveIntegerField(_("put back"), default=0)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    until = models.DateTimeField(_("until"))
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint(
                fields=["reference", "variant"], name="one_reservation_of_a_variant"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_of_one_or_more"),
            models.CheckConstraint(
                condition=Q(owed__lte=models.F("quantity") - models.F("returned")),
                name="no_more_owed_or_put_back_than_sold",
            ),
            models.CheckConstraint(
                condition=Q(held=0) | Q(state="open", held=models.F("quantity")),
                name="held_while_open",
            ),
            models.CheckConstraint(
                condition=Q(state="sold") | Q(owed=0, returned=0), name="owed_after_the_sale"
            ),
        ]
        indexes = [
            models.Index(fields=["until"], condition=Q(state="open"), name="reservations_open"),
            models.Index(fields=["variant", "id"], condition=Q(owed__gt=0), name="stock_owed"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant_id}, {self.get_state_display()}"

    @property
    def short_reference(self) -> str:
        """As much of the reference as tells orders apart. The whole of it would open one."""
        return self.reference[:8]
