"""What is sold: variants, with price and stock."""

from decimal import Decimal
from itertools import zip_longest
from typing import Any

from django.db import models
from django.db.models import F, Q, Value
from django.utils.translation import gettext_lazy as _

from shop.translated.fields import TranslatedCharField, TranslatedModel, translations_constraint

from .products import Product, ProductImage


def variant_title(option_values: list[str]) -> str:
    """Option values as one line of text: Small / Blue."""
    return " / ".join(option_values)


class Variant(TranslatedModel):
    """What is sold: one combination of option values, with its price and stock.

    `option_values` holds one value for each of the product's options, in their order; together
    with the product it is the variant's identity. A product without options has one variant with
    an empty list. Their translations are lists as long, with blanks for what is not translated.
    `available` and `reduced` are `not is_sold_out` and `is_on_sale`, worked out by the database,
    for queries.
    """

    product = models.ForeignKey(Product, models.CASCADE, related_name="variants")
    option_values = models.JSONField(_("option values"), default=list, blank=True)
    title = TranslatedCharField(
        _("title"),
        max_length=800,
        blank=True,
        editable=False,
        help_text=_("The option values, joined: Small / Blue. Empty for a single variant."),
    )
    original_title: str
    sku = models.CharField(_("SKU"), max_length=255, blank=True)
    barcode = models.CharField(_("barcode"), max_length=64, blank=True)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2)
    compare_at_price = models.DecimalField(
        _("compare-at price"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("The price before the sale; shown struck through when it is higher."),
    )
    tracks_stock = models.BooleanField(
        _("tracks stock"),
        default=False,
        help_text=_("Off: always sellable, whatever the stock says."),
    )
    stock = models.PositiveIntegerField(_("stock"), default=0)
    reserved = models.PositiveIntegerField(
        _("reserved"),
        default=0,
        editable=False,
        help_text=_("Promised to orders that are not settled yet; still in stock."),
    )
    allows_backorder = models.BooleanField(_("allows backorder"), default=False)
    weight_grams = models.PositiveIntegerField(_("weight in grams"), default=0)
    requires_shipping = models.BooleanField(_("requires shipping"), default=True)
    taxable = models.BooleanField(_("taxable"), default=True)
    available = models.GeneratedField(
        expression=models.ExpressionWrapper(
            Q(tracks_stock=False) | Q(allows_backorder=True) | Q(stock__gt=F("reserved")),
            output_field=models.BooleanField(),
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    reduced = models.GeneratedField(
        expression=models.Case(
            models.When(compare_at_price__gt=F("price"), then=Value(True)), default=Value(False)
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    position = models.PositiveSmallIntegerField(_("position"), default=1)

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ("product_id", "position", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["product", "title"],
                name="one_variant_of_a_combination",
                violation_error_message=_("Another variant has these option values."),
            ),
            models.UniqueConstraint(
                fields=["sku"],
                condition=~Q(sku=""),
                name="sku_unique_when_set",
                violation_error_message=_("Another variant has this SKU."),
            ),
            models.CheckConstraint(
                condition=Q(price__gte=Decimal(0)),
                name="price_not_negative",
                violation_error_message=_("A price is zero or more."),
            ),
            models.CheckConstraint(
                condition=Q(compare_at_price__isnull=True) | Q(compare_at_price__gte=Decimal(0)),
                name="compare_at_price_not_negative",
                violation_error_message=_("A compare-at price is zero or more."),
            ),
            translations_constraint("variant"),
            models.CheckConstraint(
                condition=(
                    Q(reserved__lte=F("stock")) | Q(allows_backorder=True) | Q(tracks_stock=False)
                ),
                name="no_more_reserved_than_in_stock",
                violation_error_message=_("More than that is promised to orders being paid now."),
            ),
        ]
        indexes = [
            models.Index(F("product"), F("available").desc(), F("price"), name="variant_cheapest")
        ]

    def __str__(self) -> str:
        return f"{self.product} ({self.title})" if self.title else str(self.product)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save with the title that the option values give."""
        self.title = variant_title(self.option_values)
        super().save(*args, **kwargs)

    @property
    def shown_values(self) -> list[str]:
        """The option values in the active language, each where it is translated."""
        values: list[str] = self.option_values
        said: list[str] = self.said.get("option_values", [])
        return [own or value for value, own in zip_longest(values, said[: len(values)])]

    def text(self, name: str) -> Any:
        """The title is that of the values, as far as they are translated."""
        if name == "title" and self.said:
            return variant_title(self.shown_values)
        return super().text(name)

    @property
    def image(self) -> "ProductImage | None":
        """The picture of this variant, else the product's first."""
        own = (image for image in self.product.images_list if image.variant_id == self.pk)
        return next(own, self.product.first_image)

    @property
    def sellable(self) -> int | None:
        """How many a shopper may buy now; None where nothing limits it."""
        limited = self.tracks_stock and not self.allows_backorder
        return self.stock - self.reserved if limited else None

    @property
    def is_sold_out(self) -> bool:
        """Whether not even one can be bought."""
        return self.sellable == 0

    @property
    def is_on_sale(self) -> bool:
        """Whether the compare-at price is higher than the price."""
        return self.compare_at_price is not None and self.compare_at_price > self.price
