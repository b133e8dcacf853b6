"""The collections that the demo has to look at."""

from typing import Any

from django.db import transaction

from shop.catalogue.models import Product

from .models import Collection, CollectionProduct

DEMO: dict[str, dict[str, Any]] = {
    "first-frost": {
        "original_title": "For the first frost",
        "original_description": "Wool against the wind, a light for five in the afternoon, and "
        "something warm to come home to.",
        "in_chinese": {
            "title": "初霜来时",
            "description": "挡风的羊毛、傍晚五点的灯光，还有回家后的一点温暖。",
        },
        "products": [
            "long-scarf", "striped-throw", "rolled-beanie", "folding-lantern", "wool-overcoat",
            "beeswax-candle", "boot-socks", "round-teapot", "wool-gloves", "breakfast-mugs",
            "fishermans-cardigan", "wool-rug",
        ],
    },
    "small-gifts": {
        "original_title": "Small gifts",
        "original_description": "Small enough for a coat pocket or a windowsill, each for less "
        "than fifty euros.",
        "in_chinese": {
            "title": "小小心意",
            "description": "放得进大衣口袋，也摆得上窗台，每件不到五十欧元。",
        },
        "products": [
            "carnelian-anklet", "pillar-candles", "boot-socks", "jewelry-dish",
            "rolled-beanie", "marigold-brooch", "beeswax-candle", "wool-gloves", "breakfast-mugs",
        ],
    },
    "deep-green": {
        "original_title": "Deep green",
        "original_description": "One colour, through three shops: emerald, jade, moss and a can of "
        "paint.",
        "in_chinese": {
            "title": "深深浅浅的绿",
            "description": "一种颜色，走遍三家店：祖母绿、玉、苔藓，还有一层漆。",
        },
        "products": [
            "emerald-trilogy-ring", "wrap-dress", "jade-pendant", "glazed-planter", "day-pack",
            "hexagon-studs", "watering-can",
        ],
    },
}  # fmt: skip
"""By slug, with the slugs of the demo's products."""


@transaction.atomic
def seed_collections() -> int:
    """Add the demo's collections that are missing; returns how many.

    What is there, staff may have changed, and it stays as it is. A collection of which the
    catalogue has no product is not added.
    """
    there = set(Collection.objects.values_list("slug", flat=True))
    added = 0
    for position, (slug, facts) in enumerate(DEMO.items(), 1):
        products = Product.objects.in_bulk(facts["products"], field_name="slug")
        if slug in there or not products:
            continue
        made = Collection.objects.create(
            slug=slug,
            original_title=facts["original_title"],
            original_description=facts["original_description"],
            translations={"zh-hans": facts["in_chinese"]},
            position=position,
        )
        CollectionProduct.objects.bulk_create(
            CollectionProduct(collection=made, product=products[name], position=place)
            for place, name in enumerate(facts["products"], 1)
            if name in products
        )
        added += 1
    return added
