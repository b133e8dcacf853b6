"""What a line of a cart or an order is of, in the Store API's words. No queries."""

from typing import Any

from rest_framework.request import Request

from shop.catalogue.models import Variant
from shop.catalogue.pictures import address_of
from shop.storefronts.models import Storefront


def variant_shape(request: Request, storefront: Storefront, variant: Variant) -> dict[str, Any]:
    """A variant of `shop.catalogue.queries.variants_for` with its product and pictures."""
    product = variant.product
    images = [
        {"id": f"img_{image.pk}", "url": url}
        for image in product.images_list
        if (url := address_of(request._request, storefront, product, image))
    ]
    card = address_of(request._request, storefront, product, None)
    return {
        "id": f"variant_{variant.pk}",
        "title": variant.title or product.title,
        "sku": variant.sku or None,
        "manage_inventory": variant.tracks_stock,
        "allow_backorder": variant.allows_backorder,
        "inventory_quantity": variant.sellable,
        "product_id": f"prod_{product.pk}",
        "product": {
            "id": f"prod_{product.pk}",
            "title": product.title,
            "handle": product.slug,
            "thumbnail": images[0]["url"] if images else card,
            "images": images,
        },
    }
