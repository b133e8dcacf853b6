"""Customers and staff: one account, known by its e-mail address; and what belongs to it."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Lower
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.countries import country_name

ERASED_DOMAIN = "erased.invalid"
"""Where the addresses of erased people are: no mail ever goes there (RFC 2606)."""


class UserManager(BaseUserManager["User"]):
    """Makes accounts; addresses are kept in lower case, so that one person has one account."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make an account. Raises ValueError without an address."""
        if not email:
            raise ValueError("An account needs an e-mail address.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make an account that may do everything."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find an account by its address, whatever its case."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """One account: a customer of the whole network, or one of its staff."""

    email = models.EmailField(_("e-mail"), unique=True)
    first_name = models.CharField(_("first name"), max_length=150, blank=True)
    last_name = models.CharField(_("last name"), max_length=150, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    is_staff = models.BooleanField(_("staff"), default=False, help_text=_("May enter the admin."))
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)
    erased_at = models.DateTimeField(
        _("erased"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("When everything personal was taken out of this account."),
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.CheckConstraint(
                condition=Q(email=Lower("email")), name="account_email_is_lower_case"
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None)
                | Q(
                    is_active=False,
                    is_staff=False,
                    first_name="",
                    last_name="",
                    phone="",
                    email__endswith=f"@{ERASED_DOMAIN}",
                ),
                name="erased_account_is_empty",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        """Write the address in lower case, as it is stored."""
        self.email = self.email.strip().lower()

    def get_full_name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        """First name, or the address where none is known."""
        return self.first_name or self.email

    @property
    def masked_email(self) -> str:
        """As much of the address as tells one row from the next: a…@e….com."""
        name, _at, domain = self.email.partition("@")
        host, _dot, top = domain.rpartition(".")
        return f"{name[:1]}…@{host[:1]}….{top}"


class Address(models.Model):
    """One entry of a customer's address book. `country_code` is ISO 3166-1 alpha-2, lower case.

    Orders keep copies: changing or deleting an entry changes no order.
    """

    customer = models.ForeignKey(
        User, models.CASCADE, related_name="addresses", verbose_name=_("customer")
    )
    address_name = models.CharField(
        _("name of this address"),
        max_length=80,
        blank=True,
        help_text=_("For you to tell them apart: home, work."),
    )
    first_name = models.CharField(_("first name"), max_length=150)
    last_name = models.CharField(_("last name"), max_length=150)
    company = models.CharField(_("company"), max_length=150, blank=True)
    address_1 = models.CharField(_("street and number"), max_length=200)
    address_2 = models.CharField(_("apartment, floor"), max_length=200, blank=True)
    city = models.CharField(_("city"), max_length=120)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    province = models.CharField(_("state or province"), max_length=120, blank=True)
    country_code = models.CharField(_("country"), max_length=2)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    is_default_shipping = models.BooleanField(
        _("deliver here unless told otherwise"), default=False
    )
    is_default_billing = models.BooleanField(_("bill here unless told otherwise"), default=False)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        ordering = ("-is_default_shipping", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(is_default_shipping=True),
                name="one_default_shipping_address",
            ),
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(is_default_billing=True),
                name="one_default_billing_address",
            ),
            models.CheckConstraint(
                condition=Q(Exact(Length("country_code"), 2), country_code=Lower("country_code")),
                name="address_country_is_two_lower_case_letters",
            ),
        ]

    def __str__(self) -> str:
        return self.address_name or f"{self.address_1}, {self.city}"

    @property
    def country(self) -> str:
        """The country's name in the active language."""
        return country_name(self.country_code)


class MailedLink(models.Model):
    """A link that was mailed and works once, for one person, until it expires.

    Only a digest of what the link holds is kept, so that who reads this table can use none.
    """

    class Purpose(models.TextChoices):
        CLAIM_ORDERS = "claim-orders", _("Claim orders")

    customer = models.ForeignKey(
        User, models.CASCADE, related_name="mailed_links", verbose_name=_("customer")
    )
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    data = models.JSONField(_("what it is for"), default=dict)
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires"), db_index=True)
    used_at = models.DateTimeField(_("used"), null=True, blank=True)

    class Meta:
        verbose_name = _("mailed link")
        verbose_name_plural = _("mailed links")

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} ({self.pk})"
