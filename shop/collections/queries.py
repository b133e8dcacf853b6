"""Reads of collections. Each says how many queries it takes, whatever the number of rows."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet

from shop.catalogue.models import Product
from shop.catalogue.queries import products_on
from shop.storefronts.models import Storefront

from .models import Collection, CollectionProduct


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
