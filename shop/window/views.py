"""Pictures at the size a page needs, and what crawlers ask for."""

import math
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.templatetags.static import static
from django.utils import translation
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from shop.catalogue import pictures
from shop.catalogue.drawing import choose_palette
from shop.catalogue.models import ProductImage
from shop.catalogue.queries import categories_on, products_on
from shop.collections.queries import collections_on
from shop.storefronts.addresses import absolute
from shop.storefronts.languages import CODES
from shop.storefronts.middleware import StorefrontRequest
from shop.window import renditions
from shop.window.addresses import bare_path, in_each_language
from shop.window.queries import products_at_home
from shop.window.shares import share_card

A_DAY = 86_400
A_YEAR = 365 * A_DAY
PER_FILE = 5_000
"""Pages in one file of a sitemap, each with an address in each language; 50,000 may be in one."""
MOST_FILES = 50_000
"""Files that an index may name (sitemaps.org)."""


@require_safe
@cache_control(public=True, max_age=A_YEAR, immutable=True)
def rendition(request: HttpRequest, pk: int, digest: str, width: int) -> HttpResponse:
    """A picture at one of the widths that pages use; the file itself if that cannot be made."""
    image = get_object_or_404(ProductImage, pk=pk)
    known = width in pictures.WIDTHS and pictures.is_raster(image)
    if not known or digest != pictures.digest(image):
        raise Http404
    try:
        data = renditions.rendition(image, width)
    except FileNotFoundError as error:
        raise Http404 from error
    except renditions.CannotRender:
        return HttpResponseRedirect(image.file.url)
    return HttpResponse(data, content_type="image/webp")


@require_safe
@cache_control(public=True, max_age=A_DAY)
def share(request: StorefrontRequest, language: str, slug: str | None = None) -> HttpResponse:
    """The card that goes along with a shared page: the storefront's, or a product's.

    language: one of ours; it is in the address, since anyone may keep the picture.
    """
    if language not in CODES:
        raise Http404
    with translation.override(language):
        title, palette = request.storefront.tagline, None
        if slug is not None:
            product = get_object_or_404(products_on(request.storefront), slug=slug)
            title, palette = product.title, choose_palette(product.title, product.slug)
        card = share_card(request.storefront, title, palette)
    return HttpResponse(card, content_type="image/png")


@require_safe
@cache_control(public=True, max_age=A_DAY)
def favicon(request: StorefrontRequest) -> HttpResponse:
    """For whoever asks without having read a page: the theme's own icon."""
    return HttpResponseRedirect(static(f"shop/favicons/{request.storefront.theme}.svg"))


@require_safe
@cache_control(public=True, max_age=3600)
def robots(request: StorefrontRequest) -> HttpResponse:
    """What crawlers need not fetch: pages of one visitor only, and the handshake."""
    sitemap = absolute(request, request.storefront, bare_path("window:sitemap"))
    context = {"sitemap": sitemap, "languages": CODES}
    return render(request, "robots.txt", context, content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=3600)
def sitemap(request: StorefrontRequest) -> HttpResponse:
    """The index of this site's sitemaps. One query."""
    files = math.ceil(products_at_home(request.storefront).count() / PER_FILE)
    paths = [bare_path("window:sitemap_pages")]
    paths += [bare_path("window:sitemap_products", number + 1) for number in range(files)]
    addresses = [absolute(request, request.storefront, path) for path in paths]
    return _xml(request, "sitemaps/index.xml", {"addresses": addresses})


@require_safe
@cache_control(public=True, max_age=3600)
def sitemap_pages(request: StorefrontRequest) -> HttpResponse:
    """This site's front page, categories and collections, in each language. Two queries."""
    nodes = categories_on(request.storefront).by_url_path
    slugs = collections_on(request.storefront).values_list("slug", flat=True)
    paths = ["/", *(bare_path("catalogue:category", path) for path in nodes)]
    paths += [bare_path("collections:collection", slug) for slug in slugs]
    return _pages(request, [(path, None) for path in paths])


@require_safe
@cache_control(public=True, max_age=3600)
def sitemap_products(request: StorefrontRequest, number: int) -> HttpResponse:
    """One file of the products whose canonical page is on this site. One query."""
    if not 1 <= number <= MOST_FILES:
        raise Http404
    start = (number - 1) * PER_FILE
    rows = products_at_home(request.storefront).values_list("slug", "updated_at")
    pages = [
        (bare_path("catalogue:product", slug), changed)
        for slug, changed in rows[start : start + PER_FILE]
    ]
    if not pages:
        raise Http404
    return _pages(request, pages)


@require_safe
def styleguide(request: StorefrontRequest) -> HttpResponse:
    """What the pages are made of, in every face; for those who build them, not for shoppers."""
    if not (settings.DEBUG or settings.DEMO):
        raise Http404
    from shop.window.styleguide import specimens  # only where there is such a page

    return render(request, "window/styleguide.html", specimens(request.storefront))


def _pages(
    request: StorefrontRequest, paths: Iterable[tuple[str, datetime | None]]
) -> HttpResponse:
    """Each page once for each language, naming the others, as search engines ask for."""
    pages = [
        (in_each_language(request, request.storefront, path), changed) for path, changed in paths
    ]
    return _xml(request, "sitemaps/pages.xml", {"pages": pages})


def _xml(request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
    return render(request, template, context, content_type="application/xml; charset=utf-8")
