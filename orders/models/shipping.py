"""Ways of delivery and what they cost."""

from decimal import Decimal
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.translated.fields import (
    TranslatedCharField,
    TranslatedModel,
    translations_constraint,
)


def validate_country_codes(value: object) -> None:
    """Refuse all but a list of two-letter codes."""
    codes = value if isinstance(value, list) else [None]
    if not all(isinstance(code, str) and len(code) == 2 and code.isalpha() for code in codes):
        raise ValidationError(_('Please write a list of country codes: ["de", "fr"], or [].'))


class ShippingMethods(models.QuerySet["ShippingMethod"]):
    """Ways to deliver."""

    def offered(self) -> Self:
        """Those a shopper may choose from now, in the order they are shown."""
        return self.filter(is_active=True)


class ShippingMethod(TranslatedModel):
    """A way to deliver, to some countries or to all.

    `price` holds where none of its rates says otherwise (`orders.shipping`). `max_weight_grams`
    is the heaviest order it takes, empty: any. `tax_class` is the slug of one of `shop.pricing`'s.
    """

    slug = models.SlugField(_("slug"), max_length=40, unique=True)
    name = TranslatedCharField(_("name"), max_length=80)
    original_name: str
    description = TranslatedCharField(_("description"), max_length=200, blank=True)
    original_description: str
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2)
    countries = models.JSONField(
        _("countries"),
        default=list,
        blank=True,
        validators=[validate_country_codes],
        help_text=_('ISO codes in lower case: ["de", "fr"]; empty: everywhere the shop delivers.'),
    )
    max_weight_grams = models.PositiveIntegerField(
        _("takes at most, in grams"), null=True, blank=True, help_text=_("Empty: any weight.")
    )
    tax_class = models.CharField(
        _("tax class"), max_length=40, blank=True, help_text=_("Empty: the shop's default class.")
    )
    is_active = models.BooleanField(_("offered"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = ShippingMethods.as_manager()

    class Meta:
        verbose_name = _("shipping method")
        verbose_name_plural = _("shipping methods")
        ordering = ("position", "price", "slug")
        constraints = [
            models.CheckConstraint(
                condition=Q(price__gte=Decimal(0)), name="shipping_price_not_negative"
            ),
            translations_constraint("shipping_method"),
        ]

    def __str__(self) -> str:
        return self.name

    def serves(self, country_code: str) -> bool:
        """Whether it goes to this country (ISO 3166-1 alpha-2, either case)."""
        codes = [str(code).lower() for code in self.countries]
        return not codes or country_code.lower() in codes


class ShippingRate(models.Model):
    """Another price of a method: in some countries, from some weight, or from some total.

    Of the rates that apply, one that names the country goes before one for all; then the one
    with the higher total, then the one with the higher weight. Free delivery from 100.00 on is a
    rate with `min_total` 100.00 and the price 0.00.
    """

    method = models.ForeignKey(
        ShippingMethod, models.CASCADE, related_name="rates", verbose_name=_("shipping method")
    )
    countries = models.JSONField(
        _("countries"),
        default=list,
        blank=True,
        validators=[validate_country_codes],
        help_text=_('ISO codes in lower case: ["de", "fr"]; empty: wherever the method goes.'),
    )
    min_weight_grams = models.PositiveIntegerField(_("from, in grams"), default=0)
    min_total = models.DecimalField(
        _("from a total of"), max_digits=12, decimal_places=2, default=Decimal("0.00")
    )
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2)

    class Meta:
        verbose_name = _("shipping rate")
        verbose_name_plural = _("shipping rates")
        ordering = ("method", "min_total", "min_weight_grams", "pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(price__gte=Decimal(0)) & Q(min_total__gte=Decimal(0)),
                name="shipping_rate_not_negative",
            )
        ]

    def __str__(self) -> str:
        return f"{self.method}: {self.price}"

    def serves(self, country_code: str) -> bool:
        """Whether it names this country, or none."""
        codes = [str(code).lower() for code in self.countries]
        return not codes or country_code.lower() in codes
