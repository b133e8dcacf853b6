"""Reads of the catalogue. Each says how many queries it takes, whatever the number of rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Prefetch, QuerySet, Window
from django.db.models.functions import RowNumber

from shop.storefronts.models import Storefront
from shop.storefronts.queries import all_storefronts

from .models import Category, Option, Product, ProductImage, Variant
from .tallies import Tallied, tallied, with_totals

SALE_SHOWN = 8
"""Products on sale that a home page shows."""
SHOWCASE_SHOWN = 4
"""Products of each sister shop that the main site's home page shows."""
POPULAR_SHOWN = 6
"""Categories that a search without results leads to."""


def products_on(storefront: Storefront) -> QuerySet[Product]:
    """Products a shopper may see and buy on this storefront, newest first.

    They are published, have a variant, and are sold here; the main storefront sells everything.
    """
    products = Product.objects.filter(
        Exists(Variant.objects.filter(product=OuterRef("pk"))), is_published=True
    )
    return products if storefront.is_main else products.filter(storefronts=storefront)


def with_cards(products: QuerySet[Product]) -> QuerySet[Product]:
    """The products with all that a product card shows. Three queries."""
    variants = Variant.objects.order_by("position", "pk")
    images = ProductImage.objects.order_by("position", "pk")
    return products.prefetch_related(  # type: ignore[no-redef]
        Prefetch("variants", variants, to_attr="variants_list"),
        Prefetch("images", images, to_attr="images_list"),
    )


def on_sale(storefront: Storefront) -> QuerySet[Product]:
    """Products with a variant whose compare-at price is higher than its price, newest first."""
    reduced = Variant.objects.filter(product=OuterRef("pk"), compare_at_price__gt=F("price"))
    return products_on(storefront).filter(Exists(reduced))


def showcase(limit: int = SHOWCASE_SHOWN) -> list[tuple[Storefront, list[Product]]]:
    """Up to `limit` of the newest products of each sub-site that has any. Four queries."""
    ranked = (
        Product.storefronts.through.objects.filter(
            Exists(Variant.objects.filter(product=OuterRef("product"))),
            product__is_published=True,
            storefront__is_main=False,
        )
        .annotate(
            rank=Window(
                RowNumber(),
                partition_by=F("storefront"),
                order_by=[F("product__created_at").desc(), F("product").desc()],
            )
        )
        .filter(rank__lte=limit)  # type: ignore[misc]
        .order_by("rank")
        .values_list("storefront_id", "product_id")
    )
    pairs = list(ranked)
    products = with_cards(Product.objects.all()).in_bulk({product for _shop, product in pairs})
    shown = [
        (shop, [products[product] for owner, product in pairs if owner == shop.pk])
        for shop in all_storefronts()
    ]
    return [(shop, found) for shop, found in shown if found]


def variants_for(ids: Iterable[int]) -> dict[int, Variant]:
    """Variants by id, each with its product, that product's images and storefronts.

    Three queries; ids that do not exist are left out.
    """
    variants = Variant.objects.select_related("product").prefetch_related(
        Prefetch(
            "product__images",
            ProductImage.objects.order_by("position", "pk"),
            to_attr="images_list",
        ),
        "product__storefronts",
    )
    return variants.in_bulk(list(ids))


def is_sold_on(product: Product, storefront: Storefront) -> bool:
    """Whether a shopper may buy the product on this storefront now."""
    if not product.is_published:
        return False
    return storefront.is_main or storefront.pk in {shop.pk for shop in product.storefronts.all()}


@dataclass(frozen=True)
class CategoryTree:
    """The categories of one storefront that hold products, with places to look them up by."""

    roots: list[Category]
    by_url_path: dict[str, Category]
    by_path: dict[str, Category]

    def ancestors(self, category: Category | None) -> list[Category]:
        """The nodes above a category, the root first."""
        if category is None:
            return []
        ends = range(category.steplen, len(category.path), category.steplen)
        return [self.by_path[category.path[:end]] for end in ends]


def categories_on(storefront: Storefront) -> CategoryTree:
    """Categories with products on this storefront, there or below, as a tree.

    Each node's `children_list` holds only such categories too; `sold` is how many products are
    right in it. One query, and a few more where products have come or gone.
    """

    def count(categories: list[int]) -> dict[int, int]:
        products = products_on(storefront).filter(category__in=categories).order_by()
        return dict(products.values_list("category").annotate(n=Count("pk")))

    nodes = with_totals(storefront, count)
    steplen = Category.steplen
    shown = {
        node.path[:end]
        for node in nodes
        if node.sold
        for end in range(steplen, len(node.path) + 1, steplen)
    }
    by_path = {node.path: node for node in nodes if node.path in shown}
    roots: list[Category] = []
    for path, node in by_path.items():
        node.children_list = []
        if node.depth == 1:
            roots.append(node)
        else:
            by_path[path[:-steplen]].children_list.append(node)
    return CategoryTree(roots, {node.url_path: node for node in by_path.values()}, by_path)


def tallied_in(storefront: Storefront, tree: CategoryTree, category: Category) -> Tallied:
    """What there is in a category of the tree and below it, as facets count it.

    One query, and four more where something has changed.
    """
    nodes = [node for path, node in tree.by_path.items() if path.startswith(category.path)]
    return tallied(storefront, nodes, products_on(storefront))


def products_in(storefront: Storefront, category: Category) -> QuerySet[Product]:
    """Products of a category and of those below it, newest first."""
    return products_on(storefront).filter(category__path__startswith=category.path)


def product_page(storefront: Storefront, slug: str) -> Product | None:
    """A product with all that its page shows; None where it is not sold here. Five queries."""
    return (
        with_cards(products_on(storefront))
        .select_related("category")
        .prefetch_related(
            Prefetch("options", Option.objects.order_by("position", "pk")), "storefronts"
        )
        .filter(slug=slug)
        .first()
    )


def options_of(product: Product) -> list[dict[str, Any]]:
    """The product's options, `{"name": …, "values": […], "choices": {…}}`.

    Values stand in the variants' order, as they are shown; `choices` tells how each original one
    is. No query but for options that were not fetched.
    """
    found = []
    for index, option in enumerate(product.options.all()):
        choices: dict[str, str] = {}
        for variant in product.variants_list:
            if index < len(variant.option_values):
                choices.setdefault(variant.option_values[index], variant.shown_values[index])
        found.append({"name": option.label, "values": [*choices.values()], "choices": choices})
    return found


def popular_categories(tree: CategoryTree) -> list[Category]:
    """The categories with the most products. No query."""
    most = sorted(tree.by_path.values(), key=lambda node: (-node.sold, node.path))
    return [node for node in most[:POPULAR_SHOWN] if node.sold]
