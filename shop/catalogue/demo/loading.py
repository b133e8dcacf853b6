"""Puts the demo network into the database: what is missing is added, the rest left as it is."""

import itertools
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from shop.catalogue.drawing import COLOURS, METALS, Palette, View, choose_palette, draw_file
from shop.catalogue.models import Category, Option, Product, ProductImage, Tag, Variant
from shop.catalogue.services import add_category, category_slug
from shop.storefronts.models import Storefront

SOURCE = Path(__file__).parent / "catalogue.toml"
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
    source = tomllib.loads(SOURCE.read_text(encoding="utf-8"))
    added = Added()
    with transaction.atomic():
        shops = _add_storefronts(source["storefront"], added)
        there = set(Product.objects.values_list("slug", flat=True))
        for facts in source["product"]:
            if facts["slug"] not in there:
                _add_product(facts, [shops[slug] for slug in facts["shops"]])
                added.products += 1
    for facts in source["product"]:
        added.pictures += _draw(facts)
    return added


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


def _add_product(facts: Facts, shops: list[Storefront]) -> None:
    product = Product.objects.create(
        slug=facts["slug"],
        title=facts["title"],
        description=facts["description"].strip(),
        vendor=facts["vendor"],
        category=_category(facts["category"]),
        attributes=facts.get("attributes", {}),
    )
    product.storefronts.set(shops)
    product.tags.set([Tag.objects.get_or_create(name=name)[0] for name in facts["tags"]])
    options: dict[str, list[str]] = facts.get("options", {})
    for position, name in enumerate(options, 1):
        Option.objects.create(product=product, name=name, position=position)
    for position, values in enumerate(itertools.product(*options.values()), 1):
        special = facts.get("variants", {}).get(" / ".join(values), {})
        _add_variant(product, list(values), position, {**facts, **special})
    _add_images(product, facts)


def _add_variant(product: Product, values: list[str], position: int, facts: Facts) -> None:
    stock = facts["stock"]
    on_sale = facts.get("compare_at_price")
    codes = ("".join(filter(str.isalnum, value)).upper()[:4] for value in values)
    Variant.objects.create(
        product=product,
        option_values=values,
        sku="-".join([facts["sku"], *codes]),
        price=Decimal(facts["price"]),
        compare_at_price=Decimal(on_sale) if on_sale else None,
        tracks_stock=stock != "untracked",
        allows_backorder=stock == "backorder",
        stock=stock if isinstance(stock, int) else 0,
        weight_grams=facts["weight_grams"],
        position=position,
    )


def _category(names: str) -> Category:
    parent: Category | None = None
    for name in names.split(" > "):
        slug = category_slug(name)
        address = f"{parent.url_path}/{slug}" if parent else slug
        found = Category.objects.filter(url_path=address).first()
        parent = found or add_category(name, parent)
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


def _add_images(product: Product, facts: Facts) -> None:
    alone = len(facts.get("options", {})) == 1
    variants = {variant.title: variant for variant in product.variants.all()}
    for number, picture in enumerate(pictures(facts), 1):
        what = picture.value or ("detail" if picture.view == "detail" else "")
        ProductImage.objects.create(
            product=product,
            variant=variants.get(picture.value) if alone and picture.value else None,
            file=file_name(product.slug, number),
            alt=f"{product.title}, {what.lower()}" if what else product.title,
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
