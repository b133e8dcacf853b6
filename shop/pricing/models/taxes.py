"""Which tax is on what, and where."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from shop.catalogue.models import Product
from shop.storefronts.models import Storefront

COUNTRY = RegexValidator(r"^[A-Z]{2}\Z", _("Two capital letters, as ISO 3166 has them: DE."))


class TaxClass(models.Model):
    """Goods that are taxed alike: the standard rate, a reduced one."""

    slug = models.SlugField(_("slug"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    is_default = models.BooleanField(
        _("default"),
        default=False,
        help_text=_("For all products that are in no other class, and for delivery."),
    )

    class Meta:
        verbose_name = _("tax class")
        verbose_name_plural = _("tax classes")
        ordering = ("-is_default", "name")
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=Q(is_default=True),
                name="one_default_tax_class",
                violation_error_message=_("Another class is the default; change that one first."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TaxRate(models.Model):
    """What a country takes of a class, in percent.

    A country without any rate takes nothing; a class without one in a country that has a default
    is taxed as the default class is, so that a rate somebody forgot costs the shop nothing.
    """

    country = models.CharField(_("country"), max_length=2, validators=[COUNTRY])
    tax_class = models.ForeignKey(
        TaxClass, models.CASCADE, related_name="rates", verbose_name=_("tax class")
    )
    rate = models.DecimalField(
        _("rate in percent"),
        max_digits=6,
        decimal_places=3,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
    )
    name = models.CharField(
        _("name"),
        max_length=40,
        blank=True,
        help_text=_("As the country calls it; empty: VAT, in the shopper's language."),
    )

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        ordering = ("country", "tax_class")
        constraints = [
            models.UniqueConstraint(
                fields=["country", "tax_class"],
                name="one_rate_of_country_and_class",
                violation_error_message=_("This country has a rate for this class already."),
            ),
            models.CheckConstraint(
                condition=Q(rate__gte=Decimal(0)) & Q(rate__lte=Decimal(100)),
                name="tax_rate_is_a_percentage",
                violation_error_message=_("A rate is from 0 to 100 percent."),
            ),
            models.CheckConstraint(
                condition=Q(country=Upper("country")),
                name="tax_country_is_upper_case",
                violation_error_message=_("Two capital letters, as ISO 3166 has them: DE."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.tax_class}: {self.rate.normalize():f} %"


class ProductTax(models.Model):
    """A product that is in another class than the default one."""

    product = models.OneToOneField(
        Product, models.CASCADE, related_name="+", verbose_name=_("product")
    )
    tax_class = models.ForeignKey(
        TaxClass, models.PROTECT, related_name="products", verbose_name=_("tax class")
    )

    class Meta:
        verbose_name = _("product's tax class")
        verbose_name_plural = _("products' tax classes")

    def __str__(self) -> str:
        return f"{self.product}: {self.tax_class}"


class HomeCountry(models.Model):
    """Where a storefront's shoppers are taken to live, until they say where it goes."""

    storefront = models.OneToOneField(
        Storefront, models.CASCADE, related_name="+", verbose_name=_("storefront")
    )
    country = models.CharField(_("country"), max_length=2, validators=[COUNTRY])

    class Meta:
        verbose_name = _("home country")
        verbose_name_plural = _("home countries")
        constraints = [
            models.CheckConstraint(
                condition=Q(country=Upper("country")),
                name="home_country_is_upper_case",
                violation_error_message=_("Two capital letters, as ISO 3166 has them: DE."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.storefront}: {self.country}"
