"""From host to storefront, and from storefront to language."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import translation

from shop.storefronts.context import storefronts
from shop.storefronts.middleware import StorefrontLanguageMiddleware, StorefrontMiddleware
from shop.storefronts.models import Storefront
from tests.factories import NetworkFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def network(db: None) -> dict[str, Storefront]:
    return NetworkFactory()


def answer(request: HttpRequest) -> HttpResponse:
    """What stands behind the middleware: says storefront and language."""
    return HttpResponse(f"{request.storefront.slug} {translation.get_language()}")  # type: ignore[attr-defined]


def visit(host: str, **cookies: str) -> HttpResponse:
    request = RequestFactory().get("/", headers={"host": host})
    request.COOKIES.update(cookies)
    return StorefrontMiddleware(StorefrontLanguageMiddleware(answer))(request)


def test_a_known_host_gets_its_storefront() -> None:
    response = visit("Apparel.example:8000")

    assert response.status_code == 200
    assert response.content == b"apparel en"
    assert response["Vary"] == "Cookie, Host"
    assert response["Content-Language"] == "en"


def test_the_storefronts_language_is_spoken(network: dict[str, Storefront]) -> None:
    network["home"].language = "zh-hans"
    network["home"].save()

    assert visit("home.example").content == b"home zh-hans"
    assert visit("home.example")["Content-Language"] == "zh-hans"
    assert translation.get_language() == "en"


@pytest.mark.parametrize(
    ("chosen", "spoken"),
    [("zh-hans", "zh-hans"), ("zh-cn", "zh-hans"), ("xx", "en"), ("'\"", "en")],
)
def test_a_visitors_choice_goes_first_where_we_speak_it(chosen: str, spoken: str) -> None:
    assert visit("home.example", django_language=chosen).content == f"home {spoken}".encode()


def test_the_proxys_host_counts_only_where_settings_say_so(settings: object) -> None:
    request = RequestFactory().get(
        "/", headers={"host": "home.example", "x-forwarded-host": "apparel.example"}
    )

    believed = StorefrontMiddleware(answer)(request).content
    settings.USE_X_FORWARDED_HOST = True  # type: ignore[attr-defined]
    then = StorefrontMiddleware(answer)(request).content

    assert (believed.split()[0], then.split()[0]) == (b"home", b"apparel")


@pytest.mark.parametrize(
    "host", ["other.example", "127.0.0.1:8000", "[::1]", "a b", "home.example:x"]
)
def test_an_unknown_host_gets_a_page_for_the_operator(client: Client, host: str) -> None:
    # When
    response = client.get("/", headers={"host": host, "cookie": "sessionid=abc"})

    # Then it says what arrived and what is set up, and starts no session
    page = response.content.decode()
    assert response.status_code == 400
    assert f">{host}<" in page
    for domain in ("galleria", "apparel", "jewelry", "home"):
        assert f"{domain}.example" in page
    assert not response.cookies
    assert response["Cache-Control"] == "no-store"
    assert "Host" in response["Vary"]


def test_an_unknown_host_is_shown_escaped_and_cut(client: Client) -> None:
    response = client.get("/", headers={"host": "<script>alert(1)</script>" + "x" * 300})

    page = response.content.decode()
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" + "x" * 75 + "…" in page
    assert "x" * 76 not in page


def test_a_request_without_a_host_gets_the_page() -> None:
    request = RequestFactory().get("/")
    del request.META["SERVER_NAME"]

    response = StorefrontMiddleware(answer)(request)

    assert response.status_code == 400


def test_templates_know_the_network(network: dict[str, Storefront]) -> None:
    request = RequestFactory().get("/")
    request.storefront = network["home"]  # type: ignore[attr-defined]

    context = storefronts(request)

    assert context["storefront"] == network["home"]
    assert list(context["storefronts"]) == list(network.values())


def test_templates_outside_a_storefront_know_none() -> None:
    assert storefronts(RequestFactory().get("/"))["storefront"] is None
