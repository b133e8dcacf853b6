"""What search engines and link previews are told about a page, as facts for templates/_found.html.

Only pages that should be found have facts: home, category, collection and product. Every other page
has no canonical address, and the template says `noindex`. Each of them has an address in each
language (shop.storefronts.languages); the canonical one is in the language that this page speaks,
and all of them name one another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import get_language

from shop.catalogue.models import Category, Product, ProductImage, Variant
from shop.catalogue.pictures import is_raster, rendition_url
from shop.collections.models import Collection
from shop.storefronts.addresses import absolute
from shop.storefronts.models import Storefront
from shop.storefronts.queries import main_storefront
from shop.window.addresses import bare_path, in_each_language, in_language
from shop.window.queries import canonical_storefront

DESCRIPTION_LENGTH = 155
"""Characters of a description that search engines show."""
LOCALES = {"en": "en_US", "zh-hans": "zh_CN"}
"""Open Graph's names for our languages."""
OFFERS_LISTED = 30
"""Variants that are told one by one; of more, only the range of prices."""

type Thing = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """A page's facts. url, image: absolute. data: JSON-LD, one mapping for each thing.

    kind: Open Graph's type. image_size: width and height in pixels, where they are known.
    languages: the page's address by language, for hreflang.
    """

    url: str
    languages: list[tuple[str, str]]
    title: str
    description: str
    kind: str
    image: str
    image_size: tuple[int, int] | None
    data: list[Thing] = field(default_factory=list)

    @property
    def locale(self) -> str:
        """The language of these facts, in Open Graph's words."""
        return LOCALES[spoken()]

    @property
    def other_locales(self) -> list[str]:
        """The languages that the page has other addresses for, in Open Graph's words."""
        return [name for code, name in LOCALES.items() if code != spoken()]


def spoken() -> str:
    """The language that the page speaks, one of settings.LANGUAGES."""
    return get_language() or settings.LANGUAGE_CODE


def facts(context: Mapping[str, Any]) -> Found | None:
    """The facts of the page that is rendered with this context; None for one not to be found."""
    request: HttpRequest | None = context.get("request")
    storefront: Storefront | None = context.get("storefront")
    match = request.resolver_match if request is not None else None
    if request is None or storefront is None or match is None:
        return None
    facets = context.get("facets")
    if facets is not None and facets.chosen:
        return None  # one of very many ways to look at a list
    page = context.get("page")
    number = page.number if page is not None else 1
    query = f"?page={number}" if number > 1 else ""
    if match.view_name == "catalogue:home":
        return _home(request, storefront, query)
    if match.view_name == "catalogue:category" and "category" in context:
        ancestors = context.get("ancestors", [])
        return _category(request, storefront, context["category"], ancestors, query)
    if match.view_name == "collections:collection" and "collection" in context:
        return _collection(request, storefront, context["collection"], query)
    if match.view_name == "catalogue:product" and "product" in context:
        return _product(request, context)
    return None


def _home(request: HttpRequest, storefront: Storefront, query: str) -> Found:
    main = main_storefront()
    publisher = {
        "@type": "Organization",
        "@id": absolute(request, main, "/#organization"),
        "name": main.name,
        "url": absolute(request, main, "/"),
    }
    site = {
        "@type": "WebSite",
        "@id": absolute(request, storefront, "/#website"),
        "name": storefront.name,
        "url": in_language(request, storefront, spoken(), "/"),
        "inLanguage": spoken(),
        "publisher": {"@id": publisher["@id"]},
    }
    return Found(
        url=in_language(request, storefront, spoken(), f"/{query}"),
        languages=in_each_language(request, storefront, f"/{query}"),
        title=storefront.name,
        description=storefront.tagline,
        kind="website",
        image=absolute(request, storefront, bare_path("window:share", spoken())),
        image_size=(1200, 630),
        data=[publisher, site],
    )


def _category(
    request: HttpRequest,
    storefront: Storefront,
    category: Category,
    ancestors: list[Category],
    query: str,
) -> Found:
    path = bare_path("catalogue:category", category.url_path) + query
    trail = _trail(request, storefront, [*ancestors, category])
    return _list(request, storefront, path, (category.name, category.description), trail)


