"""What no part of the shop can read is refused before any part tries."""

import json
from io import BytesIO
from typing import Any
from urllib.parse import unquote

import pytest
from django.http import HttpResponseBase
from django.test import Client, RequestFactory

from sessionsync.models import Session
from shop.ops.handlers import ShopWSGIHandler
from shop.storefronts.models import Storefront
from tests.carts.helpers import make_shops
from tests.staff import sign_in_staff

pytestmark = pytest.mark.django_db

TOLD = "We could not read that request"
FIELD = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n'
FORMS = (
    "/", "/cart/lines/", "/language/", "/orders/find/", "/checkout/quote/", "/account/login/",
    "/admin/login/", "/nowhere/", "/payments/webhooks/stripe/",
)  # fmt: skip


@pytest.fixture
def shops() -> dict[str, Storefront]:
    return make_shops()


def stranger(shop: Storefront) -> Client:
    """A browser with nothing but a CSRF cookie, which is checked."""
    client = Client(headers={"host": shop.domain}, enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "a" * 32
    return client


def refused(response: Any) -> None:
    """It is the page for it, with what every page of the shop bears, and leaves nothing behind."""
    assert response.status_code == 400
    assert TOLD in response.content.decode()
    assert response["Content-Security-Policy"].startswith("default-src 'self'")
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "no-store"
    assert len(response["X-Request-ID"]) == 32
    assert not response.cookies
    assert Session.objects.count() == 0


@pytest.mark.parametrize("shop", ["galleria", "home"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize(
    "address",
    [
        "/product/a%00b/", "/collection/a%00b/", "/pictures/share/en/a%00b.png",
        "/zh-hans/product/a%00b/", "/zh-hans/collection/a%00b/", "/category/a%00b/", "/%00",
        "/media/a%00b", "/static/a%00b", "/orders/%00/", "/?q=%00", "/search/?q=a&facet=%00b",
        "/search/?%00=a", "/account/login/?next=%00",
    ],
)  # fmt: skip
def test_an_address_with_a_nul_is_refused(
    shops: dict[str, Storefront], shop: str, method: str, address: str
) -> None:
    response = stranger(shops[shop]).generic(method, address)

    if method == "HEAD":
        assert (response.status_code, response.content) == (400, b"")
    else:
        refused(response)


@pytest.mark.parametrize(
    "address",
    [
        "/admin/sessionsync/session/overview/?who=%00", "/admin/mailing/outgoingmail/?q=a%00",
        "/admin/mailing/outgoingmail/?state__exact=%00", "/admin/orders/order/%00/change/",
        "/admin/autocomplete/?app_label=catalogue&model_name=product&field_name=category&term=%00a",
    ],
)  # fmt: skip
def test_staff_are_refused_it_as_well(shops: dict[str, Storefront], address: str) -> None:
    response = sign_in_staff(shops["galleria"]).get(address)

    assert response.status_code == 400
    assert TOLD in response.content.decode()


@pytest.mark.parametrize(
    "address", ["/search/?q=%2500", "/search/?q=100%25", "/search/?q=%E2%90%80"]
)
def test_what_only_looks_like_a_nul_is_read(shops: dict[str, Storefront], address: str) -> None:
    assert stranger(shops["galleria"]).get(address).status_code == 200


@pytest.mark.parametrize("address", FORMS)
@pytest.mark.parametrize("charset", ["rot13", "utf-16", "utf-7", "idna", "base64", "latin-1"])
def test_a_form_that_is_not_in_utf_8_is_refused(
    shops: dict[str, Storefront], address: str, charset: str
) -> None:
    client = stranger(shops["galleria"])

    for kind, form in (
        ("multipart/form-data; boundary=x", FIELD),
        ("application/x-www-form-urlencoded", "a=b"),
    ):
        refused(client.generic("POST", address, form, f"{kind}; charset={charset}"))


def served(shop: Storefront, asked: str, kind: str, body: str = "") -> HttpResponseBase:
    """Ask as a server does; a test client makes requests of its own kind."""
    method, _space, address = asked.partition(" ")
    path, _mark, query = address.partition("?")
    handler = ShopWSGIHandler()
    environ = {
        **RequestFactory().get("/").environ,
        "HTTP_HOST": shop.domain,
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote(path),
        "QUERY_STRING": query,
        "CONTENT_TYPE": kind,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body.encode()),
    }
    return handler.get_response(handler.request_class(environ))


@pytest.mark.parametrize("charset", ["rot13", "utf-16", "idna", "undefined"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_address_is_read_in_another_charset(
    shops: dict[str, Storefront], method: str, charset: str
) -> None:
    """Django's request would fail while it is made, before there is anything to answer with."""
    kind = f"text/plain; charset={charset}"

    refused(served(shops["galleria"], f"{method} /search/?q=a", kind))


@pytest.mark.parametrize(
    "charset", ["utf-8", "UTF-8", "utf8", "U8", '"utf-8"', "no-such", "é", "", "a" * 9000]
)
def test_utf_8_is_read_however_it_is_spelt(shops: dict[str, Storefront], charset: str) -> None:
    """And is taken for what a charset means that nobody knows, as in Django."""
    kind = f"application/x-www-form-urlencoded; charset={charset}"
    form = "language=zh-hans&next=/cart/"

    response = served(shops["galleria"], "POST /language/?a=b", kind, form)

    assert (response.status_code, response["Location"]) == (303, "/cart/")
    assert "zh-hans" in str(response.cookies)


def test_a_content_type_that_is_too_long_is_no_form(shops: dict[str, Storefront]) -> None:
    kind = "application/x-www-form-urlencoded; x=" + "a" * 20_000

    response = served(shops["galleria"], "POST /language/?a=b", kind, "language=en")

    assert response.status_code == 400
    assert not response.cookies


def test_the_store_api_refuses_in_its_own_words(shops: dict[str, Storefront]) -> None:
    for address in ("/store/products?handle=%00", "/store/products/%00", "/auth/%00"):
        for charset in ("utf-8", "rot13"):
            kind = f"application/json; charset={charset}"
            response: Any = served(shops["galleria"], f"GET {address}", kind, "{}")
            assert response.status_code in {400, 404}
            assert set(json.loads(response.content)) == {"type", "message"}
