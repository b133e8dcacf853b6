"""What a shopper has entered so far on the way to an order."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from carts.models import Cart
from orders.models.addresses import Address


class Checkout(Address):
    """What was entered for a cart, step by step; gone once it is ordered.

    It goes where its cart goes. `customer` is who entered it, empty for a guest: nobody else is
    ever shown it (`orders.checkout.entries.entered`). Empty fields are not entered yet. `billing`
    holds the fields of `Address`, or nothing. The methods are slugs; whether they are offered (any
    more) is looked up when it matters. `consent_at`: when a storefront of the Store API told us so;
    on the web placing the order says it.
    """

    cart = models.OneToOneField(Cart, models.CASCADE, related_name="checkout")
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("customer"),
    )
    email = models.EmailField(_("e-mail"), blank=True)
    billing = models.JSONField(_("billing address"), default=dict, blank=True)
    shipping_method = models.CharField(_("shipping method"), max_length=40, blank=True)
    payment_method = models.CharField(_("payment method"), max_length=40, blank=True)
    consent_at = models.DateTimeField(_("agreed to the terms"), null=True, blank=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("checkout")
        verbose_name_plural = _("checkouts")

    def __str__(self) -> str:
        return f"{self.cart_id}"
