"""Offers: what they take off, for whom, on what, when and how often."""

import unicodedata
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shop.catalogue.models import Category, Product
from shop.storefronts.models import Storefront
from shop.translated.fields import TranslatedCharField, TranslatedModel, translations_constraint

CODE_LENGTH = 40
"""The most characters of a voucher code."""


def normal_code(typed: str) -> str:
    """A code as it is stored: capitals, no blanks, one way of writing each character.

    Longer texts stay too long, so that no code is found by its beginning.
    """
    folded = unicodedata.normalize("NFKC", typed.replace("\x00", "")[: 2 * CODE_LENGTH]).upper()
    return "".join(folded.split())


class CustomerGroup(models.Model):
    """Customers who get offers that others do not: members of a club, the trade."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="customer_groups",
        verbose_name=_("members"),
    )

    class Meta:
        verbose_name = _("customer group")
        verbose_name_plural = _("customer groups")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Limited(models.Model):
    """What may be limited in time and in how often it is used.

    `used` counts; an order that takes the last use is guarded by it (see services.redeem).
    """

    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(
        _("until"), null=True, blank=True, help_text=_("The first moment at which it is over.")
    )
    usage_limit = models.PositiveIntegerField(
        _("orders in all"), null=True, blank=True, help_text=_("Empty: no limit.")
    )
    usage_limit_per_customer = models.PositiveIntegerField(
        _("orders of one customer"),
        null=True,
        blank=True,
        help_text=_("Known by their account or their e-mail address. Empty: no limit."),
    )
    used = models.PositiveIntegerField(_("used"), default=0, editable=False)

    class Meta:
        abstract = True


def _limits(name: str) -> list[models.BaseConstraint]:
    """The constraints of what is Limited; each table needs its own names for them."""
    return [
        models.CheckConstraint(
            condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
            name=f"{name}_ends_after_it_starts",
            violation_error_message=_("It has to end after it starts."),
        ),
        models.CheckConstraint(
            condition=Q(usage_limit=None) | Q(used__lte=F("usage_limit")),
            name=f"{name}_not_used_too_often",
            violation_error_message=_("It has been used more often than that already."),
        ),
    ]


class Promotions(models.QuerySet["Promotion"]):
    """Offers."""

    def automatic(self) -> Self:
        """Those that need no code, as far as staff have switched them on."""
        return self.filter(is_active=True, automatic=True)


class Promotion(TranslatedModel, Limited):
    """An offer.

    What it is worth depends on `kind`: `percent` of the prices; `amount` off the sum; delivery
    for nothing, up to `amount` if given; or, of every `buy_quantity` + `get_quantity` pieces, the
    `get_quantity` cheapest at `percent` less.

    It counts what is in one of the categories (or below) or is one of the products, everything if
    neither is given, as far as it was put in on one of the storefronts, if any are given. What it
    counts must come to `minimum_total`, before any discount. If groups are given, their members
    get it and nobody else. Every condition that is given must be met.
    """

    class Kind(models.TextChoices):
        PERCENTAGE = "percentage", _("Percentage off")
        FIXED = "fixed", _("Amount off")
        FREE_SHIPPING = "free-shipping", _("Free delivery")
        BUY_GET = "buy-get", _("Buy some, get some")

    name = TranslatedCharField(_("name"), max_length=80, help_text=_("Shoppers read this."))
    original_name: str
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    percent = models.DecimalField(
        _("percent"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(Decimal(100))],
    )
    amount = models.DecimalField(
        _("amount"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text=_("Amount off; for free delivery: the most it may be worth, empty for all."),
    )
    buy_quantity = models.PositiveSmallIntegerField(
        _("buy"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    get_quantity = models.PositiveSmallIntegerField(
        _("get"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    automatic = models.BooleanField(
        _("automatic"), default=False, help_text=_("Off: only with a voucher code.")
    )
    is_active = models.BooleanField(_("switched on"), default=True)
    combinable = models.BooleanField(
        _("combinable"),
        default=True,
        help_text=_(
            "On: added to all others that are combinable. Off: alone, if that saves the shopper "
            "more than all combinable ones together."
        ),
    )
    priority = models.SmallIntegerField(
        _("priority"),
        default=0,
        help_text=_("The higher first, where two of them compete for the same goods."),
    )
    minimum_total = models.DecimalField(
        _("minimum"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text=_("What the goods it counts must cost together, before any discount."),
    )
    categories = models.ManyToManyField(
        Category,
        blank=True,
        related_name="+",
        verbose_name=_("categories"),
        help_text=_("With all below them. Neither categories nor products: everything."),
    )
    products = models.ManyToManyField(
        Product, blank=True, related_name="+", verbose_name=_("products")
    )
    storefronts = models.ManyToManyField(
        Storefront,
        blank=True,
        related_name="+",
        verbose_name=_("storefronts"),
        help_text=_("Counts what was put in there, wherever it is ordered. None: all of them."),
    )
    groups = models.ManyToManyField(
        CustomerGroup,
        blank=True,
        related_name="promotions",
        verbose_name=_("customer groups"),
        help_text=_("None: for everybody."),
    )

    objects = Promotions.as_manager()

    class Meta:
        verbose_name = _("promotion")
        verbose_name_plural = _("promotions")
        ordering = ("-priority", "name", "pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="percentage", percent__isnull=False)
                | Q(kind="fixed", amount__isnull=False)
                | Q(kind="free-shipping")
                | Q(
                    kind="buy-get",
                    percent__isnull=False,
                    buy_quantity__isnull=False,
                    get_quantity__isnull=False,
                ),
                name="promotion_says_what_it_is_worth",
                violation_error_message=_(
                    "Percentage off needs a percentage, amount off an amount, and buy-and-get two "
                    "numbers and a percentage."
                ),
            ),
            models.CheckConstraint(
                condition=Q(percent=None) | (Q(percent__gt=Decimal(0)) & Q(percent__lte=100)),
                name="promotion_percent_in_range",
                violation_error_message=_("A percentage is above 0 and at most 100."),
            ),
            models.CheckConstraint(
                condition=Q(amount=None) | Q(amount__gt=Decimal(0)),
                name="promotion_amount_above_zero",
                violation_error_message=_("An amount is above zero."),
            ),
            models.CheckConstraint(
                condition=(Q(buy_quantity=None) | Q(buy_quantity__gte=1))
                & (Q(get_quantity=None) | Q(get_quantity__gte=1)),
                name="promotion_buy_and_get_some",
                violation_error_message=_("Buy and get at least one."),
            ),
            *_limits("promotion"),
            translations_constraint("promotion"),
        ]

    def __str__(self) -> str:
        return self.name


class Voucher(Limited):
    """A code that brings a promotion; one promotion may have many. Stored as `normal_code` is."""

    code = models.CharField(
        _("code"), max_length=CODE_LENGTH, unique=True, help_text=_("Case makes no difference.")
    )
    promotion = models.ForeignKey(
        Promotion, models.CASCADE, related_name="vouchers", verbose_name=_("promotion")
    )
    is_active = models.BooleanField(_("switched on"), default=True)

    class Meta:
        verbose_name = _("voucher")
        verbose_name_plural = _("vouchers")
        ordering = ("code",)
        constraints = [
            models.CheckConstraint(condition=~Q(code=""), name="voucher_has_a_code"),
            *_limits("voucher"),
        ]

    def __str__(self) -> str:
        return self.code

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the code as shoppers' are looked up."""
        self.code = normal_code(self.code)
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Write the code as it is stored, so that a second one of it is refused in words."""
        self.code = normal_code(self.code)


class Redemption(models.Model):
    """One use of a promotion by one order, known by its reference.

    Who it was is their account and a fingerprint of their e-mail address: enough to count, and
    nothing to tell the address by.
    """

    promotion = models.ForeignKey(
        Promotion, models.PROTECT, related_name="redemptions", verbose_name=_("promotion")
    )
    voucher = models.ForeignKey(
        Voucher,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="redemptions",
        verbose_name=_("voucher"),
    )
    reference = models.CharField(_("reference"), max_length=64)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("customer"),
    )
    email_fingerprint = models.CharField(_("e-mail's fingerprint"), max_length=64, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    created_at = models.DateTimeField(_("used at"), auto_now_add=True)

    class Meta:
        verbose_name = _("redemption")
        verbose_name_plural = _("redemptions")
        ordering = ("-created_at", "-pk")
        constraints = [
            models.UniqueConstraint(
                fields=["reference", "promotion"], name="one_use_of_a_promotion_by_an_order"
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=Decimal(0)), name="redemption_amount_above_zero"
            ),
        ]
        indexes = [
            models.Index(fields=["promotion", "customer"], name="redemption_by_customer"),
            models.Index(fields=["promotion", "email_fingerprint"], name="redemption_by_email"),
        ]

    def __str__(self) -> str:
        return f"{self.promotion}: {self.short_reference}"

    @property
    def short_reference(self) -> str:
        """As much of the reference as tells orders apart. The whole of it would open one."""
        return self.reference[:8]
