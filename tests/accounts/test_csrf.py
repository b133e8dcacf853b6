"""No form that a cookie speaks for is taken from another site: every address is asked."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from shop.api.base.views import StoreView
from tests.factories import NetworkFactory
from tests.staff import sign_in_staff

pytestmark = pytest.mark.django_db

# Each says in its docstring why.
EXEMPT = {
    "/language/",  # changes the language of the texts, and reaches no session
    "/payments/webhooks/<slug:gateway>/",  # signed by the gateway
}
SAMPLES = {"int": "1", "str": "x", "slug": "x", "path": "x", "uuid": "0" * 32}


def addresses(patterns: list[Any], prefix: str = "/") -> Iterator[tuple[str, Any]]:
    """Every address of the main storefront, as its route, with its view."""
    for each in patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from addresses(each.url_patterns, route)
        elif isinstance(each, URLPattern):
            yield route, each.callback


def sample(route: str) -> str:
    """An address of the route. What stands for a thing is none: the check comes before a look."""
    parts: list[str] = []
    for part in route.replace("<", "\0<").split("\0"):
        if part.startswith("<"):
            inside, _end, rest = part[1:].partition(">")
            parts.append(SAMPLES.get(inside.partition(":")[0], "x") + rest)
        else:
            parts.append(part)
    return "".join(parts)


ROUTES = [
    (route, view)
    for route, view in addresses(get_resolver("shop.urls").url_patterns)
    if not any(sign in route for sign in "^(?")
]


def test_there_is_much_to_ask() -> None:
    assert len(ROUTES) > 200


def test_what_is_exempt_is_named_here() -> None:
    found = {
        route
        for route, view in ROUTES
        if getattr(view, "csrf_exempt", False)
        and not issubclass(getattr(view, "view_class", object), StoreView)
        and not route.startswith("/api/")
    }
    assert found == EXEMPT


def test_every_form_asks_for_its_token() -> None:
    shops = NetworkFactory()
    signed_in = sign_in_staff(shops["galleria"])
    attacked = Client(enforce_csrf_checks=True, HTTP_HOST=shops["galleria"].domain)
    attacked.cookies = signed_in.cookies
    taken = []
    for route, view in ROUTES:
        if getattr(view, "csrf_exempt", False):
            continue
        answer = attacked.post(sample(route), {"quantity": "1"}, HTTP_ORIGIN="https://evil.example")
        if answer.status_code not in {403, 405}:
            taken.append((route, answer.status_code))
    assert taken == []
