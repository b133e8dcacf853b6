"""Reads of collections. Each says how many queries it takes, whatever the number of rows."""

from collections.abc import Iterable

from django.db.models import Exists, F, OuterRef, Prefetch, QuerySet, Window
from django.db.models.functions import RowNumber

from shop.catalogue.models import Product, ProductImage
from shop.catalogue.queries import products_on
from shop.storefronts.models import Storefront

from .models import Collection, CollectionProduct

SHOWN = 3
"""Collections that a home page shows."""
PICTURED = 3
"""Products whose pictures stand for a collection."""


def collections_on(storefront: Storefront) -> QuerySet[Collection]:
    """Published collections with something that this storefront sells, in their order."""
    sold = products_on(storefront).filter(pk=OuterRef("product"))
    place = CollectionProduct.objects.filter(Exists(sold), collection=OuterRef("pk"))
    return Collection.objects.filter(Exists(place), is_published=True)


def products_of(collection: Collection, storefront: Storefront) -> QuerySet[Product]:
    """What this storefront sells of a collection, in the collection's order."""
    return (
        products_on(storefront)
        .filter(places__collection=collection)
        .order_by("places__position", "pk")
    )


def showcase(storefront: Storefront) -> list[tuple[Collection, list[Product]]]:
    """The first SHOWN collections, each with the first PICTURED products that are sold here.

    Four queries; one where there are no collections.
    """
    shown = list(collections_on(storefront)[:SHOWN])
    if not shown:
        return []
    ranked = (
        CollectionProduct.objects.filter(
            Exists(products_on(storefront).filter(pk=OuterRef("product"))), collection__in=shown
        )
        .annotate(
            rank=Window(
                RowNumber(), partition_by=F("collection"), order_by=[F("position"), F("pk")]
            )
        )
        .filter(rank__lte=PICTURED)
        .order_by("rank")
        .values_list("collection_id", "product_id")
    )
    places = list(ranked)
    images = ProductImage.objects.order_by("position", "pk")
    products = Product.objects.prefetch_related(  # type: ignore[no-redef]
        Prefetch("images", images, to_attr="images_list")
    ).in_bulk({product for _collection, product in places})
    return [
        (each, [products[product] for collection, product in places if collection == each.pk])
        for each in shown
    ]


def first_collections(products: Iterable[Product]) -> dict[int, Collection]:
    """The first published collection of each product that is in one, by product. One query."""
    places = (
        CollectionProduct.objects.filter(
            product__in=[product.pk for product in products], collection__is_published=True
        )
        .select_related("collection")
        .order_by("-collection__position", "-collection__slug")
    )
    return {place.product_id: place.collection for place in places}
