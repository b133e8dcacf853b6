"""What every template may ask about the network."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from sessionsync.visit import Visit

from .queries import all_storefronts


def storefronts(request: HttpRequest) -> dict[str, Any]:
    """What pages say of the network.

    `storefront`: the one this page belongs to; `storefronts`: all, the main one first;
    `this_page`: where a form that changes the page's language comes back to.
    """
    return {
        "storefront": getattr(request, "storefront", None),
        "storefronts": SimpleLazyObject(all_storefronts),
        "this_page": SimpleLazyObject(lambda: this_page(request)),
    }


def this_page(request: HttpRequest) -> str:
    """The path and query of the page that is shown, without the session's own parameters.

    A page that answers a form stands for the one with the form: its own address may take no GET.
    """
    visit = getattr(request, "sessionsync", None)
    if not isinstance(visit, Visit):
        return request.get_full_path() if request.method == "GET" else "/"
    return visit.address() if request.method == "GET" else visit.back()
