"""What every template may ask about the network."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from .queries import all_storefronts


def storefronts(request: HttpRequest) -> dict[str, Any]:
    """`storefront`: the one this page belongs to; `storefronts`: all, the main one first."""
    return {
        "storefront": getattr(request, "storefront", None),
        "storefronts": SimpleLazyObject(all_storefronts),
    }
