"""Collections: products that staff put together, across categories and shops."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.catalogue.models import Product
from shop.translated.fields import (
    TranslatedCharField,
    TranslatedModel,
    TranslatedTextField,
    translations_constraint,
)


class Collection(TranslatedModel):
    """A handful of products with a name of their own: "Gifts under 50", "For the first frost".

    A storefront shows those of its products that it sells; a collection that has none there is
    not there.
    """

    slug = models.SlugField(_("slug"), max_length=120, unique=True, allow_unicode=True)
    title = TranslatedCharField(_("title"), max_length=120)
    original_title: str
    description = TranslatedTextField(_("description"), blank=True)
    original_description: str
    products = models.ManyToManyField(
        Product,
        through="CollectionProduct",
        related_name="collections",
        verbose_name=_("products"),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_published = models.BooleanField(_("published"), default=True)

    class Meta:
        verbose_name = _("collection")
        verbose_name_plural = _("collections")
        ordering = ("position", "slug")
        constraints = [translations_constraint("collection")]

    def __str__(self) -> str:
        return self.title


class CollectionProduct(models.Model):
    """One product in a collection, at its place."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="places")
    product = models.ForeignKey(
        Product, models.CASCADE, related_name="places", verbose_name=_("product")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("position", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "product"],
                name="product_once_in_a_collection",
                violation_error_message=_("This product is in the collection already."),
            )
        ]

    def __str__(self) -> str:
        return str(self.product)
