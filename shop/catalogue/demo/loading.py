"""Puts the demo network into the database: what is missing is added, the rest left as it is."""

import itertools
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from shop.catalogue.drawing import COLOURS, METALS, Palette, View, choose_palette, draw_file
from shop.catalogue.models import (
    Category,
    Option,
    Product,
    ProductImage,
    Tag,
    Variant,
    variant_title,
)
from shop.catalogue.services import add_category, category_slug
from shop.catalogue.text import plain_text
from shop.storefronts.models import Storefront

from .translations import Translator

HERE = Path(__file__).parent
SHOPS = ("apparel", "jewelry", "home")
FOLDER = "products/demo"
"""Where the drawings are stored, below the media root."""

type Facts = dict[str, Any]


class MainStorefrontTaken(Exception):
    """The database holds a network of its own, with another main storefront."""


@dataclass
class Added:
    """How many of each were missing."""

    storefronts: int = 0
    products: int = 0
    pictures: int = 0


def load_demo() -> Added:
    """Add the demo's storefronts, products and drawings that are missing.

    What is there is not touched: stock that was sold stays sold, texts that staff changed stay
    changed. Raises MainStorefrontTaken where another network is set up.
    """
    added = Added()
    lists = [_read(shop)["product"] for shop in SHOPS]
    # In turn, so that the newest on the main site come from all shops.
    products = [facts for row in itertools.zip_longest(*lists) for facts in row if facts]
    with transaction.atomic():
        shops = _add_storefronts(_read("network")["storefront"], added)
        there = set(Product.objects.values_list("slug", flat=True))
        missing = [facts for facts in products if facts["slug"] not in there]
        _add_products(missing, shops)
    added.products = len(missing)
    added.pictures = sum(_draw(facts) for facts in products)
    return added


def _read(name: str) -> Facts:
    return tomllib.loads((HERE / f"{name}.toml").read_text(encoding="utf-8"))


def _add_storefronts(facts: list[Facts], added: Added) -> dict[str, Storefront]:
    main = Storefront.objects.filter(is_main=True).first()
    if main is not None and main.slug != next(each["slug"] for each in facts if "is_main" in each):
        raise MainStorefrontTaken(main.slug)
    shops = {shop.slug: shop for shop in Storefront.objects.all()}
    missing = [
        Storefront(domain=f"{each['slug']}.localhost", position=position, **each)
        for position, each in enumerate(facts)
        if each["slug"] not in shops
    ]
    added.storefronts = len(missing)
    shops.update({shop.slug: shop for shop in Storefront.objects.bulk_create(missing)})
    return shops


def _add_products(missing: list[Facts], shops: dict[str, Storefront]) -> None:
    """Add products with all that belongs to them, some statements for all of them."""
    said = Translator()
    categories: dict[str, Category] = {}
    for name in sorted({facts["category"] for facts in missing}):
        categories[name] = _category(name, said)
    products = Product.objects.bulk_create(
        Product(
            slug=facts["slug"],
            original_title=facts["title"],
            original_description=facts["description"].strip(),
            original_description_text=plain_text(facts["description"]),
            vendor=facts["vendor"],
            category=categories[facts["category"]],
            original_attributes=facts.get("attributes", {}),
            translations=said.product(facts["slug"]),
        )
        for facts in missing
    )
    names = dict.fromkeys(name for facts in missing for name in facts["tags"])
    Tag.objects.bulk_create([Tag(name=name) for name in names], ignore_conflicts=True)
    tags = {tag.name: tag for tag in Tag.objects.filter(name__in=names)}
    pairs = list(zip(products, missing, strict=True))
    tagged, sold = Product.tags.through, Product.storefronts.through
    tagged.objects.bulk_create(
        tagged(product=product, tag=tags[name])
        for product, facts in pairs
        for name in facts["tags"]
    )
    sold.objects.bulk_create(
        sold(product=product, storefront=shops[slug])
        for product, facts in pairs
        for slug in facts["shops"]
    )
    Option.objects.bulk_create(
        Option(
            product=product,
            original_name=name,
            position=position,
            translations=said.option(name),
        )
        for product, facts in pairs
        for position, name in enumerate(facts.get("options", ()), 1)
    )
    variants = Variant.objects.bulk_create(
        variant for product, facts in pairs for variant in _variants(product, facts, said)
    )
    by_title = {(variant.product_id, variant.original_title): variant for variant in variants}
    ProductImage.objects.bulk_create(
        image for product, facts in pairs for image in _images(product, facts, by_title, said)
    )


