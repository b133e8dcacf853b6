"""Absolute addresses on the sites of the network."""

from django.http import HttpRequest

from shop.storefronts.models import Storefront


def absolute(request: HttpRequest, storefront: Storefront, path: str) -> str:
    """The address of a path on a storefront, with the scheme and port of this request.

    Without the session's fingerprint that links for shoppers carry: these are for machines.
    """
    host = request.get_host()
    port = host.rpartition(":")[2] if ":" in host and not host.endswith("]") else ""
    return f"{request.scheme}://{storefront.domain}{f':{port}' if port else ''}{path}"
