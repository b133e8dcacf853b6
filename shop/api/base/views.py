"""What every call of the Store API goes through, in this order: key, language, identity, throttle.

The order is part of the format: a call without a key is refused before anyone looks at who calls.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from shop.storefronts.models import Storefront

from . import errors, models
from .throttles import CustomerThrottle, KeyThrottle
from .wire import AnyAccept, StoreParser, StoreRenderer

KEY_HEADER = "x-publishable-api-key"
LOCALE_HEADER = "x-medusa-locale"
PUBLIC_SECONDS = 60
"""How long anyone may keep an answer about the catalogue."""
PREFLIGHT_SECONDS = 600
ALLOWED_HEADERS = f"authorization, content-type, accept, {KEY_HEADER}, {LOCALE_HEADER}"


class StoreRequest(Request):
    """A call whose key has been read, for type checkers."""

    storefront: Storefront


class StoreView(APIView):
    """A call about somebody: identified by its own `Authorization` header, kept by nobody."""

    renderer_classes = (StoreRenderer,)
    parser_classes = (StoreParser,)
    content_negotiation_class = AnyAccept
    permission_classes = ()
    throttle_classes: tuple[type[BaseThrottle], ...] = (KeyThrottle, CustomerThrottle)
    needs_token = False
    """Whether a guest is refused."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer in the language the header names, else the storefront's."""
        with translation.override(translation.get_language()):
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Read the key; then let the framework identify the caller. A preflight has neither.

        Raises NotAllowed without a key, Unauthorized for a guest where a token is needed.
        """
        if request.method == "OPTIONS":
            return
        known = models.storefront_of(request.headers.get(KEY_HEADER, ""))
        if known is None:
            raise errors.NotAllowed(
                f"A valid publishable key is needed in the header {KEY_HEADER}."
            )
        request.storefront, self.origins = known  # type: ignore[attr-defined]
        translation.activate(language_of(request, known[0]))
        super().initial(request, *args, **kwargs)
        if self.needs_token and request.auth is None:
            raise errors.Unauthorized

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """A preflight; it carries no key, so any origin that some key is for may go on."""
        return Response(status=204)

    def handle_exception(self, exc: Exception) -> Response:
        """Every refusal in the API's own words, also one nobody expected."""
        return errors.answer(exc, self.request)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        """Say who may keep the answer, and which scripts may read it."""
        finished = super().finalize_response(request, response, *args, **kwargs)
        self.keep(finished)
        self._share(request, finished)
        finished["Content-Language"] = translation.get_language() or settings.LANGUAGE_CODE
        return finished

    def keep(self, response: HttpResponseBase) -> None:
        """Nobody may keep an answer that depends on who asks."""
        response["Cache-Control"] = "private, no-store"
        patch_vary_headers(response, ["Authorization", KEY_HEADER, LOCALE_HEADER])

    def _share(self, request: Request, response: HttpResponseBase) -> None:
        patch_vary_headers(response, ["Origin"])
        origin = request.headers.get("Origin", "")
        if not origin:
            return
        if request.method == "OPTIONS":
            allowed = origin in models.all_origins()
            if allowed:
                response["Access-Control-Allow-Methods"] = ", ".join(self.allowed_methods)
                response["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
                response["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
        else:
            allowed = origin in getattr(self, "origins", ())
        if allowed:  # never with credentials: a cookie says nothing here
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Expose-Headers"] = "X-Request-ID, Retry-After, ETag"

    def perform_authentication(self, request: Request) -> None:
        """Identify the caller now: a bad token is refused even where a guest would be served."""
        _ = request.user

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Wrap the request, so that no session or cookie can be asked for who it is."""
        for name in ("user", "_user", "_cached_user"):
            request.__dict__.pop(name, None)
        return super().initialize_request(request, *args, **kwargs)


@method_decorator(conditional_page, name="dispatch")
class CatalogueView(StoreView):
    """A call about what is sold: the same for everyone, whoever they say they are."""

    authentication_classes = ()
    throttle_classes = (KeyThrottle,)

    def keep(self, response: HttpResponseBase) -> None:
        """Anyone may keep it for a minute, and ask by its ETag afterwards."""
        if response.status_code == 200:
            response["Cache-Control"] = f"public, max-age={PUBLIC_SECONDS}"
        else:
            response["Cache-Control"] = "no-store"
        patch_vary_headers(response, [KEY_HEADER, LOCALE_HEADER])


class UnknownAddress(CatalogueView):
    """Every address below /store/ and /auth/ that is none."""

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """There is nothing here, with whatever method."""
        raise errors.NotFound(f"There is no {request.method} {request.path}")


def language_of(request: Request, storefront: Storefront) -> str:
    """The language a call asks for by its header, where we speak it, else the storefront's."""
    asked = request.headers.get(LOCALE_HEADER, "").strip()
    if asked:
        try:
            return translation.get_supported_language_variant(asked.lower())
        except LookupError:
            pass
    return storefront.language
