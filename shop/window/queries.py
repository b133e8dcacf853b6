"""What the window asks of the catalogue beyond the catalogue's own queries."""

from collections.abc import Iterable

from django.core.cache import cache
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import get_language

from shop.catalogue.models import Product
from shop.catalogue.queries import categories_on, products_on
from shop.storefronts.models import Storefront
from shop.storefronts.queries import all_storefronts

DEPARTMENTS_KEPT = 60
"""Seconds that a new department may take to show in the main site's menu."""


def canonical_storefront(selling: Iterable[Storefront]) -> Storefront | None:
    """Where a product that these storefronts sell is at home; None where none sells it.

    The sub-site with the lowest position, since it is that shop's own; else the main site.
    """
    ranked = sorted(selling, key=lambda shop: (shop.is_main, shop.position, shop.slug))
    return ranked[0] if ranked else None


def products_at_home(storefront: Storefront) -> QuerySet[Product]:
    """Products whose canonical page is on this storefront, oldest first."""
    first = (
        Product.storefronts.through.objects.filter(
            product=OuterRef("pk"), storefront__is_main=False
        )
        .order_by("storefront__position", "storefront__slug")
        .values("storefront")[:1]
    )
    found = products_on(storefront).annotate(at_home=Subquery(first)).order_by("pk")
    if storefront.is_main:
        return found.filter(at_home__isnull=True)
    return found.filter(at_home=storefront.pk)


type Department = tuple[str, str]
"""A top category: its name and its url_path."""


def departments() -> list[tuple[Storefront, list[Department]]]:
    """The top categories of each sub-site that sells something, for the main site's menu.

    A query for each at most once in DEPARTMENTS_KEPT seconds, else one look into the cache.
    """
    key = f"window:departments:{get_language()}"
    kept: dict[int, list[Department]] | None = cache.get(key)
    if kept is None:
        kept = _departments()
        cache.set(key, kept, DEPARTMENTS_KEPT)
    return [(shop, kept[shop.pk]) for shop in all_storefronts() if shop.pk in kept]


def _departments() -> dict[int, list[Department]]:
    trees = {shop.pk: categories_on(shop) for shop in all_storefronts() if not shop.is_main}
    return {
        shop: [(root.name, root.url_path) for root in tree.roots]
        for shop, tree in trees.items()
        if tree.roots
    }
