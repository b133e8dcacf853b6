"""Carts: what a session, or a customer, is about to buy across the whole network."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.catalogue.models import Variant
from shop.storefronts.models import Storefront

MAX_QUANTITY = 99
"""The most of one variant that one cart takes; larger orders are made by asking the shop."""
MAX_LINES = 100
"""The most lines one cart takes."""
MAX_CODES = 10
"""The most voucher codes one cart keeps."""


def new_trail() -> str:
    """The name of a new trail in the audit log."""
    return uuid.uuid4().hex


class Cart(models.Model):
    """One shopper's cart, the same on every domain of the network, and in the Store API.

    A guest's is owned by `session_key`, the root of a sessionsync session (links between sessions
    move carts through `carts.merging`), or, without a session, by whoever knows its `public_id`.
    A customer has one cart, wherever they sign in. See `carts.holders`.

    `notices` are things to tell the shopper on the next cart page (what a merge changed), each a
    `carts.notices.Notice`. `codes` are the voucher codes that the shopper typed. `trail` names
    what the audit log has of this cart, until an order takes it over.
    """

    session_key = models.CharField(
        max_length=64, unique=True, null=True, blank=True, editable=False
    )
    customer = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="cart",
        verbose_name=_("customer"),
    )
    public_id = models.CharField(max_length=32, unique=True, null=True, blank=True, editable=False)
    notices = models.JSONField(_("notices"), default=list, blank=True)
    codes = models.JSONField(_("voucher codes"), default=list, blank=True)
    trail = models.CharField(max_length=32, unique=True, default=new_trail, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("cart")
        verbose_name_plural = _("carts")
        constraints = [
            models.CheckConstraint(
                condition=Q(session_key=None) | Q(customer=None), name="cart_has_one_owner"
            ),
        ]
        indexes = [models.Index(fields=["updated_at"], name="cart_left_alone")]

    def __str__(self) -> str:
        return f"{self.pk}"


class FormerId(models.Model):
    """The public id of a cart that became a part of another: it still leads to the goods."""

    public_id = models.CharField(max_length=32, primary_key=True)
    cart = models.ForeignKey(Cart, models.CASCADE, related_name="former_ids")

    class Meta:
        verbose_name = _("former id")
        verbose_name_plural = _("former ids")

    def __str__(self) -> str:
        return self.public_id


class CartLine(models.Model):
    """So many of one variant, put in on one storefront.

    The same variant put in on two storefronts is two lines, so that both origins are kept.
    """

    cart = models.ForeignKey(Cart, models.CASCADE, related_name="lines")
    variant = models.ForeignKey(
        Variant, models.CASCADE, related_name="+", verbose_name=_("variant")
    )
    storefront = models.ForeignKey(
        Storefront, models.PROTECT, related_name="+", verbose_name=_("put in on")
    )
    quantity = models.PositiveSmallIntegerField(
        _("quantity"), validators=[MinValueValidator(1), MaxValueValidator(MAX_QUANTITY)]
    )
    seen_price = models.DecimalField(
        _("price when last seen"), max_digits=12, decimal_places=2, null=True, blank=True,
        help_text=_("What one cost when the shopper last changed something or read the notices."),
    )  # fmt: skip
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("cart line")
        verbose_name_plural = _("cart lines")
        ordering = ("created_at", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["cart", "variant", "storefront"], name="one_line_of_variant_and_storefront"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1) & Q(quantity__lte=MAX_QUANTITY),
                name="cart_line_quantity_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant}"
