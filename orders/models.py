"""Orders: what was bought, frozen at the moment it was bought.

The constraints that check sums round to cents because SQLite adds decimals as floating point.
"""

import secrets
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Round
from django.utils.translation import gettext_lazy as _

from shop.catalogue.models import Variant
from shop.storefronts.models import Storefront


def new_token() -> str:
    """An unguessable name for an order's public address (128 bits)."""
    return secrets.token_urlsafe(16)


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


class ShippingMethod(models.Model):
    """A way to deliver, at one price per order, to some countries or to all."""

    slug = models.SlugField(_("slug"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    description = models.CharField(_("description"), max_length=200, blank=True)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2)
    countries = models.JSONField(
        _("countries"),
        default=list,
        blank=True,
        validators=[validate_country_codes],
        help_text=_('ISO codes in lower case: ["de", "fr"]; empty: everywhere the shop delivers.'),
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
            )
        ]

    def __str__(self) -> str:
        return self.name

    def serves(self, country_code: str) -> bool:
        """Whether it goes to this country (ISO 3166-1 alpha-2, either case)."""
        codes = [str(code).lower() for code in self.countries]
        return not codes or country_code.lower() in codes


class Order(models.Model):
    """One purchase. `token` is its public address; `number` is what people say on the phone.

    `checkout_key` is the idempotency key of the checkout form: a repeated POST finds the order it
    made. `session_fingerprint` names the shopper's session for operators without giving it away.
    """

    class Status(models.TextChoices):
        PLACED = "placed", _("Placed")
        FULFILLED = "fulfilled", _("Fulfilled")
        CANCELLED = "cancelled", _("Cancelled")

    class PaymentMethod(models.TextChoices):
        ON_DELIVERY = "on-delivery", _("Pay on delivery")

    number = models.CharField(_("number"), max_length=20, unique=True)
    token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    checkout_key = models.CharField(max_length=64, unique=True, editable=False)
    session_fingerprint = models.CharField(
        _("session fingerprint"), max_length=16, blank=True, editable=False
    )
    storefront = models.ForeignKey(
        Storefront, models.PROTECT, related_name="orders", verbose_name=_("ordered on")
    )
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("customer"),
        help_text=_("Empty for a guest."),
    )
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.PLACED)
    language = models.CharField(_("language"), max_length=12, default=settings.LANGUAGE_CODE)
    email = models.EmailField(_("e-mail"))
    first_name = models.CharField(_("first name"), max_length=150)
    last_name = models.CharField(_("last name"), max_length=150)
    address_1 = models.CharField(_("address"), max_length=200)
    address_2 = models.CharField(_("apartment, floor"), max_length=200, blank=True)
    city = models.CharField(_("city"), max_length=120)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    province = models.CharField(_("state or province"), max_length=120, blank=True)
    country_code = models.CharField(_("country"), max_length=2)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    shipping_method = models.CharField(_("shipping method"), max_length=80)
    payment_method = models.CharField(_("payment method"), max_length=40, choices=PaymentMethod)
    currency = models.CharField(_("currency"), max_length=3)
    items_total = models.DecimalField(_("items"), max_digits=14, decimal_places=2)
    shipping_total = models.DecimalField(_("shipping"), max_digits=14, decimal_places=2)
    total = models.DecimalField(_("total"), max_digits=14, decimal_places=2)
    placed_at = models.DateTimeField(_("placed"), auto_now_add=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ("-placed_at", "-pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(total=Round(F("items_total") + F("shipping_total"), 2)),
                name="order_adds_up",
            )
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """One line as it was bought: names and prices are copies and never change."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    variant = models.ForeignKey(Variant, models.SET_NULL, null=True, blank=True, related_name="+")
    storefront = models.ForeignKey(
        Storefront, models.PROTECT, related_name="+", verbose_name=_("put in on")
    )
    product_title = models.CharField(_("product"), max_length=255)
    product_slug = models.CharField(max_length=255)
    variant_title = models.CharField(_("variant"), max_length=800, blank=True)
    sku = models.CharField(_("SKU"), max_length=255, blank=True)
    unit_price = models.DecimalField(_("unit price"), max_digits=12, decimal_places=2)
    quantity = models.PositiveSmallIntegerField(_("quantity"))
    total = models.DecimalField(_("total"), max_digits=14, decimal_places=2)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gte=1), name="order_line_quantity_positive"
            ),
            models.CheckConstraint(
                condition=Q(total=Round(F("unit_price") * F("quantity"), 2)),
                name="order_line_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product_title}"
