"""`{% load window %}`: what the pages' templates need beyond the catalogue's own tags."""

from django import template

from shop.catalogue.models import Product, ProductImage, Variant
from shop.window import gallery

register = template.Library()


@register.simple_tag
def picture_of(product: Product, variant: Variant | None) -> ProductImage | None:
    """The picture that stands for this variant of the product."""
    return gallery.picture_of(product, variant) if variant else product.first_image


@register.filter
def most(variant: Variant, limit: int) -> int:
    """How many of the variant can be asked for at once, at most `limit`."""
    return gallery.most([variant], limit)


@register.filter
def most_of_any(variants: list[Variant], limit: int) -> int:
    """How many of that one of the variants that has most can be asked for, at most `limit`."""
    return gallery.most(variants, limit)
