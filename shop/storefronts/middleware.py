"""From host to storefront, and from storefront to language."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import patch_vary_headers

from .caching import one_look_up
from .models import Storefront
from .queries import all_storefronts, storefront_for_host

SHOWN_HOST_LENGTH = 100
"""Characters of an unknown host that the operator is shown."""

type Responder = Callable[[HttpRequest], HttpResponse]


class StorefrontRequest(HttpRequest):
    """A request behind StorefrontMiddleware, for type checkers."""

    storefront: Storefront


class StorefrontMiddleware:
    """Sets `request.storefront` by the Host header, or answers 400 to a host that is not ours.

    Stands before the session: an unknown host touches no session and gets no cookie.
    """

    def __init__(self, get_response: Responder) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer 400, or go on with `request.storefront`."""
        with one_look_up():
            host = raw_host(request)
            storefront = storefront_for_host(host)
            if storefront is None:
                response = unknown_host(host)
            else:
                request.storefront = storefront  # type: ignore[attr-defined]
                response = self.get_response(request)
        patch_vary_headers(response, ["Host"])
        return response


def raw_host(request: HttpRequest) -> str:
    """The host as it arrived, unchecked; the proxy's word counts where settings say so."""
    if settings.USE_X_FORWARDED_HOST and "HTTP_X_FORWARDED_HOST" in request.META:
        return str(request.META["HTTP_X_FORWARDED_HOST"])
    return str(request.META.get("HTTP_HOST", request.META.get("SERVER_NAME", "")))


def unknown_host(host: str) -> HttpResponse:
    """The page that tells an operator what arrived and which domains are set up.

    Rendered without the request: no context processor may look for a session or a visitor.
    """
    shown = host if len(host) <= SHOWN_HOST_LENGTH else host[:SHOWN_HOST_LENGTH] + "…"
    domains = [storefront.domain for storefront in all_storefronts()]
    with translation.override(settings.LANGUAGE_CODE):
        page = render_to_string(
            "storefronts/unknown_host.html", {"host": shown, "storefronts": domains}
        )
    return HttpResponse(page, status=400, headers={"Cache-Control": "no-store"})


class StorefrontLanguageMiddleware:
    """Speaks the storefront's language, unless the visitor chose another by cookie."""

    def __init__(self, get_response: Responder) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Go on in the language of `language_for`."""
        language = language_for(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ["Cookie"])
        return response


def language_for(request: HttpRequest) -> str:
    """The visitor's choice where we speak it, else the storefront's language, else ours."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    if chosen:
        try:
            return translation.get_supported_language_variant(chosen)
        except LookupError:
            pass
    storefront: Storefront | None = getattr(request, "storefront", None)
    return storefront.language if storefront else settings.LANGUAGE_CODE
