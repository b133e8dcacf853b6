"""The Store API's catalogue: regions, languages, collections, categories, products, variants.

None of it depends on who asks, so none of it looks: anyone may keep the answers.
"""

from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower
from django.utils.translation import get_language
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import regions
from shop.api.base.errors import InvalidData, NotFound
from shop.api.base.parameters import FIELDS, LIMIT, OFFSET
from shop.api.base.views import CatalogueView
from shop.api.base.wire import is_yes, numbered, paging, value, values
from shop.catalogue import queries
from shop.catalogue.models import Category, Option, Product, Tag
from shop.catalogue.pictures import address_of
from shop.catalogue.search import search
from shop.collections.queries import collections_on, first_collections
from shop.pricing.price_list import PriceList
from shop.storefronts.models import Storefront
from shop.window.api import build, shapes

ORDERS: dict[str, tuple[str | Combinable, ...]] = {
    "created_at": ("created_at", "pk"),
    "-created_at": ("-created_at", "-pk"),
    "title": (Lower("title"), "pk"),
    "-title": (Lower("title").desc(), "-pk"),
    "updated_at": ("updated_at", "pk"),
    "-updated_at": ("-updated_at", "-pk"),
    "handle": ("slug",),
    "-handle": ("-slug",),
    "id": ("pk",),
    "-id": ("-pk",),
}
SEARCH_LENGTH = 200

HANDLE = OpenApiParameter("handle", str)
IDS = OpenApiParameter("id[]", str, many=True)


class Regions(CatalogueView):
    """Where the shop delivers to."""

    @extend_schema(operation_id="list_regions", responses=shapes.Regions)
    def get(self, request: Request) -> Response:
        """All regions: one, since the network has one currency."""
        return Response({"regions": [regions.region()]})


class Region(CatalogueView):
    """One region."""

    @extend_schema(operation_id="read_region", responses=shapes.OneRegion)
    def get(self, request: Request, id: str) -> Response:  # noqa: A002
        """The region, or 404."""
        if id != regions.region_id():
            raise NotFound(f"Region with id: {id} was not found")
        return Response({"region": regions.region()})


class Locales(CatalogueView):
    """The languages that texts come in."""

    @extend_schema(operation_id="list_locales", responses=shapes.Locales)
    def get(self, request: Request) -> Response:
        """All languages; one is asked for by the header `x-medusa-locale`."""
        known = [{"code": code, "name": str(name)} for code, name in settings.LANGUAGES]
        return Response({"locales": known})


class Collections(CatalogueView):
    """Collections with something this storefront sells."""

    @extend_schema(
        operation_id="list_collections",
        parameters=[HANDLE, IDS, LIMIT, OFFSET, FIELDS],
        responses=shapes.Collections,
    )
    def get(self, request: Request) -> Response:
        """A page of them."""
        rows = collections_on(storefront_of(request))
        if handles := values(request.GET, "handle"):
            rows = rows.filter(slug__in=handles)
        if ids := values(request.GET, "id"):
            rows = rows.filter(pk__in=numbers("pcol", ids))
        limit, offset = paging(request.GET)
        shown = [build.collection(row) for row in rows[offset : offset + limit]]
        return Response(
            {"collections": shown, "count": rows.count(), "limit": limit, "offset": offset}
        )


class Collection(CatalogueView):
    """One collection."""

    @extend_schema(operation_id="read_collection", responses=shapes.OneCollection)
    def get(self, request: Request, id: str) -> Response:  # noqa: A002
        """The collection, or 404 where this storefront sells nothing of it."""
        row = collections_on(storefront_of(request)).filter(pk__in=numbers("pcol", [id])).first()
        if row is None:
            raise NotFound(f"Collection with id: {id} was not found")
        return Response({"collection": build.collection(row)})


class Categories(CatalogueView):
    """Categories with products on this storefront, there or below."""

    @extend_schema(
        operation_id="list_categories",
        parameters=[
            HANDLE,
            IDS,
            OpenApiParameter("parent_category_id", str, description="`null`: the top ones."),
            OpenApiParameter("q", str),
            LIMIT,
            OFFSET,
            FIELDS,
        ],
        responses=shapes.Categories,
    )
    def get(self, request: Request) -> Response:
        """A page of them, level by level: storefronts make their menus from the first few."""
        tree = queries.categories_on(storefront_of(request))
        nodes = [node for node in tree.by_path.values() if _asked_for(node, tree, request)]
        nodes.sort(key=lambda node: node.depth)
        limit, offset = paging(request.GET)
        shown = [build.category(node, _parent(node, tree)) for node in nodes]
        return Response(
            {
                "product_categories": shown[offset : offset + limit],
                "count": len(nodes),
                "limit": limit,
                "offset": offset,
            }
        )


class OneCategory(CatalogueView):
    """One category."""

    @extend_schema(operation_id="read_category", responses=shapes.OneCategory)
    def get(self, request: Request, id: str) -> Response:  # noqa: A002
        """The category, or 404 where this storefront sells nothing in it."""
        tree = queries.categories_on(storefront_of(request))
        number = numbered("pcat", id)
        for node in tree.by_path.values():
            if node.pk == number:
                return Response({"product_category": build.category(node, _parent(node, tree))})
        raise NotFound(f"Product category with id: {id} was not found")


