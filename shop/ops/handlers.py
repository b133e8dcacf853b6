"""Where a server's request becomes Django's: always in UTF-8, for both kinds of server."""

from typing import Any

from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest
from django.utils.http import parse_header_parameters


class _InUtf8(HttpRequest):
    """A request whose Content-Type does not choose the codec its address is read in.

    Django reads the query string in the charset named there while it makes the request, where
    no middleware can answer what fails. The charset stays in `content_params`: what is wrong
    with it, shop.ops.middleware.ReadableMiddleware says.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            told = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:
            told = "", {}
        self.content_type, self.content_params = told


class _WSGIRequest(_InUtf8, WSGIRequest):
    pass


class _ASGIRequest(_InUtf8, ASGIRequest):
    pass


class ShopWSGIHandler(WSGIHandler):
    """The application for a WSGI server."""

    request_class = _WSGIRequest


class ShopASGIHandler(ASGIHandler):
    """The application for an ASGI server."""

    request_class = _ASGIRequest
