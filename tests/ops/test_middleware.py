"""Request ids, and the admin's gate."""

import re

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from structlog.contextvars import get_contextvars

from shop.ops.middleware import RequestIdMiddleware


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
