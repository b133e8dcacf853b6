"""Middleware for operating the shop: request ids, health, what can be read, the admin's gate."""

import codecs
import re
import time
import uuid
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any

import structlog
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csp import ContentSecurityPolicyMiddleware
from django.template.loader import render_to_string
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override

from shop.ops.health import HEALTH_VIEWS

type GetResponse = Callable[[HttpRequest], HttpResponseBase]

# The admin's own scripts (Unfold, with Alpine.js) are inline and evaluate expressions; only staff
# see these pages, and only on the main site.
ADMIN_CSP: Mapping[str, Collection[str] | str] = {
    **settings.SECURE_CSP,
    "script-src": [CSP.SELF, CSP.UNSAFE_INLINE, CSP.UNSAFE_EVAL],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
}

API = ("/store/", "/auth/")
"""Where all is UTF-8, whatever a header says, and a NUL is refused in the API's own words."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

log = structlog.get_logger("shop.request")


class ClientAddressMiddleware:
    """Puts the client's address, as the proxy in front tells it, where everybody looks for it.

    settings.CLIENT_ADDRESS_HEADER names the proxy's header; without it, behind a proxy, all
    clients have the proxy's address (or none, behind a Unix socket), and no limit can tell them
    apart. Only an address is believed; anything else is as if the header were missing.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next handler of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on, with the address."""
        if settings.CLIENT_ADDRESS_HEADER:
            told = request.headers.get(settings.CLIENT_ADDRESS_HEADER, "").strip()
            with suppress(ValueError):
                request.META["REMOTE_ADDR"] = str(ip_address(told))
        return self.get_response(request)


class RequestIdMiddleware:
    """Gives each request an id, binds it to every log line, and sends it back as X-Request-ID.

    An id that a proxy sent is kept if it is 8 to 64 letters, digits, dots, dashes or underscores;
    anything else (a forged log line, for example) is replaced.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next handler of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request, with one log line for it: never its query string, nor a cookie."""
        sent = request.headers.get("X-Request-ID", "")
        request_id = sent if _REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex
        request.META["REQUEST_ID"] = request_id
        started = time.monotonic()
        # Bound until this thread's next request: Django writes its own line after we have returned.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        write = log.debug if request.path in HEALTH_VIEWS else log.info
        write(
            "request",
            method=request.method,
            host=request.META.get("HTTP_HOST", ""),
            path=request.path,
            status=response.status_code,
            milliseconds=round((time.monotonic() - started) * 1000),
        )
        return response


class HealthMiddleware:
    """Answers /healthz and /readyz for any Host: a load balancer asks by address, not by name."""

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next handler of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a health check (GET or HEAD only), or pass the request on."""
        view = HEALTH_VIEWS.get(request.path)
        if view is None:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponse(
                status=HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, HEAD"}
            )
        return view()


class ReadableMiddleware:
    """Answers 400 to what no part of the shop can read, before any part tries.

    That is a NUL in the address, which PostgreSQL takes in no text, and a Content-Type that names
    another charset than UTF-8: some of Python's codecs are for no text at all, and reading the
    form fails again in whatever answers the failure. Names that nobody knows count as UTF-8.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next handler of the chain; a refusal bears the headers that a page does."""
        self.get_response = get_response
        self.refuse = ContentSecurityPolicyMiddleware(XFrameOptionsMiddleware(_unreadable))

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on what can be read."""
        if not request.path_info.startswith(API) and (
            "\0" in request.path_info
            or "%00" in request.META.get("QUERY_STRING", "")
            or _codec(request) != "utf-8"
        ):
            return self.refuse(request)  # type: ignore[return-value]  # Django types it as awaitable, too
        return self.get_response(request)


def _codec(request: HttpRequest) -> str:
    try:
        return codecs.lookup((request.content_params or {}).get("charset", "utf-8")).name
    except LookupError:
        return "utf-8"


def _unreadable(request: HttpRequest) -> HttpResponse:
    """Not Django's own answer, which would look for a CSRF token in the form."""
    page = render_to_string("400.html")
    return HttpResponse(page, status=HTTPStatus.BAD_REQUEST, headers={"Cache-Control": "no-store"})


class AdminGateMiddleware:
    """Keeps the admin on the main site: on any other storefront its pages do not exist.

    It also gives those pages, and no others, the Content-Security-Policy that they need.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next handler of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponseBase],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        """Call an admin view. Raises Http404 for one that was asked for elsewhere."""
        match = request.resolver_match
        if match is None or "admin" not in match.app_names:
            return None
        storefront = getattr(request, "storefront", None)
        if storefront is None or not storefront.is_main:
            raise Http404("The admin is on the main site only.")
        return csp_override(ADMIN_CSP)(view)(request, *args, **kwargs)
