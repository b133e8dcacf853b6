"""The shop window: home, category, product, search."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shop.storefronts.middleware import StorefrontRequest
from shop.storefronts.queries import all_storefronts

from . import queries
from .context import category_tree
from .models import Product, Variant

PAGE_SIZE = 24
"""Products a page."""
SEARCH_LENGTH = 200
"""Characters of a search text that are looked at."""


def page_of(request: HttpRequest, products: QuerySet[Product]) -> Page[Product]:
    """The page `?page=` asks for: the first for nonsense, the last for a number beyond it."""
    return Paginator(queries.with_cards(products), PAGE_SIZE).get_page(request.GET.get("page"))


@require_safe
def home(request: StorefrontRequest) -> HttpResponse:
    """The storefront's front page; on the main site also something of each sister shop."""
    storefront = request.storefront
    page = page_of(request, queries.products_on(storefront))
    context: dict[str, Any] = {
        "page": page,
        "products": page.object_list,
        "categories": category_tree(request).roots,
        "on_sale": [],
    }
    if page.number == 1:
        reduced = queries.with_cards(queries.on_sale(storefront))
        context["on_sale"] = list(reduced[: queries.SALE_SHOWN])
        if storefront.is_main:
            context["by_storefront"] = queries.showcase()
    return render(request, "catalogue/home.html", context)


@require_safe
def category(request: StorefrontRequest, url_path: str) -> HttpResponse:
    """The products of a category and of those below it; 404 where none is sold here."""
    tree = category_tree(request)
    found = tree.by_url_path.get(url_path)
    if found is None:
        raise Http404(_("There is no such category in this shop."))
    page = page_of(request, queries.products_in(request.storefront, found))
    context = {
        "category": found,
        "ancestors": tree.ancestors(found),
        "children": found.children_list,
        "page": page,
        "products": page.object_list,
    }
    return render(request, "catalogue/category.html", context)


@require_safe
def product(request: StorefrontRequest, slug: str) -> HttpResponse:
    """One product; `?variant=<id>` chooses a variant. 404 where it is not sold here."""
    found = queries.product_page(request.storefront, slug)
    if found is None:
        raise Http404(_("This shop does not sell such a product."))
    tree = category_tree(request)
    ancestors = [*tree.ancestors(found.category), found.category] if found.category else []
    context = {
        "product": found,
        "variants": found.variants_list,
        "options": queries.options_of(found),
        "images": found.images_list,
        "selected": selected_variant(found, request.GET.get("variant", "")),
        "ancestors": ancestors,
        "storefronts_selling": [
            storefront for storefront in all_storefronts() if queries.is_sold_on(found, storefront)
        ],
    }
    return render(request, "catalogue/product.html", context)


def selected_variant(product: Product, wanted: str) -> Variant:
    """The variant with that id, else the first that can be bought, else the first."""
    variants = product.variants_list
    chosen = (variant for variant in variants if str(variant.pk) == wanted)
    sellable = (variant for variant in variants if not variant.is_sold_out)
    return next(chosen, next(sellable, variants[0]))


@require_safe
def search(request: StorefrontRequest) -> HttpResponse:
    """Products that match `?q=`."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:SEARCH_LENGTH]
    page = page_of(request, queries.search(request.storefront, text))
    context = {"query": text, "page": page, "products": page.object_list}
    return render(request, "catalogue/search.html", context)
