"""What the Store API's tokens leave in the database: nothing that could be used as one.

A JWT names its row by `jti`; a refresh token is kept as its hash. So a token lives exactly as long
as its row says, whatever a cache has forgotten.
"""

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shop.storefronts.models import Storefront


class SigningKey(models.Model):
    """The name of a key. The key itself is derived from SECRET_KEY and never stored (`keys`)."""

    kid = models.CharField(_("key id"), max_length=32, unique=True)
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    refused_from = models.DateTimeField(
        _("refused from"),
        null=True,
        blank=True,
        help_text=_("Set when a newer key took over: by then every token it signed has expired."),
    )

    class Meta:
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return self.kid


class Identity(models.Model):
    """A registered e-mail address and password that no customer has been made of yet.

    The Store API registers in two steps; see `registration`.
    """

    email = models.EmailField(_("e-mail"), unique=True)
    password = models.CharField(_("password"), max_length=128)
    created_at = models.DateTimeField(_("made"), default=timezone.now)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = [
            models.CheckConstraint(
                condition=Q(email=Lower("email")), name="identity_email_is_lower_case"
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class IssuedTokens(models.QuerySet["IssuedToken"]):
    """Tokens that were handed out."""

    def alive(self, now: datetime | None = None) -> Self:
        """Those that still speak for somebody."""
        return self.filter(revoked_at=None, expires_at__gt=now or timezone.now())


class IssuedToken(models.Model):
    """One JWT that was handed out, by its id.

    A token speaks either for a customer or for an identity that may become one. `family` joins
    the short-lived tokens that came of one login by refreshing.
    """

    jti = models.CharField(max_length=32, unique=True, editable=False)
    family = models.UUIDField(default=uuid.uuid4, editable=False, db_index=True)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="api_tokens",
        verbose_name=_("customer"),
    )
    identity = models.ForeignKey(
        Identity, models.CASCADE, null=True, blank=True, related_name="tokens"
    )
    storefront = models.ForeignKey(
        Storefront, models.CASCADE, related_name="+", verbose_name=_("storefront")
    )
    issued_at = models.DateTimeField(_("issued"))
    expires_at = models.DateTimeField(_("expires"), db_index=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    revoked_why = models.CharField(_("why"), max_length=40, blank=True)

    objects = IssuedTokens.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ("-issued_at", "-pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(customer=None) ^ Q(identity=None), name="token_speaks_for_one"
            )
        ]

    def __str__(self) -> str:
        return f"{self.jti[:8]}…"


class RefreshToken(models.Model):
    """What a client may swap, once, for the next short-lived token and refresh token."""

    digest = models.CharField(max_length=64, unique=True, editable=False)
    family = models.UUIDField(editable=False, db_index=True)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("customer")
    )
    storefront = models.ForeignKey(
        Storefront, models.CASCADE, related_name="+", verbose_name=_("storefront")
    )
    expires_at = models.DateTimeField(_("expires"), db_index=True)
    used_at = models.DateTimeField(_("used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("refresh token")
        verbose_name_plural = _("refresh tokens")

    def __str__(self) -> str:
        return f"{self.digest[:8]}…"