def _collection(
    request: HttpRequest, storefront: Storefront, collection: Collection, query: str
) -> Found:
    path = bare_path("collections:collection", collection.slug)
    here = (collection.title, in_language(request, storefront, spoken(), path))
    trail = _trail(request, storefront, [], here)
    about = (collection.title, collection.description)
    return _list(request, storefront, path + query, about, trail)


def _list(
    request: HttpRequest, storefront: Storefront, path: str, about: tuple[str, str], trail: Thing
) -> Found:
    """A list of products; about: its title and its description."""
    return Found(
        url=in_language(request, storefront, spoken(), path),
        languages=in_each_language(request, storefront, path),
        title=about[0],
        description=_shortened(about[1]),
        kind="website",
        image=absolute(request, storefront, bare_path("window:share", spoken())),
        image_size=(1200, 630),
        data=[trail],
    )


def _product(request: HttpRequest, context: Mapping[str, Any]) -> Found:
    product: Product = context["product"]
    home = canonical_storefront(context["storefronts_selling"]) or context["storefront"]
    path = bare_path("catalogue:product", product.slug)
    url = in_language(request, home, spoken(), path)
    pictures = [picture_address(request, home, image) for image in product.images_list]
    first = product.first_image
    raster = first is not None and is_raster(first)
    share = bare_path("window:share_product", spoken(), product.slug)
    thing: Thing = {
        "@type": "Product",
        "@id": absolute(request, home, f"{path}#product"),
        "name": product.title,
        "url": url,
        "description": _shortened(product.description_text, 5000),
        "image": [picture for picture in pictures if picture],
        "offers": _offers(product, url),
    }
    if product.vendor:
        thing["brand"] = {"@type": "Brand", "name": product.vendor}
    return Found(
        url=url,
        languages=in_each_language(request, home, path),
        title=product.title,
        description=_shortened(product.description_text),
        kind="product",
        image=absolute(request, home, rendition_url(first, 1200) if first and raster else share),
        image_size=None if raster else (1200, 630),
        data=[_trail(request, home, context.get("ancestors", []), (product.title, url)), thing],
    )


def picture_address(request: HttpRequest, storefront: Storefront, image: ProductImage) -> str:
    """Where a picture of ours can be fetched; empty for one that is only an address elsewhere."""
    if not image.file:
        return ""
    path = rendition_url(image, 1200) if is_raster(image) else image.file.url
    return path if "://" in path else absolute(request, storefront, path)


def _trail(
    request: HttpRequest,
    storefront: Storefront,
    categories: list[Category],
    last: tuple[str, str] | None = None,
) -> Thing:
    steps = [(storefront.name, in_language(request, storefront, spoken(), "/"))]
    for node in categories:
        path = bare_path("catalogue:category", node.url_path)
        steps.append((node.name, in_language(request, storefront, spoken(), path)))
    if last:
        steps.append(last)
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "item": address}
            for place, (name, address) in enumerate(steps, 1)
        ],
    }


def _offers(product: Product, url: str) -> Thing | list[Thing]:
    variants = product.variants_list
    if len(variants) > OFFERS_LISTED:
        prices = [variant.price for variant in variants]
        return {
            "@type": "AggregateOffer",
            "lowPrice": str(min(prices)),
            "highPrice": str(max(prices)),
            "offerCount": len(variants),
            "priceCurrency": Storefront().currency,
            "availability": _availability(sold_out=product.is_sold_out),
        }
    return [_offer(variant, url) for variant in variants]


def _offer(variant: Variant, url: str) -> Thing:
    offer: Thing = {
        "@type": "Offer",
        "url": f"{url}?variant={variant.pk}",
        "price": str(variant.price),
        "priceCurrency": Storefront().currency,
        "availability": _availability(sold_out=variant.is_sold_out),
    }
    if variant.title:
        offer["name"] = variant.title
    if variant.sku:
        offer["sku"] = variant.sku
    return offer


def _availability(*, sold_out: bool) -> str:
    return f"https://schema.org/{'OutOfStock' if sold_out else 'InStock'}"


def _shortened(text: str, length: int = DESCRIPTION_LENGTH) -> str:
    return Truncator(" ".join(text.split())).chars(length)
