"""Sandbox Pay's own site, on its own host."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.urls import get_resolver, set_urlconf

from orders.payment.sandbox.views import not_found

URLS = "orders.payment.sandbox.urls"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}


class SandboxHostMiddleware:
    """Answers for `SANDBOX_GATEWAY_HOST` before the shop knows of the request.

    It stands before the storefronts and the session: that site is not one of the shop's, gets none
    of its cookies, and its pages know nothing of carts or customers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.SANDBOX_GATEWAY_HOST:
            raise MiddlewareNotUsed("there is no sandbox gateway")
        self.get_response = get_response
        self.host, _port = split_domain_port(settings.SANDBOX_GATEWAY_HOST)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer by the sandbox's own URLs, or go on."""
        host, _port = split_domain_port(request.META.get("HTTP_HOST", ""))
        if host != self.host:
            return self.get_response(request)
        request.urlconf = URLS
        set_urlconf(URLS)
        try:
            match = get_resolver(URLS).resolve(request.path_info)
            response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        except Http404:
            response = not_found()
        finally:
            set_urlconf(None)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response
