"""Catalogue rows as the Store API's JSON. No queries: what is needed has been fetched."""

from collections.abc import Callable
from typing import Any

from django.conf import settings

from shop.api.base.wire import number
from shop.catalogue.models import Category, Product, ProductImage, Variant
from shop.catalogue.queries import options_of
from shop.collections.models import Collection
from shop.pricing.price_list import UnitPrice

type Address = Callable[[Product, ProductImage | None], str | None]
"""The absolute address of a picture; with None of the card that stands for the product."""
type Prices = Callable[[Variant], UnitPrice]
"""What one piece of a variant costs on this storefront."""


def named(category: Category) -> dict[str, Any]:
    """A category beside its own entry."""
    return {
        "id": f"pcat_{category.pk}",
        "name": category.name,
        "handle": category.url_path,
    }


def category(node: Category, parent: Category | None) -> dict[str, Any]:
    """A node of the storefront's category tree."""
    return {
        **named(node),
        "description": node.description,
        "parent_category_id": f"pcat_{parent.pk}" if parent else None,
        "parent_category": named(parent) if parent else None,
        "category_children": [named(child) for child in node.children_list],
    }


def collection(row: Collection) -> dict[str, Any]:
    """A collection."""
    return {"id": f"pcol_{row.pk}", "handle": row.slug, "title": row.title}


def product(
    row: Product, within: Collection | None, prices: Prices, address: Address
) -> dict[str, Any]:
    """A product with its variants. within: the collection that it is told to be in."""
    images = [
        {"id": f"img_{image.pk}", "url": url, "rank": rank}
        for rank, image in enumerate(row.images_list)
        if (url := address(row, image))
    ]
    card = address(row, None)
    facts = {str(name): text for name, text in (row.attributes or {}).items()}
    lower = {name.lower(): str(text) for name, text in (row.original_attributes or {}).items()}
    return {
        "id": f"prod_{row.pk}",
        "title": row.title,
        "subtitle": None,
        "handle": row.slug,
        "description": row.description_text,
        "is_giftcard": False,
        "discountable": True,
        "thumbnail": images[0]["url"] if images else card,
        "images": images or [{"id": f"img_card_{row.pk}", "url": card, "rank": 0}],
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "collection_id": f"pcol_{within.pk}" if within else None,
        "collection": collection(within) if within else None,
        "categories": [named(row.category)] if row.category else [],
        "tags": [{"id": f"ptag_{tag.pk}", "value": tag.name} for tag in row.tags.all()],
        "type": {"id": f"ptyp_{row.category.pk}", "value": row.category.name}
        if row.category
        else None,
        "material": lower.get("material"),
        "origin_country": None,
        "weight": min((v.weight_grams for v in row.variants_list if v.weight_grams), default=None),
        "length": None,
        "width": None,
        "height": None,
        "options": _options(row),
        "variants": [variant(each, row, prices(each)) for each in row.variants_list],
        "metadata": {**facts, "vendor": row.vendor} if row.vendor else facts,
    }


def _options(row: Product) -> list[dict[str, Any]]:
    return [
        {
            "id": f"opt_{option.pk}",
            "title": shown["name"],
            "values": [
                {"id": f"optval_{option.pk}_{place}", "value": text}
                for place, text in enumerate(shown["values"], 1)
            ],
        }
        for option, shown in zip(row.options.all(), options_of(row), strict=True)
    ]


def variant(row: Variant, of: Product, price: UnitPrice) -> dict[str, Any]:
    """A variant with its price here."""
    own = [image for image in of.images_list if image.variant_id == row.pk and image.file]
    values = [
        {"id": f"vopt_{row.pk}_{option.pk}", "option_id": f"opt_{option.pk}", "value": text}
        for option, text in zip(of.options.all(), row.shown_values, strict=False)
    ]
    return {
        "id": f"variant_{row.pk}",
        "product_id": f"prod_{of.pk}",
        "title": row.title or of.title,
        "sku": row.sku or None,
        "barcode": row.barcode or None,
        "manage_inventory": row.tracks_stock,
        "allow_backorder": row.allows_backorder,
        "inventory_quantity": max(row.stock - row.reserved, 0) if row.tracks_stock else None,
        "weight": row.weight_grams or None,
        "variant_rank": row.position,
        "options": values,
        "images": [{"id": f"img_{image.pk}"} for image in own],
        "calculated_price": _price(row, price),
    }


def _price(row: Variant, price: UnitPrice) -> dict[str, Any]:
    before = price.compare_at or price.price
    return {
        "id": f"price_{row.pk}",
        "calculated_amount": number(price.price),
        "original_amount": number(before),
        "currency_code": settings.SHOP_CURRENCY.lower(),
        "is_calculated_price_tax_inclusive": settings.SHOP_PRICES_INCLUDE_TAX,
        "calculated_price": {
            "id": f"price_{row.pk}",
            "price_list_type": "sale" if before > price.price else None,
        },
    }
