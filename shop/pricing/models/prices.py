"""What a variant costs on one storefront, and what it costs for those who take more."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shop.catalogue.models import Variant
from shop.storefronts.models import Storefront


class StorefrontPrice(models.Model):
    """The price of a variant that is put in on this storefront, in place of its own price."""

    storefront = models.ForeignKey(
        Storefront, models.CASCADE, related_name="+", verbose_name=_("storefront")
    )
    variant = models.ForeignKey(
        Variant, models.CASCADE, related_name="+", verbose_name=_("variant")
    )
    price = models.DecimalField(
        _("price"), max_digits=12, decimal_places=2, validators=[MinValueValidator(Decimal(0))]
    )
    compare_at_price = models.DecimalField(
        _("compare-at price"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("The price before the sale; shown struck through. Higher than the price."),
    )

    class Meta:
        verbose_name = _("storefront price")
        verbose_name_plural = _("storefront prices")
        ordering = ("storefront", "variant")
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "storefront"],
                name="one_price_of_variant_and_storefront",
                violation_error_message=_("This storefront has a price for this variant already."),
            ),
            models.CheckConstraint(
                condition=Q(price__gte=Decimal(0)),
                name="storefront_price_not_negative",
                violation_error_message=_("A price is zero or more."),
            ),
            models.CheckConstraint(
                condition=Q(compare_at_price=None) | Q(compare_at_price__gt=F("price")),
                name="storefront_compare_at_is_higher",
                violation_error_message=_("The price before the sale is higher than the price."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant} @ {self.storefront}"


class QuantityBreak(models.Model):
    """The price of one for those who buy at least so many; lower than the price of a single one."""

    variant = models.ForeignKey(
        Variant, models.CASCADE, related_name="+", verbose_name=_("variant")
    )
    storefront = models.ForeignKey(
        Storefront,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("storefront"),
        help_text=_("Only for what is put in there; empty: on all of them."),
    )
    minimum = models.PositiveSmallIntegerField(
        _("from so many"),
        validators=[MinValueValidator(2)],
        help_text=_("Pieces of this variant in the whole cart, wherever they were put in."),
    )
    price = models.DecimalField(
        _("price of one"),
        max_digits=12,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(0))],
    )

    class Meta:
        verbose_name = _("quantity break")
        verbose_name_plural = _("quantity breaks")
        ordering = ("variant", "storefront", "minimum")
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "storefront", "minimum"],
                condition=Q(storefront__isnull=False),
                name="one_break_of_variant_storefront_and_number",
                violation_error_message=_("There is a price for this number already."),
            ),
            models.UniqueConstraint(
                fields=["variant", "minimum"],
                condition=Q(storefront__isnull=True),
                name="one_break_of_variant_and_number",
                violation_error_message=_("There is a price for this number already."),
            ),
            models.CheckConstraint(
                condition=Q(minimum__gte=2),
                name="break_from_two",
                violation_error_message=_("The price of a single one is the variant's own."),
            ),
            models.CheckConstraint(
                condition=Q(price__gte=Decimal(0)),
                name="break_price_not_negative",
                violation_error_message=_("A price is zero or more."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant}: {self.minimum}+"
