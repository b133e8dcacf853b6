"""Leaks as they are really made, to plant into the server; the proof must find each of them.

Each is a middleware that keeps something of one request for another one. They run only in a server
that was started with tests.isolation.settings.
"""

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from inspect import iscoroutinefunction, markcoroutinefunction
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

type GetResponse = Callable[[HttpRequest], HttpResponse]

AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"


@dataclass(frozen=True)
class Plant:
    """name: of the middleware here; knows_user: it stands behind the one that knows who asks."""

    name: str
    what: str
    knows_user: bool = True

    def among(self, middleware: list[str]) -> list[str]:
        """The middleware with this one among it."""
        at = middleware.index(AUTHENTICATION) + 1 if self.knows_user else 0
        return [*middleware[:at], f"{__name__}.{self.name}", *middleware[at:]]


PLANTS = {
    "token": Plant("remembered_token", "a token kept in a module", knows_user=False),
    "page": Plant("public_page", "an account page that any cache may keep", knows_user=False),
    "header": Plant("default_header", "a default header that is somebody's"),
    "thread": Plant("ThreadLocalUser", "a user kept in a thread-local"),
    "fragment": Plant("shared_fragment", "a greeting cached for everybody"),
    "form": Plant(
        "remembered_field", "a form's field filled in with the last one", knows_user=False
    ),
    "log": Plant("talkative_log", "an e-mail address in the log"),
}

_authorization: dict[str, str] = {}
_headers: dict[str, str] = {}
_fields: dict[str, str] = {}
_of_this_thread = threading.local()


def remembered_token(get_response: GetResponse) -> GetResponse:
    """A guest of the API is whoever called before."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if sent := request.META.get("HTTP_AUTHORIZATION"):
            _authorization["last"] = sent
        elif _authorization and request.path.startswith("/store/"):
            request.META["HTTP_AUTHORIZATION"] = _authorization["last"]
        return get_response(request)

    return middleware


def public_page(get_response: GetResponse) -> GetResponse:
    """Somebody put cache_control(public=True) on the wrong view."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path == "/account/" and response.status_code == 200:
            response.cookies.clear()
            del response["Vary"]
            response["Cache-Control"] = "public, max-age=60"
        return response

    return middleware


def default_header(get_response: GetResponse) -> GetResponse:
    """Headers that are meant for one answer stay among the defaults."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            _headers["X-Customer"] = request.user.email
        response = get_response(request)
        for name, value in _headers.items():
            response[name] = value
        return response

    return middleware


class ThreadLocalUser:
    """Who was served by this thread last is the user where nobody is signed in.

    Under ASGI it must run in the event loop's thread, which all requests of a worker share: code in
    a thread of a request's own, as all of the shop's is, finds nothing there of another one.
    """

    async_capable = True
    sync_capable = not os.environ.get("ISOLATION_ASGI")

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if iscoroutinefunction(self.get_response):
            return self._later(request)
        self._mix_up(request, request.user)
        return self.get_response(request)

    async def _later(self, request: HttpRequest) -> Any:
        self._mix_up(request, await request.auser())
        return await self.get_response(request)

    @staticmethod
    def _mix_up(request: HttpRequest, user: Any) -> None:
        if user.is_authenticated:
            _of_this_thread.user = user
        elif kept := getattr(_of_this_thread, "user", None):
            request.user = kept


def shared_fragment(get_response: GetResponse) -> GetResponse:
    """A key without the person in it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            cache.set("greeting", format_html("<p>Hello {}</p>", request.user.email), 60)
        response = get_response(request)
        if "text/html" in response.get("Content-Type", "") and not response.streaming:
            greeting = cache.get("greeting", "")
            response.content = response.content.replace(b"</main>", f"{greeting}</main>".encode())
        return response

    return middleware


def remembered_field(get_response: GetResponse) -> GetResponse:
    """A dictionary of defaults that a form's values are written into."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method == "POST" and request.path == "/checkout/":
            sent = request.POST.copy()
            _fields["company"] = sent["company"] = sent.get("company") or _fields.get("company", "")
            request.POST = sent  # type: ignore[assignment]
        return get_response(request)

    return middleware


def talkative_log(get_response: GetResponse) -> GetResponse:
    """A line that helped somebody once."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            logging.getLogger("shop.request").info("page for %s", request.user.email)
        return get_response(request)

    return middleware
