"""Products, with their tags, options and pictures."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from shop.catalogue.text import plain_text, with_plain_text
from shop.catalogue.wording import option_label
from shop.storefronts.models import Storefront
from shop.translated.fields import (
    TranslatedCharField,
    TranslatedJSONField,
    TranslatedModel,
    TranslatedTextField,
    translations_constraint,
)

from .categories import Category

if TYPE_CHECKING:
    from .variants import Variant


class Tag(models.Model):
    """A free word that staff put on products."""

    name = models.CharField(_("name"), max_length=255, unique=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Product(TranslatedModel):
    """What a shopper looks at. What they buy is one of its variants."""

    slug = models.SlugField(_("slug"), max_length=255, unique=True, allow_unicode=True)
    title = TranslatedCharField(_("title"), max_length=255)
    original_title: str
    description = TranslatedTextField(
        _("description"), blank=True, help_text=_("HTML, cleaned on import")
    )
    original_description: str
    description_text = TranslatedTextField(blank=True, editable=False)
    original_description_text: str
    vendor = models.CharField(_("vendor"), max_length=255, blank=True)
    category = models.ForeignKey(
        Category,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="products",
        verbose_name=_("category"),
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="products", verbose_name=_("tags"))
    storefronts = models.ManyToManyField(
        Storefront,
        blank=True,
        related_name="products",
        verbose_name=_("sold on"),
        help_text=_("The main storefront sells everything, whether named here or not."),
    )
    attributes = TranslatedJSONField(
        _("attributes"),
        default=dict,
        blank=True,
        help_text=_('Facts to show: {"Material": "Wool"}'),
    )
    original_attributes: dict[str, Any]
    is_published = models.BooleanField(_("published"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("-created_at", "-pk")
        indexes = [
            models.Index(fields=["is_published", "-created_at", "-id"], name="product_newest"),
            models.Index(Lower("title"), F("id"), name="product_name"),
        ]
        constraints = [translations_constraint("product")]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save with the words of the descriptions, which search looks at."""
        self.description_text = plain_text(self.original_description)
        self.translations = with_plain_text(self.translations)
        super().save(*args, **kwargs)

    @cached_property
    def variants_list(self) -> list["Variant"]:
        """All variants in their order; `queries` fetch those of many products at once."""
        return list(self.variants.all())

    @cached_property
    def images_list(self) -> list["ProductImage"]:
        """All images in their order; `queries` fetch those of many products at once."""
        return list(self.images.all())

    @property
    def first_image(self) -> "ProductImage | None":
        """The picture that stands for the product."""
        return self.images_list[0] if self.images_list else None

    @property
    def cheapest(self) -> "Variant | None":
        """The variant with the lowest price, one that can be bought where there is any."""
        sellable = [variant for variant in self.variants_list if not variant.is_sold_out]
        return min(sellable or self.variants_list, key=lambda variant: variant.price, default=None)

    @property
    def from_price(self) -> Decimal | None:
        """The lowest price; None for a product without variants."""
        return self.cheapest.price if self.cheapest else None

    @property
    def price_varies(self) -> bool:
        """Whether some variant costs more than the cheapest."""
        return any(variant.price != self.from_price for variant in self.variants_list)

    @property
    def compare_at_price(self) -> Decimal | None:
        """The cheapest variant's price before the sale; None where it is not on sale."""
        cheapest = self.cheapest
        return cheapest.compare_at_price if cheapest and cheapest.is_on_sale else None

    @property
    def is_sold_out(self) -> bool:
        """Whether no variant can be bought."""
        return all(variant.is_sold_out for variant in self.variants_list)


class Option(TranslatedModel):
    """A way in which a product's variants differ: Size, Colour."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="options")
    name = TranslatedCharField(_("name"), max_length=255)
    original_name: str
    position = models.PositiveSmallIntegerField(_("position"), default=1)

    class Meta:
        verbose_name = _("option")
        verbose_name_plural = _("options")
        ordering = ("product_id", "position")
        constraints = [
            models.UniqueConstraint(fields=["product", "name"], name="one_option_of_a_name"),
            translations_constraint("option"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """The name in the active language: a common one is known there without a translation."""
        spoken = get_language() == settings.LANGUAGE_CODE or self.said.get("name")
        return self.name if spoken else option_label(self.original_name)


class ProductImage(TranslatedModel):
    """A picture of a product: a file of ours, or the address of one that was never fetched."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="images")
    variant = models.ForeignKey(
        "catalogue.Variant",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="images",
        help_text=_("Set when the picture shows one variant only."),
    )
    file = models.FileField(_("file"), upload_to="products/", blank=True)
    source_url = models.URLField(_("address it came from"), max_length=2000, blank=True)
    alt = TranslatedCharField(_("alternative text"), max_length=512, blank=True)
    original_alt: str
    position = models.PositiveSmallIntegerField(_("position"), default=1)

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        ordering = ("product_id", "position", "pk")
        constraints = [
            models.CheckConstraint(
                condition=~(Q(file="") & Q(source_url="")),
                name="image_has_a_file_or_an_address",
                violation_error_message=_("A picture needs a file or an address."),
            ),
            translations_constraint("image"),
        ]

    def __str__(self) -> str:
        return self.alt or str(self.product)
