"""The domains of the network, one row each."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

DOMAIN = RegexValidator(
    r"^(?!-)[a-z0-9-]{1,63}(\.(?!-)[a-z0-9-]{1,63})*$",
    _("A host name in lower case, without scheme, port or path: shop.example."),
)


class Storefront(models.Model):
    """One site of the network: a domain, a face, a language, and what it sells.

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
        _("domain"), max_length=253, unique=True, validators=[DOMAIN],
        help_text=_("Without scheme and port: apparel.example"),
    )
    is_main = models.BooleanField(
        _("main site"), default=False,
        help_text=_("The meeting point of the network. Exactly one site is."),
    )
    tagline = models.CharField(_("tagline"), max_length=160, blank=True)
    theme = models.CharField(_("theme"), max_length=20, choices=Theme, default=Theme.GALLERIA)
    language = models.CharField(
        _("language"), max_length=12, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("storefront")
        verbose_name_plural = _("storefronts")
        ordering = ("-is_main", "position", "slug")
        constraints = [
            models.UniqueConstraint(
                fields=["is_main"], condition=models.Q(is_main=True), name="one_main_storefront"
            ),
            models.CheckConstraint(
                condition=models.Q(domain=models.functions.Lower("domain")),
                name="storefront_domain_is_lower_case",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def currency(self) -> str:
        """The network's one currency, as an ISO 4217 code."""
        return settings.SHOP_CURRENCY
