"""Pictures at the size a page needs, and what crawlers ask for."""

import math

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from shop.catalogue.drawing import choose_palette
from shop.catalogue.models import ProductImage
from shop.catalogue.queries import categories_on, products_on
from shop.storefronts.middleware import StorefrontRequest
from shop.window import renditions
from shop.window.addresses import absolute
from shop.window.queries import products_at_home
from shop.window.shares import share_card

A_DAY = 86_400
A_YEAR = 365 * A_DAY
PER_FILE = 5_000
"""Addresses in one file of a sitemap."""


@require_safe
@cache_control(public=True, max_age=A_YEAR, immutable=True)
def rendition(request: HttpRequest, pk: int, digest: str, width: int) -> HttpResponse:
    """A picture at one of the widths that pages use; the file itself if that cannot be made."""
    image = get_object_or_404(ProductImage, pk=pk)
    known = width in renditions.WIDTHS and renditions.is_raster(image)
    if not known or digest != renditions.digest(image):
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
def share(request: StorefrontRequest, slug: str | None = None) -> HttpResponse:
    """The card that goes along with a shared page: the storefront's, or a product's."""
    title, palette = request.storefront.tagline, None
    if slug is not None:
        product = get_object_or_404(products_on(request.storefront), slug=slug)
        title, palette = product.title, choose_palette(product.title, product.slug)
    return HttpResponse(share_card(request.storefront, title, palette), content_type="image/png")


@require_safe
@cache_control(public=True, max_age=A_DAY)
def favicon(request: StorefrontRequest) -> HttpResponse:
    """For whoever asks without having read a page: the theme's own icon."""
    return HttpResponseRedirect(static(f"shop/favicons/{request.storefront.theme}.svg"))


@require_safe
@cache_control(public=True, max_age=3600)
def robots(request: StorefrontRequest) -> HttpResponse:
    """What crawlers need not fetch: pages of one visitor only, and the handshake."""
    context = {"sitemap": absolute(request, request.storefront, reverse("window:sitemap"))}
    return render(request, "robots.txt", context, content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=3600)
def sitemap(request: StorefrontRequest) -> HttpResponse:
    """The index of this site's sitemaps. One query."""
    files = math.ceil(products_at_home(request.storefront).count() / PER_FILE)
    paths = [reverse("window:sitemap_pages")]
    paths += [reverse("window:sitemap_products", args=[number + 1]) for number in range(files)]
    addresses = [absolute(request, request.storefront, path) for path in paths]
    return _xml(request, "sitemaps/index.xml", {"addresses": addresses})


@require_safe
@cache_control(public=True, max_age=3600)
def sitemap_pages(request: StorefrontRequest) -> HttpResponse:
    """The front page and the categories of this site. One query."""
    nodes = categories_on(request.storefront).by_url_path
    paths = ["/", *(reverse("catalogue:category", args=[path]) for path in nodes)]
    pages = [(absolute(request, request.storefront, path), None) for path in paths]
    return _xml(request, "sitemaps/pages.xml", {"pages": pages})


@require_safe
@cache_control(public=True, max_age=3600)
def sitemap_products(request: StorefrontRequest, number: int) -> HttpResponse:
    """One file of the products whose canonical page is on this site. One query."""
    start = (number - 1) * PER_FILE
    rows = products_at_home(request.storefront).values_list("slug", "updated_at")
    pages = [
        (absolute(request, request.storefront, reverse("catalogue:product", args=[slug])), changed)
        for slug, changed in rows[max(start, 0) : max(start, 0) + PER_FILE]
    ]
    if number < 1 or not pages:
        raise Http404
    return _xml(request, "sitemaps/pages.xml", {"pages": pages})


@require_safe
def styleguide(request: StorefrontRequest) -> HttpResponse:
    """What the pages are made of, in every face; for those who build them, not for shoppers."""
    if not (settings.DEBUG or settings.DEMO):
        raise Http404
    from shop.window.styleguide import specimens  # only where there is such a page

    return render(request, "window/styleguide.html", specimens(request.storefront))


def _xml(request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
    return render(request, template, context, content_type="application/xml; charset=utf-8")
