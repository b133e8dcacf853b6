"""The shop window: home, category, product, search."""

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.encoding import iri_to_uri
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django_htmx.http import push_url
from django_htmx.middleware import HtmxDetails

from shop.storefronts.middleware import StorefrontRequest
from shop.storefronts.queries import all_storefronts

from . import facets, queries
from .context import category_tree
from .models import Product, Variant
from .search import search as find
from .search.words import is_unspaced
from .tallies import Tallied

PAGE_SIZE = 24
"""Products a page."""
SEARCH_LENGTH = 200
"""Characters of a search text that are looked at."""
SHORTEST_SUGGESTED = 2
"""Characters from which on there are suggestions; one is enough of a script without blanks."""
SUGGESTED = 6
"""Products that are suggested."""
SUGGESTED_CATEGORIES = 3
"""Categories that are suggested."""
SUGGESTIONS_KEPT = 300
"""Seconds that anyone may keep suggestions, and that we do."""


def page_of(
    request: HttpRequest, products: QuerySet[Product], total: int | None = None
) -> Page[Product]:
    """The page `?page=` asks for: the first for nonsense, the last for a number beyond it.

    `total`: how many products there are, where that is known without counting.
    """
    paginator = Paginator(queries.with_cards(products), PAGE_SIZE)
    if total is not None:
        paginator.count = total
    return paginator.get_page(request.GET.get("page"))


def narrowed(
    request: StorefrontRequest,
    products: QuerySet[Product],
    key: str,
    kept: Sequence[tuple[str, str]] = (),
    default_sort: str = "newest",
    tally: Callable[[], Tallied] | None = None,
) -> dict[str, Any] | HttpResponseRedirect:
    """A list's page, products and facets by what the address chooses of it.

    `key` says which list of this storefront it is; `kept` are the address's parameters that are
    no choice; `tally` is what is kept of the whole list, where something is. An address that names
    its choices in another way than our own links (a form sends blank fields, too) is sent on to
    the one that search engines and caches should know.
    """
    selection = facets.read_selection(request.GET, default_sort)
    address = request.path + selection.query(kept)
    if not facets.is_canonical(request.GET, selection) and not asks_for_part(request):
        return redirect(address)
    if tally and not selection.narrows:
        counts = facets.told(tally())
    else:
        counts = facets.counted(products, selection, f"{request.storefront.pk} {key}")
    page = page_of(request, selection.apply(products), counts.total)
    return {
        "page": page,
        "products": page.object_list,
        "facets": facets.narrowing(counts, selection, request.path, kept),
        "address": address,
    }


def asks_for_part(request: HttpRequest) -> bool:
    """Whether htmx wants the list alone, to put it into the page that is there."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.history_restore_request


def list_page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The page with the list, or for htmx the list alone, and the address it then has."""
    partial = asks_for_part(request)
    page = "catalogue/_narrowed.html" if partial else template
    response = render(request, page, {**context, "partial": partial})
    patch_vary_headers(response, ["HX-Request", "HX-History-Restore-Request"])
    return push_url(response, iri_to_uri(context["address"])) if partial else response


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
    products = queries.products_in(request.storefront, found)
    listed = narrowed(
        request,
        products,
        f"category {found.path}",
        tally=partial(queries.tallied_in, request.storefront, tree, found),
    )
    if isinstance(listed, HttpResponseRedirect):
        return listed
    context = {
        "category": found,
        "ancestors": tree.ancestors(found),
        "children": found.children_list,
        **listed,
    }
    return list_page(request, "catalogue/category.html", context)


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


def search_text(request: HttpRequest) -> str:
    """What `?q=` asks for."""
    return request.GET.get("q", "").replace("\x00", "").strip()[:SEARCH_LENGTH]


@require_safe
def search(request: StorefrontRequest) -> HttpResponse:
    """Products that match `?q=`, or what it may have meant; else where to look instead."""
    text, language = search_text(request), get_language() or settings.LANGUAGE_CODE
    found = find(request.storefront, text, language)
    key = f"search {language} {found.corrected or text}"
    listed = narrowed(request, found.products, key, [("q", text)] if text else [], "best")
    if isinstance(listed, HttpResponseRedirect):
        return listed
    context = {"query": text, "corrected": found.corrected, **listed}
    if not listed["products"]:
        context["popular"] = queries.popular_categories(category_tree(request))
    return list_page(request, "catalogue/search.html", context)


@require_safe
@cache_control(public=True, max_age=SUGGESTIONS_KEPT)
def suggest(request: StorefrontRequest) -> HttpResponse:
    """A fragment with categories and products for what is typed so far.

    Of no visitor: it is rendered without the request, so nothing in it can look for a session.
    Too short a text costs no query and gets an empty answer.
    """
    text, language = search_text(request), get_language() or settings.LANGUAGE_CODE
    if len(text) < SHORTEST_SUGGESTED and not is_unspaced(text):
        return HttpResponse()
    asked = hashlib.sha256(f"{request.storefront.pk} {language} {text}".encode()).hexdigest()
    page: str | None = cache.get(f"catalogue:suggestions:{asked}")
    if page is None:
        found = find(request.storefront, text, language)
        categories = [
            node
            for node in category_tree(request).by_path.values()
            if text.lower() in node.name.lower()
        ]
        products = list(queries.with_cards(found.products[:SUGGESTED]))
        context = {
            "query": text,
            "corrected": found.corrected,
            "products": products,
            "categories": categories[:SUGGESTED_CATEGORIES],
            "found": len(products) + len(categories[:SUGGESTED_CATEGORIES]),
        }
        page = render_to_string("catalogue/_suggestions.html", context)
        cache.set(f"catalogue:suggestions:{asked}", page, SUGGESTIONS_KEPT)
    return HttpResponse(page)
