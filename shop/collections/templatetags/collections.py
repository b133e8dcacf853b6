"""`{% load collections %}`: the collections that a home page shows."""

from django import template

from shop.catalogue.models import Product
from shop.collections.models import Collection
from shop.collections.queries import showcase
from shop.storefronts.models import Storefront

register = template.Library()


@register.simple_tag
def collections_shown(storefront: Storefront) -> list[tuple[Collection, list[Product]]]:
    """The first collections of this storefront, each with the products that stand for it."""
    return showcase(storefront)
