"""Addresses as an order keeps them: copies, which never change with the customer's own."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Address(models.Model):
    """A postal address. `country_code` is ISO 3166-1 alpha-2 in lower case."""

    first_name = models.CharField(_("first name"), max_length=150)
    last_name = models.CharField(_("last name"), max_length=150)
    company = models.CharField(_("company"), max_length=150, blank=True)
    address_1 = models.CharField(_("address"), max_length=200)
    address_2 = models.CharField(_("apartment, floor"), max_length=200, blank=True)
    city = models.CharField(_("city"), max_length=120)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    province = models.CharField(_("state or province"), max_length=120, blank=True)
    country_code = models.CharField(_("country"), max_length=2)
    phone = models.CharField(_("phone"), max_length=40, blank=True)

    class Meta:
        abstract = True


class BillingAddress(Address):
    """Where an order's invoice is made out to, if not to where the parcel goes."""

    order = models.OneToOneField("orders.Order", models.CASCADE, related_name="billing_address")

    class Meta:
        verbose_name = _("billing address")
        verbose_name_plural = _("billing addresses")

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}, {self.city}"