class Products(CatalogueView):
    """What this storefront sells."""

    @extend_schema(
        operation_id="list_products",
        parameters=[
            OpenApiParameter("region_id", str),
            HANDLE,
            IDS,
            OpenApiParameter("collection_id[]", str, many=True),
            OpenApiParameter("category_id[]", str, many=True),
            OpenApiParameter("tag_id[]", str, many=True),
            OpenApiParameter("is_giftcard", bool),
            OpenApiParameter("q", str, description="As the shop's own search finds it."),
            OpenApiParameter("order", str, enum=sorted(ORDERS)),
            LIMIT,
            OFFSET,
            FIELDS,
        ],
        responses=shapes.Products,
    )
    def get(self, request: Request) -> Response:
        """A page of products that meet every condition; `count` is how many do."""
        check_region(request)
        rows = _narrowed(request)
        limit, offset = paging(request.GET)
        count = rows.count()
        shown = whole(rows)[offset : offset + limit] if offset < count else []
        return Response(
            {
                "products": build_products(request, list(shown)),
                "count": count,
                "limit": limit,
                "offset": offset,
            }
        )


class OneProduct(CatalogueView):
    """One product."""

    @extend_schema(
        operation_id="read_product",
        parameters=[OpenApiParameter("region_id", str), FIELDS],
        responses=shapes.OneProduct,
    )
    def get(self, request: Request, id: str) -> Response:  # noqa: A002
        """The product, or 404 where it is not sold here."""
        check_region(request)
        rows = queries.products_on(storefront_of(request)).filter(pk__in=numbers("prod", [id]))
        found = build_products(request, list(whole(rows)))
        if not found:
            raise NotFound(f"Product with id: {id} was not found")
        return Response({"product": found[0]})


class OneVariant(CatalogueView):
    """One variant."""

    @extend_schema(
        operation_id="read_variant",
        parameters=[OpenApiParameter("region_id", str), FIELDS],
        responses=shapes.OneVariant,
    )
    def get(self, request: Request, id: str) -> Response:  # noqa: A002
        """The variant, or 404 where it is not sold here."""
        rows = queries.products_on(storefront_of(request)).filter(
            variants__in=numbers("variant", [id])
        )
        for product in build_products(request, list(whole(rows))):
            for variant in product["variants"]:
                if variant["id"] == id:
                    return Response({"variant": variant})
        raise NotFound(f"Product variant with id: {id} was not found")


def storefront_of(request: Request) -> Storefront:
    """The storefront that the call's key names."""
    storefront: Storefront = request.storefront  # type: ignore[attr-defined]
    return storefront


def check_region(request: Request) -> None:
    """Refuse a region that is none. Raises InvalidData."""
    asked = value(request.GET, "region_id")
    if asked and asked != regions.region_id():
        raise InvalidData(f"Region with id: {asked} was not found")


def numbers(prefix: str, ids: list[str]) -> list[int]:
    """The numbers in ids like `prod_12`; what is no such id names nothing."""
    return [number for each in ids if (number := numbered(prefix, each)) is not None]


def whole(products: QuerySet[Product]) -> QuerySet[Product]:
    """The products with all that the API says about them. Five queries."""
    return (
        queries.with_cards(products)
        .select_related("category")
        .prefetch_related(
            Prefetch("options", Option.objects.order_by("position", "pk")),
            Prefetch("tags", Tag.objects.order_by("name")),
        )
    )


def build_products(request: Request, rows: list[Product]) -> list[dict[str, Any]]:
    """The products in the API's words, with what they cost on the call's storefront."""
    storefront = storefront_of(request)
    address = partial(address_of, request._request, storefront)
    prices = PriceList.of([v for row in rows for v in row.variants_list])
    collections = first_collections(rows)

    return [
        build.product(row, collections.get(row.pk), lambda v: prices.of_one(v, storefront), address)
        for row in rows
    ]


def _narrowed(request: Request) -> QuerySet[Product]:
    """The products that the query asks for, in its order."""
    query, storefront = request.GET, storefront_of(request)
    text = (value(query, "q") or "").strip()[:SEARCH_LENGTH]
    order = value(query, "order")
    if order and order not in ORDERS:
        raise InvalidData(f"order: one of {', '.join(sorted(ORDERS))} is expected.")
    if text:
        rows = search(storefront, text, get_language() or settings.LANGUAGE_CODE).products
    else:
        rows = queries.products_on(storefront)
    if handles := values(query, "handle"):
        rows = rows.filter(slug__in=handles)
    if ids := values(query, "id"):
        rows = rows.filter(pk__in=numbers("prod", ids))
    if collections := values(query, "collection_id"):
        known = collections_on(storefront).filter(pk__in=numbers("pcol", collections))
        rows = rows.filter(collections__in=known).distinct()
    if categories := values(query, "category_id"):
        paths = Category.objects.filter(pk__in=numbers("pcat", categories))
        below = Category.objects.none()
        for path in paths.values_list("path", flat=True):
            below |= Category.objects.filter(path__startswith=path)
        rows = rows.filter(category__in=below)
    if tags := values(query, "tag_id"):
        rows = rows.filter(tags__in=numbers("ptag", tags)).distinct()
    if is_yes(query, "is_giftcard"):
        rows = rows.none()  # the shop has no gift cards
    return rows.order_by(*ORDERS[order]) if order else rows


def _asked_for(node: Category, tree: queries.CategoryTree, request: Request) -> bool:
    query = request.GET
    handles, ids = values(query, "handle"), values(query, "id")
    parents, text = values(query, "parent_category_id"), value(query, "q")
    parent = _parent(node, tree)
    return (
        (not handles or node.url_path in handles)
        and (not ids or f"pcat_{node.pk}" in ids)
        and (not parents or (f"pcat_{parent.pk}" if parent else "null") in parents)
        and (not text or text.strip().lower() in node.name.lower())
    )


def _parent(node: Category, tree: queries.CategoryTree) -> Category | None:
    above = tree.ancestors(node)
    return above[-1] if above else None
