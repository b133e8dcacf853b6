"""What every template may ask about the catalogue."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from .queries import CategoryTree, categories_on


def category_tree(request: HttpRequest) -> CategoryTree:
    """The storefront's categories, looked up once a request."""
    tree: CategoryTree | None = getattr(request, "_category_tree", None)
    if tree is None:
        tree = categories_on(request.storefront)  # type: ignore[attr-defined]
        request._category_tree = tree  # type: ignore[attr-defined]
    return tree


def navigation(request: HttpRequest) -> dict[str, Any]:
    """`nav_categories`: top categories with products here; no query unless a page shows them."""
    if getattr(request, "storefront", None) is None:
        return {"nav_categories": []}
    return {"nav_categories": SimpleLazyObject(lambda: category_tree(request).roots)}
