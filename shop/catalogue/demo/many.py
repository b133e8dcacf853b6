"""A catalogue of any size for trials, each time the same: `seed_demo --products 100000`."""

import random
from collections.abc import Iterator
from decimal import Decimal
from itertools import batched

from shop.catalogue.models import Category, Option, Product, Tag, Variant
from shop.catalogue.search.index import at_the_end
from shop.catalogue.services import add_category
from shop.storefronts.models import Storefront

BATCH = 2000
"""Products written together; bounds memory."""
PREFIX = "trial-"
"""What the slugs of these products begin with."""

KINDS = {
    "Clothing": ["Shirt", "Jumper", "Trousers", "Jacket", "Dress", "Scarf"],
    "Jewelry": ["Necklace", "Ring", "Bracelet", "Earrings", "Brooch", "Watch"],
    "Household": ["Lamp", "Chair", "Table", "Cushion", "Vase", "Blanket"],
}
"""Departments with what they sell, in the order of the sub-sites that sell it."""
QUALITIES = [
    "Plain", "Striped", "Woven", "Quiet", "Northern", "Sunday", "Harbour", "Meadow", "Winter",
    "Folded", "Painted", "Little", "Grand", "Amber", "Slate", "Willow", "Cloud", "River", "Stone",
    "Copper",
]  # fmt: skip
MATERIALS = ["Linen", "Wool", "Cotton", "Oak", "Silver", "Brass", "Glass", "Clay", "Paper", "Felt"]
VENDORS = [
    f"{first} & {second}"
    for first in ("Wick", "Alder", "Marsh", "Finch", "Rowan", "Hale")
    for second in ("Loom", "Kiln", "Forge", "Thread", "Grain")
]
COLOURS = ["Indigo", "Olive", "Rust", "White", "Charcoal", "Sand"]
SIZES = ["S", "M", "L", "XL"]
TAGS = ["gift", "new", "bestseller"]


def add_many(wanted: int) -> int:
    """Add those of the first `wanted` trial products that are missing; returns how many were.

    One transaction: all of them, or none.
    """
    there = set(Product.objects.filter(slug__startswith=PREFIX).values_list("slug", flat=True))
    missing = [number for number in range(wanted) if f"{PREFIX}{number}" not in there]
    if missing:
        with at_the_end():
            shops = list(Storefront.objects.filter(is_main=False).order_by("position", "pk"))
            shelves = list(_shelves(shops))
            tags = [Tag.objects.get_or_create(name=name)[0] for name in TAGS]
            for numbers in batched(missing, BATCH):
                _add(numbers, shelves, tags)
    return len(missing)


type Shelf = tuple[str, Category, Storefront | None]


def _shelves(shops: list[Storefront]) -> Iterator[Shelf]:
    for place, (department, kinds) in enumerate(KINDS.items()):
        root = _category(department, None)
        for kind in kinds:
            yield (
                kind,
                _category(f"{kind} trials", root),
                shops[place % len(shops)] if shops else None,
            )


def _category(name: str, parent: Category | None) -> Category:
    found = Category.objects.filter(name=name, depth=2 if parent else 1).first()
    return found or add_category(name, parent)


def _add(numbers: tuple[int, ...], shelves: list[Shelf], tags: list[Tag]) -> None:
    made: list[tuple[Product, Storefront | None, random.Random]] = []
    for number in numbers:
        chance = random.Random(number)  # noqa: S311 - the same catalogue each time, no secret
        kind, category, shop = shelves[number % len(shelves)]
        quality, material = chance.choice(QUALITIES), chance.choice(MATERIALS)
        text = f"A {quality.lower()} {kind.lower()} of {material.lower()}, number {number}."
        product = Product(
            slug=f"{PREFIX}{number}",
            original_title=f"{quality} {material} {kind} {number}",
            original_description=f"<p>{text}</p>",
            original_description_text=text,
            vendor=chance.choice(VENDORS),
            category=category,
        )
        made.append((product, shop, chance))
    products = Product.objects.bulk_create([product for product, _shop, _chance in made])
    Product.storefronts.through.objects.bulk_create(
        Product.storefronts.through(product=product, storefront=shop)
        for product, shop, _chance in made
        if shop
    )
    Product.tags.through.objects.bulk_create(
        Product.tags.through(product=product, tag=tags[number % len(tags)])
        for number, product in zip(numbers, products, strict=True)
    )
    Option.objects.bulk_create(
        Option(product=product, original_name=name, position=position)
        for product in products
        for position, name in enumerate(("Size", "Colour"), 1)
    )
    Variant.objects.bulk_create(
        variant for product, _shop, chance in made for variant in _variants(product, chance)
    )


def _variants(product: Product, chance: random.Random) -> Iterator[Variant]:
    price = Decimal(chance.randrange(500, 30000)) / 100
    before = price * 2 if chance.random() < 0.2 else None
    for position, size in enumerate(chance.sample(SIZES, chance.randint(1, 3)), 1):
        colour = chance.choice(COLOURS)
        yield Variant(
            product=product,
            option_values=[size, colour],
            original_title=f"{size} / {colour}",
            sku=f"{product.slug}-{position}".upper(),
            price=price + position,
            compare_at_price=before,
            tracks_stock=True,
            stock=chance.choice([0, 1, 5, 40]),
            position=position,
        )