def _variants(product: Product, facts: Facts, said: Translator) -> Iterator[Variant]:
    """All combinations of the options, each with what is different about it."""
    options: dict[str, list[str]] = facts.get("options", {})
    for position, values in enumerate(itertools.product(*options.values()), 1):
        title = variant_title(list(values))
        special = {**facts, **facts.get("variants", {}).get(title, {})}
        stock, on_sale = special["stock"], special.get("compare_at_price")
        codes = ("".join(filter(str.isalnum, value)).upper()[:4] for value in values)
        yield Variant(
            product=product,
            option_values=list(values),
            original_title=title,
            translations=said.values(list(values)),
            sku="-".join([facts["sku"], *codes]),
            price=Decimal(special["price"]),
            compare_at_price=Decimal(on_sale) if on_sale else None,
            tracks_stock=stock != "untracked",
            allows_backorder=special.get("backorder", False),
            stock=stock if isinstance(stock, int) else 0,
            weight_grams=special["weight_grams"],
            position=position,
        )


def _category(names: str, said: Translator) -> Category:
    parent: Category | None = None
    for name in names.split(" > "):
        slug = category_slug(name)
        address = f"{parent.url_path}/{slug}" if parent else slug
        found = Category.objects.filter(url_path=address).first()
        if found is None:
            found = add_category(name, parent)
            found.translations = said.category(name)
            found.save(update_fields=["translations"])
        parent = found
    assert parent is not None  # noqa: S101 - a name has a part at least
    return parent


@dataclass(frozen=True)
class Picture:
    """One drawing of a product: what varies from the others, and how it is painted."""

    value: str
    palette: Palette
    view: View


def pictures(facts: Facts) -> list[Picture]:
    """The drawings of a product: one a colour or metal, else the whole and a detail."""
    base = choose_palette(f"{facts.get('colour', '')} {facts['title']}", facts["slug"])
    if facts.get("metal") == "gold":
        base = Palette(base.main, METALS["gold"])
    options = facts.get("options", {})
    drawn: list[Picture] = [
        Picture(colour, Palette(COLOURS[colour.lower()], base.metal), "whole")
        for colour in options.get("Colour", ())
    ]
    for metal in options.get("Metal", ()):
        paint = METALS["gold" if metal.startswith("Gold") else "silver"]
        drawn.append(Picture(metal, Palette(base.main, paint), "whole"))
    whole = drawn or [Picture("", base, "whole")]
    return [*whole, Picture("", whole[0].palette, "detail")]


def file_name(slug: str, number: int) -> str:
    """Where the drawing with this number, from 1, is stored."""
    return f"{FOLDER}/{slug}-{number}.svg"


def _images(
    product: Product,
    facts: Facts,
    variants: dict[tuple[int, str], Variant],
    said: Translator,
) -> Iterator[ProductImage]:
    alone = len(facts.get("options", {})) == 1
    for number, picture in enumerate(pictures(facts), 1):
        what = picture.value or ("detail" if picture.view == "detail" else "")
        yield ProductImage(
            product=product,
            variant=variants.get((product.pk, picture.value)) if alone and picture.value else None,
            file=file_name(product.slug, number),
            original_alt=f"{facts['title']}, {what.lower()}" if what else facts["title"],
            translations=said.picture(
                facts["slug"], picture.value, detail=picture.view == "detail"
            ),
            position=number,
        )


def _draw(facts: Facts) -> int:
    drawn = 0
    for number, picture in enumerate(pictures(facts), 1):
        name = file_name(facts["slug"], number)
        if not default_storage.exists(name):
            text = draw_file(facts["kind"], picture.palette, picture.view)
            default_storage.save(name, ContentFile(text.encode()))
            drawn += 1
    return drawn
