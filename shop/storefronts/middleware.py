"""From host to storefront, and to the language a page speaks."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import patch_vary_headers

from . import languages
from .caching import one_look_up
from .languages import is_visit
from .models import Storefront
from .queries import all_storefronts, storefront_for_host

SHOWN_HOST_LENGTH = 100
"""Characters of an unknown host that the operator is shown."""

PROGRAMS = ("/store/", "/auth/", "/api/")
"""Addresses for programs: a key names the storefront, a header the language, no cookie anything."""

type Responder = Callable[[HttpRequest], HttpResponse]


class StorefrontRequest(HttpRequest):
    """A request behind StorefrontMiddleware, for type checkers."""

    storefront: Storefront


class StorefrontMiddleware:
    """Sets `request.storefront` by the Host header, or answers 400 to a host that is not ours.

    Stands before the session: an unknown host touches no session and gets no cookie. The Store API
    is told its storefront by a key, and so answers at any name: a program may be next door, where
    the shop has another one.
    """

    def __init__(self, get_response: Responder) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer 400, or go on with `request.storefront`."""
        with one_look_up():
            host = raw_host(request)
            storefront = storefront_for_host(host)
            if storefront is None and request.path_info.startswith(PROGRAMS):
                response = self.get_response(request)
            elif storefront is None:
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
    """Speaks the language that the address names, else the shopper's choice, else the site's.

    Who opens an address that names a language has chosen it; see `languages`.
    """

    def __init__(self, get_response: Responder) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Go on in that language, with the addresses that go with it.

        Caches are told that the language depends on the cookie, where it does. Programs say theirs
        in a header, and no cookie means anything to what answers them.
        """
        if request.path_info.startswith(PROGRAMS):
            return self.get_response(request)
        storefront: Storefront | None = getattr(request, "storefront", None)
        own = storefront.language if storefront else settings.LANGUAGE_CODE
        named, chosen = languages.language_in(request.path_info), languages.chosen_language(request)
        language = named or chosen or own
        if named or language != own:
            request.urlconf = languages.urlconf_in(language, own)  # type: ignore[assignment]
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith("image/"):
            return response
        response.headers.setdefault("Content-Language", language)
        if not named:
            patch_vary_headers(response, ["Cookie"])
        if response.status_code == 200 and is_visit(request):
            if named not in {None, chosen}:
                languages.remember(request, response, language)
            languages.tell_session(request)
        return response
