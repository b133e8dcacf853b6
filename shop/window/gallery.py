"""Which picture stands for a variant, and how many of it a shopper may ask for."""

import re
from collections.abc import Iterable

from shop.catalogue.models import Product, ProductImage, Variant

_WORD = re.compile(r"[^\W_]+")
SHORTEST_TELLING = 3
"""Letters an option value needs to be looked for in a text: "S" and "M" tell nothing."""


def picture_of(product: Product, variant: Variant) -> ProductImage | None:
    """The picture nearest to the variant; None for a product without pictures. No query.

    Its own, else one whose text names one of its option values ("Field Shirt, indigo"), else that
    of the variant that shares most option values with it, where the product's variants have been
    fetched, else the product's first.
    """
    images = product.images_list
    own = next((image for image in images if image.variant_id == variant.pk), None)
    return own or _named(product, variant) or _sibling(product, variant) or product.first_image


def _named(product: Product, variant: Variant) -> ProductImage | None:
    title = _words(product.original_title)
    telling = [
        _words(value)
        for value in variant.option_values
        if len(value) >= SHORTEST_TELLING and not _words(value) <= title
    ]
    for image in product.images_list:
        text = _words(image.original_alt) - title
        if image.variant_id is None and any(value and value <= text for value in telling):
            return image
    return None


def _sibling(product: Product, variant: Variant) -> ProductImage | None:
    pictured = {image.variant_id: image for image in product.images_list if image.variant_id}
    if not pictured or "variants_list" not in vars(product):
        return None
    best, most = None, 0
    for other in product.variants_list:
        shared = sum(
            mine == theirs
            for mine, theirs in zip(variant.option_values, other.option_values, strict=False)
        )
        if other.pk in pictured and shared > most:
            best, most = pictured[other.pk], shared
    return best


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))


def most(variants: Iterable[Variant], limit: int) -> int:
    """How many of any one of these variants can be asked for at once: 1 to `limit`."""
    available = [limit if each.sellable is None else each.sellable for each in variants]
    return max(1, min(limit, max(available, default=limit)))
