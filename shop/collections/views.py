"""The page of a collection."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from shop.catalogue.views import page_of
from shop.storefronts.middleware import StorefrontRequest

from .queries import collections_on, products_of


@require_safe
def collection(request: StorefrontRequest, slug: str) -> HttpResponse:
    """What this storefront sells of a collection, in its order; 404 where that is nothing."""
    found = get_object_or_404(collections_on(request.storefront), slug=slug)
    page = page_of(request, products_of(found, request.storefront))
    context = {"collection": found, "page": page, "products": page.object_list}
    return render(request, "collections/collection.html", context)
