"""The domains of the network, one row each."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.translated.fields import TranslatedCharField, TranslatedModel, translations_constraint

from .caching import forget_rows_on_commit

DOMAIN = RegexValidator(
    r"^(?!-)[a-z0-9-]{1,63}(\.(?!-)[a-z0-9-]{1,63})*$",
    _("A host name in lower case, without scheme, port or path: shop.example."),
)


class StorefrontQuerySet(models.QuerySet["Storefront"]):
    """Bulk writes that are seen at once, as those of single rows are."""

    def update(self, **fields: Any) -> int:
        """Update rows and forget the cached ones."""
        forget_rows_on_commit()
        return super().update(**fields)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete rows and forget the cached ones."""
        forget_rows_on_commit()
        return super().delete()

    def bulk_create(
        self, objs: Iterable["Storefront"], *args: Any, **kwargs: Any
    ) -> list["Storefront"]:
        """Insert rows and forget the cached ones."""
        forget_rows_on_commit()
        return super().bulk_create(objs, *args, **kwargs)


class Storefront(TranslatedModel):
    """One site of the network: a domain, a face, a language, and what it sells.

    Its name is a name in every language; its tagline has translations.
    The products it sells are `Product.storefronts`; the main storefront sells everything.
    Scheme and port are no part of the domain: they come from the request.
    """

    class Theme(models.TextChoices):
        GALLERIA = "galleria", _("Galleria (the mall)")
        APPAREL = "apparel", _("Apparel")
        JEWELRY = "jewelry", _("Jewelry")
        HOME = "home", _("Home")

    slug = models.SlugField(_("slug"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    domain = models.CharField(
        _("domain"),
        max_length=253,
        unique=True,
        validators=[DOMAIN],
        help_text=_("Without scheme and port: apparel.example"),
    )
    is_main = models.BooleanField(
        _("main site"),
        default=False,
        help_text=_("The meeting point of the network. Exactly one site is."),
    )
    tagline = TranslatedCharField(_("tagline"), max_length=160, blank=True)
    theme = models.CharField(_("theme"), max_length=20, choices=Theme, default=Theme.GALLERIA)
    language = models.CharField(
        _("language"), max_length=12, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects: ClassVar[StorefrontQuerySet] = StorefrontQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("storefront")
        verbose_name_plural = _("storefronts")
        ordering = ("-is_main", "position", "slug")
        constraints = [
            models.UniqueConstraint(
                fields=["is_main"],
                condition=models.Q(is_main=True),
                name="one_main_storefront",
                violation_error_message=_(
                    "Another site is the main site; move that with the action."
                ),
            ),
            models.CheckConstraint(
                condition=models.Q(domain=models.functions.Lower("domain")),
                name="storefront_domain_is_lower_case",
                violation_error_message=_("A domain is written in lower case."),
            ),
            translations_constraint("storefront"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and make every process see it once it is committed."""
        forget_rows_on_commit()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete a sub-site. Raises ProtectedError for the main site, which must always exist."""
        if self.is_main:
            raise models.ProtectedError(str(_("The main site cannot be deleted.")), {self})
        forget_rows_on_commit()
        return super().delete(*args, **kwargs)

    def clean(self) -> None:
        """Refuse to leave the network without a main site."""
        others = Storefront.objects.exclude(pk=self.pk)
        if not self.is_main and not others.filter(is_main=True).exists():
            raise ValidationError(
                {"is_main": _("One site must be the main site: make another one main instead.")}
            )

    @property
    def currency(self) -> str:
        """The network's one currency, as an ISO 4217 code."""
        return settings.SHOP_CURRENCY
