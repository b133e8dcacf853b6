"""Where a product's pictures are found. `shop.window.renditions` makes the smaller ones."""

from hashlib import sha256
from pathlib import PurePosixPath

from django.http import HttpRequest
from django.urls import reverse

from shop.catalogue.models import Product, ProductImage
from shop.storefronts.addresses import absolute
from shop.storefronts.models import Storefront

WIDTHS = (240, 480, 800, 1200)
"""Pixels a rendition may be wide; a smaller original is never blown up."""
RASTER = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"})


def is_raster(image: ProductImage) -> bool:
    """Whether the picture is a file of ours made of pixels, told by its name."""
    return bool(image.file) and PurePosixPath(str(image.file.name)).suffix.lower() in RASTER


def digest(image: ProductImage) -> str:
    """What stands for the picture's file in an address: another file is another address."""
    return sha256(str(image.file.name).encode()).hexdigest()[:12]


def rendition_url(image: ProductImage, width: int) -> str:
    """The address of the picture at one of WIDTHS."""
    return reverse("window:rendition", args=[image.pk, digest(image), width])


def address_of(
    request: HttpRequest, storefront: Storefront, product: Product, image: ProductImage | None
) -> str | None:
    """The absolute address of a picture, as the Store API names it; None where it has no file.

    image: None: the card that stands for the product.
    """
    if image is None:
        return absolute(request, storefront, f"/pictures/share/{product.slug}.png")
    if not image.file:
        return None
    path = rendition_url(image, WIDTHS[-1]) if is_raster(image) else image.file.url
    return absolute(request, storefront, path)
