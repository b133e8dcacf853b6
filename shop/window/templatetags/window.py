"""`{% load window %}`: what the pages' templates need beyond the catalogue's own tags."""

import json
from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from shop.catalogue.models import Product, ProductImage, Variant
from shop.catalogue.pictures import WIDTHS, is_raster, rendition_url
from shop.catalogue.templatetags.catalogue import SIZES, product_image
from shop.storefronts.models import Storefront
from shop.window import found, gallery, queries

register = template.Library()

ON_THE_PAGE = {
    "thumb": "7rem",
    "card": "(width >= 78rem) 18rem, (width >= 62rem) 23vw, (width >= 42rem) 31vw, 47vw",
    "large": "(width >= 78rem) 44rem, (width >= 46rem) 56vw, 92vw",
}
"""How wide a picture stands on the page, in the words of the `sizes` attribute."""
_IN_JSON = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


@register.simple_tag
def picture(
    image: ProductImage | None, product: Product | None, size: str = "card", first: bool = False
) -> SafeString:
    """A product's picture, at a size that the browser chooses; a drawing where there is no file.

    first: it is the first that one sees, so it is fetched at once and before others.
    """
    if image is None or not image.file:
        return product_image(image, product, size)
    side = SIZES[size]
    text = (image.alt or (product.title if product else "")) if size == "large" else ""
    urgency = mark_safe('fetchpriority="high"' if first else 'loading="lazy"')  # noqa: S308
    if not is_raster(image):
        return format_html(
            '<img src="{}" alt="{}" width="{}" height="{}" {} decoding="async">',
            image.file.url, text, side, side, urgency,
        )  # fmt: skip
    widths = [(rendition_url(image, width), width) for width in WIDTHS]
    return format_html(
        '<img src="{}" srcset="{}" sizes="{}" alt="{}" width="{}" height="{}" {} decoding="async">',
        next(url for url, width in widths if width >= side),
        ", ".join(f"{url} {width}w" for url, width in widths),
        ON_THE_PAGE[size], text, side, side, urgency,
    )  # fmt: skip


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


@register.simple_tag
def departments() -> list[tuple[Storefront, list[queries.Department]]]:
    """The sub-sites with their top categories, for the main site's menu."""
    return queries.departments()


@register.simple_tag(takes_context=True)
def found_facts(context: Mapping[str, Any]) -> found.Found | None:
    """What this page tells search engines; None for a page that should not be found."""
    return found.facts(context)


@register.simple_tag(takes_context=True)
def json_ld(context: Mapping[str, Any], things: list[found.Thing]) -> SafeString:
    """A script element that describes the page in the words of schema.org."""
    graph = {"@context": "https://schema.org", "@graph": things}
    return format_html(
        '<script type="application/ld+json" nonce="{}">{}</script>',
        context.get("csp_nonce", ""),
        mark_safe(json.dumps(graph, ensure_ascii=False).translate(_IN_JSON)),  # noqa: S308
    )
