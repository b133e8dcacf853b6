"""Which language a page speaks, and the addresses that say so.

Pages that can be found (those of settings.LANGUAGE_URLCONF) have an address in each language: as
they are in the storefront's own, with the language before it in every other, `/zh-hans/product/x/`.
Such an address speaks its language to everyone. All other addresses speak the shopper's choice,
kept in the shared session, so that it holds on every domain, and in a cookie for those who have no
session (yet, or any more); else the storefront's language. docs/languages.md.
"""

import re
from functools import cache
from importlib import import_module

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, URLPattern, URLResolver, include, path, resolve
from django.utils import translation

from sessionsync.engine import SessionStore
from sessionsync.protocol import Kind
from sessionsync.visit import Visit

from .models import Storefront

CODES = tuple(code for code, _name in settings.LANGUAGES)
KEPT_IN_SESSION = "language"
COOKIE_AGE = 365 * 24 * 3600
"""Seconds that a browser keeps the choice."""
_PREFIX = re.compile(rf"^/({'|'.join(map(re.escape, CODES))})(?=/|$)")

type URLConf = tuple[URLPattern | URLResolver, ...]


def language_in(address: str) -> str | None:
    """The language that a path names, `/zh-hans/product/x/`; None where it names none."""
    found = _PREFIX.match(address)
    return found[1] if found else None


def without_language(address: str) -> str:
    """The path without the language that it names."""
    return _PREFIX.sub("", address, count=1)


def with_language(address: str, language: str, storefront: Storefront) -> str:
    """The path of a page that can be found, in one of CODES on a storefront.

    address: the path without a language.
    """
    return address if language == storefront.language else f"/{language}{address}"


def same_page(address: str, language: str, storefront: Storefront) -> str:
    """Where the page at this path (with its query) can be read in one of CODES.

    A page that has an address in each language gets that; any other keeps its own.
    """
    bare = without_language(address)
    try:
        resolve(bare.partition("?")[0], urlconf=settings.LANGUAGE_URLCONF)
    except Resolver404:
        return address
    return with_language(bare, language, storefront)


@cache
def urlconf_in(language: str, storefront_language: str) -> URLConf:
    """All addresses of a storefront for a page in this language, for `request.urlconf`.

    Both forms are understood. The first of them is what `{% url %}` writes: a page in another
    language than the storefront's own links to pages in that language.
    """
    root: URLConf = tuple(import_module(settings.ROOT_URLCONF).urlpatterns)
    named = path(f"{language}/", include(settings.LANGUAGE_URLCONF))
    return (*root, named) if language == storefront_language else (named, *root)


def chosen_language(request: HttpRequest) -> str | None:
    """The shopper's choice, by the shared session or else by this site's cookie.

    None where there is none that we speak. The protocol's own pages look no session up for it.
    """
    return _in_session(request) or _in_cookie(request)


def _in_session(request: HttpRequest) -> str | None:
    visit = getattr(request, "sessionsync", None)
    if not isinstance(visit, Visit) or not visit.presented or visit.is_protocol:
        return None
    return supported(request.session.get(KEPT_IN_SESSION))


def _in_cookie(request: HttpRequest) -> str | None:
    return supported(request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME))


def supported(code: object) -> str | None:
    """The one of CODES that is meant: zh-cn means zh-hans. None for what we do not speak."""
    if not isinstance(code, str) or not code:
        return None
    try:
        return translation.get_supported_language_variant(code)
    except LookupError:
        return None


def remember(request: HttpRequest, response: HttpResponse, language: str) -> None:
    """Keep a shopper's choice: in the session, and in a cookie.

    A form begins a session on the main site, so that the other sites hear of the choice. A page
    that was opened makes neither a session nor a row for one that has none.
    """
    session, visit = request.session, getattr(request, "sessionsync", None)
    if isinstance(session, SessionStore) and isinstance(visit, Visit):
        if session.record is None and visit.kind is Kind.POST and visit.site.is_main:
            session.create()
        if session.record is not None and (request.method == "POST" or session.record.stored):
            session[KEPT_IN_SESSION] = language
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=COOKIE_AGE,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def tell_session(request: HttpRequest) -> None:
    """Put a choice that only this site's cookie knows into the session that has come since."""
    session, choice = request.session, _in_cookie(request)
    stored = isinstance(session, SessionStore) and session.record and session.record.stored
    if stored and choice and _in_session(request) is None:
        session[KEPT_IN_SESSION] = choice


def is_visit(request: HttpRequest) -> bool:
    """Whether a person has opened this page: no crawler, script, prefetch or cookieless browser."""
    visit = getattr(request, "sessionsync", None)
    return isinstance(visit, Visit) and visit.kind is Kind.GET and not visit.cookies_off
