"""`{% load catalogue %}{% product_image image product size="card" %}`."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from shop.catalogue.drawing import choose_palette, draw_inline, guess_kind
from shop.catalogue.models import Product, ProductImage

register = template.Library()

SIZES = {"thumb": 120, "card": 400, "large": 800}
"""Width and height, in CSS pixels, that a picture claims before it is there."""


@register.simple_tag
def product_image(
    image: ProductImage | None, product: Product | None, size: str = "card"
) -> SafeString:
    """The picture; a drawing where there is no file of ours.

    The address that an imported picture came from is never asked for by the page. Beside the
    product's name, at the sizes "thumb" and "card", a picture is decoration and has no text.
    """
    title = product.title if product else ""
    text = ((image.alt if image else "") or title) if size == "large" else ""
    if image and image.file:
        side = SIZES[size]
        loading = "eager" if size == "large" and image.position <= 1 else "lazy"
        return format_html(
            '<img src="{}" alt="{}" width="{}" height="{}" loading="{}" decoding="async">',
            image.file.url, text, side, side, loading,
        )  # fmt: skip
    later = bool(image and product and image != product.first_image)
    name = product.original_title if product else ""
    colour = f"{image.original_alt if image else ''} {name}"
    return draw_inline(
        guess_kind(name),
        choose_palette(colour, product.slug if product else name),
        text,
        "detail" if later else "whole",
    )
