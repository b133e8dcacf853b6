"""Publishable keys: which storefront a program speaks to. They are no secret and prove nothing."""

import secrets
from typing import Any
from urllib.parse import urlsplit

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shop.storefronts.models import Storefront
from shop.storefronts.queries import all_storefronts

CACHED_SECONDS = 60


def new_key() -> str:
    """A publishable key as other shops of this format write them."""
    return f"pk_{secrets.token_hex(32)}"


def validate_origins(value: object) -> None:
    """Refuse all but a list of origins: scheme and host, perhaps a port, and nothing more."""
    if not isinstance(value, list) or not all(_is_origin(each) for each in value):
        raise ValidationError(_('Please write a list of origins: ["https://shop.example"], or [].'))


def _is_origin(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
        return (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and value == f"{parts.scheme}://{parts.netloc}".lower()
            and "@" not in parts.netloc
            and parts.port != 0
        )
    except ValueError:
        return False


class PublishableKey(models.Model):
    """Names a storefront to the Store API: a call sees what that storefront sells."""

    token = models.CharField(_("key"), max_length=80, unique=True, default=new_key, editable=False)
    title = models.CharField(_("title"), max_length=80, help_text=_("Who uses it."))
    storefront = models.ForeignKey(
        Storefront, models.CASCADE, related_name="publishable_keys", verbose_name=_("storefront")
    )
    origins = models.JSONField(
        _("origins"),
        default=list,
        blank=True,
        validators=[validate_origins],
        help_text=_(
            'Sites whose scripts may call with it: ["https://shop.example"]. A program on a server '
            "needs none."
        ),
    )
    created_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("publishable key")
        verbose_name_plural = _("publishable keys")
        ordering = ("storefront", "pk")

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and let every process see it."""
        super().save(*args, **kwargs)
        self._forget()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete, and let every process see it."""
        self._forget()
        return super().delete(*args, **kwargs)

    def _forget(self) -> None:
        names = [_cached(self.token), _ORIGINS]
        transaction.on_commit(lambda: cache.delete_many(names))


_ORIGINS = "api.origins"


def _cached(token: str) -> str:
    return f"api.key:{token}"


def storefront_of(token: str) -> tuple[Storefront, list[str]] | None:
    """The storefront a key names and the origins it is for; None for an unknown or revoked key.

    No query with a warm cache.
    """
    if len(token) > 80 or not token.isascii() or not token.isprintable() or " " in token:
        return None
    known: tuple[int, list[str]] | None = cache.get(_cached(token))
    if known is None:
        found = PublishableKey.objects.filter(token=token, revoked_at=None).first()
        if found is None:
            return None
        known = (found.storefront_id, list(found.origins))
        cache.set(_cached(token), known, CACHED_SECONDS)
    storefront = next((each for each in all_storefronts() if each.pk == known[0]), None)
    return (storefront, known[1]) if storefront else None


def all_origins() -> set[str]:
    """Every origin that any living key is for: what a preflight, which has no key, is asked by."""
    known: set[str] | None = cache.get(_ORIGINS)
    if known is None:
        rows = PublishableKey.objects.filter(revoked_at=None).values_list("origins", flat=True)
        known = {origin for origins in rows for origin in origins}
        cache.set(_ORIGINS, known, CACHED_SECONDS)
    return known
