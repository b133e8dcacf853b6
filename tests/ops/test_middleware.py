"""Request ids, and the admin's gate."""

import re
from typing import Any

import pytest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csp import ContentSecurityPolicyMiddleware
from django.test import RequestFactory
from django.urls import resolve
from structlog.contextvars import get_contextvars

from shop.ops.middleware import (
    AdminGateMiddleware,
    ClientAddressMiddleware,
    RequestIdMiddleware,
)
from shop.storefronts.models import Storefront


def answer(sent: str | None) -> tuple[HttpResponse, dict[str, str]]:
    """Pass one request through, and return the response and what log lines were bound to."""
    bound: dict[str, str] = {}

    def view(request: HttpRequest) -> HttpResponse:
        bound.update(get_contextvars())
        return HttpResponse()

    headers = {} if sent is None else {"X-Request-ID": sent}
    response = RequestIdMiddleware(view)(RequestFactory().get("/", headers=headers))
    assert isinstance(response, HttpResponse)
    return response, bound


def test_a_request_gets_an_id() -> None:
    # Given a request without an id, when it is answered
    response, bound = answer(None)
    # Then it has one, the same in the logs, and the next request has another
    assert re.fullmatch(r"[0-9a-f]{32}", response["X-Request-ID"])
    assert bound == {"request_id": response["X-Request-ID"]}
    assert answer(None)[0]["X-Request-ID"] != response["X-Request-ID"]


def test_a_sane_id_of_a_proxy_is_kept() -> None:
    # Given an id that a proxy made, when the request is answered, then it is kept
    response, bound = answer("edge-7.1_a9F3")
    assert response["X-Request-ID"] == bound["request_id"] == "edge-7.1_a9F3"


@pytest.mark.parametrize("sent", ["short", "x" * 65, "with space 123", 'a"b"c"d"e', "naïve-id-12"])
def test_an_odd_id_is_replaced(sent: str) -> None:
    # Given an id that could forge a log line or fill it, when the request is answered
    response, _bound = answer(sent)
    # Then it is replaced
    assert re.fullmatch(r"[0-9a-f]{32}", response["X-Request-ID"])


def gated(path: str, *, is_main: bool | None) -> HttpResponseBase | None:
    """Ask the gate for the view at `path`, on the main site, elsewhere, or on no site at all."""
    request = RequestFactory().get(path)
    request.resolver_match = resolve(path)
    if is_main is not None:
        request.storefront = Storefront(is_main=is_main)  # type: ignore[attr-defined]

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("the admin")

    gate = AdminGateMiddleware(lambda request: HttpResponse())
    return gate.process_view(request, view, (), {})


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/storefronts/storefront/"])
@pytest.mark.parametrize("is_main", [False, None])
def test_there_is_no_admin_but_on_the_main_site(path: str, is_main: bool | None) -> None:
    # Given a sub-site, or no storefront at all, when one of the admin's pages is asked for
    # Then there is no such page
    with pytest.raises(Http404):
        gated(path, is_main=is_main)


def test_the_admin_is_on_the_main_site_with_a_policy_of_its_own() -> None:
    # Given the main site, when the admin is asked for
    response = gated("/admin/", is_main=True)
    # Then it answers; its scripts may be inline, and still nobody may frame it
    assert isinstance(response, HttpResponse)
    assert response.content == b"the admin"
    policy = ContentSecurityPolicyMiddleware(lambda request: response).process_response(
        RequestFactory().get("/admin/"), response
    )["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-inline' 'unsafe-eval'" in policy
    assert "frame-ancestors 'none'" in policy


def test_the_gate_leaves_the_shop_alone() -> None:
    # Given a page of the shop on a sub-site, when the gate sees it, then it has no say
    assert gated("/cart/", is_main=False) is None


@pytest.mark.parametrize(
    ("header", "told", "seen"),
    [
        ("X-Real-IP", "203.0.113.9", "203.0.113.9"),
        ("X-Real-IP", " 2001:DB8::1 ", "2001:db8::1"),
        ("X-Real-IP", "203.0.113.9, 10.0.0.1", "10.0.0.5"),
        ("X-Real-IP", "", "10.0.0.5"),
        ("X-Real-IP", "<script>", "10.0.0.5"),
        ("", "203.0.113.9", "10.0.0.5"),
    ],
)
def test_the_clients_address_is_what_the_named_header_says(
    header: str, told: str, seen: str, settings: Any
) -> None:
    # Given
    settings.CLIENT_ADDRESS_HEADER = header
    request = RequestFactory(headers={"X-Real-IP": told}).get("/", REMOTE_ADDR="10.0.0.5")

    # When
    ClientAddressMiddleware(lambda request: HttpResponse())(request)

    # Then
    assert request.META["REMOTE_ADDR"] == seen
