"""The language a page speaks: by address, by choice, by storefront."""

import time
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import reverse

from sessionsync.conf import Site
from sessionsync.cookies import presented_tokens
from sessionsync.engine import SessionStore
from sessionsync.models import Session
from sessionsync.testing import Browser
from sessionsync.visit import Visit
from shop.storefronts.context import this_page
from shop.storefronts.languages import language_in, same_page, with_language, without_language
from shop.storefronts.models import Storefront
from tests.factories import NetworkFactory, ProductFactory

pytestmark = pytest.mark.django_db

COOKIE = "django_language"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.fixture(autouse=True)
def network(db: None) -> dict[str, Storefront]:
    shops = NetworkFactory()
    ProductFactory(slug="linen", title="Linen", storefronts=[shops["apparel"]])
    return shops


def visitor(slug: str = "galleria") -> Browser:
    """Somebody with a session, who has opened a site's front page."""
    browser = Browser()
    browser.open(f"http://{slug}.example/")
    return browser


def choose(browser: Browser, language: str, page: str = "/cart/") -> Any:
    return browser.fetch("POST", "/language/", {"language": language, "next": page})


def cookie(browser: Browser, slug: str = "galleria") -> str | None:
    return browser.cookies(f"{slug}.example").get(COOKIE)


def spoken(browser: Browser, path: str = "/cart/") -> str:
    answer = browser.click(path)
    assert answer.status_code == 200
    assert f'<html lang="{answer["Content-Language"]}"' in answer.content.decode()
    return str(answer["Content-Language"])


@pytest.mark.parametrize(
    ("path", "language", "bare"),
    [
        ("/", None, "/"),
        ("/zh-hans/", "zh-hans", "/"),
        ("/en/product/x/?a=/en/", "en", "/product/x/?a=/en/"),
        ("/zh-hans", "zh-hans", ""),
        ("/zh-hansel/", None, "/zh-hansel/"),
        ("/zh/", None, "/zh/"),
        ("/ZH-HANS/", None, "/ZH-HANS/"),
        ("/product/en/", None, "/product/en/"),
    ],
)
def test_an_address_names_a_language_or_none(path: str, language: str | None, bare: str) -> None:
    assert language_in(path) == language
    assert without_language(path) == bare


def test_the_storefronts_own_language_needs_no_name() -> None:
    english, chinese = Storefront(language="en"), Storefront(language="zh-hans")

    assert with_language("/product/x/", "en", english) == "/product/x/"
    assert with_language("/product/x/", "zh-hans", english) == "/zh-hans/product/x/"
    assert with_language("/product/x/", "en", chinese) == "/en/product/x/"


@pytest.mark.parametrize(
    ("page", "there"),
    [
        ("/", "/zh-hans/"),
        ("/product/linen/?variant=3", "/zh-hans/product/linen/?variant=3"),
        ("/en/search/?q=a", "/zh-hans/search/?q=a"),
        ("/zh-hans/", "/zh-hans/"),
        ("/cart/", "/cart/"),
        ("/nothing/here/", "/nothing/here/"),
        ("//evil.example/", "/zh-hans/"),
        ("https://evil.example/", "/zh-hans/"),
        ("/\\\\evil.example/", "/zh-hans/"),
        ("javascript:alert(1)", "/zh-hans/"),
        ("", "/zh-hans/"),
    ],
)
def test_a_choice_leads_back_to_the_page_in_that_language(page: str, there: str) -> None:
    answer = choose(visitor(), "zh-hans", page)

    assert (answer.status_code, answer["Location"]) == (303, there)
    assert answer.cookies[COOKIE].value == "zh-hans"
    assert "no-store" in answer["Cache-Control"]


def test_the_choice_is_kept_for_pages_whose_address_names_no_language() -> None:
    browser = visitor()
    assert spoken(browser) == "en"

    choose(browser, "zh-cn")

    assert spoken(browser) == "zh-hans"
    assert spoken(browser, "/") == "zh-hans"
    choose(browser, "en")
    assert spoken(browser) == "en"


@pytest.mark.parametrize("language", ["", "fr", "xx-yy", "en\x00", "a" * 5000])
def test_a_language_that_we_do_not_speak_changes_nothing(language: str) -> None:
    browser = visitor()

    answer = choose(browser, language)

    assert answer.status_code == 400
    assert cookie(browser) is None
    assert spoken(browser) == "en"


def test_the_choice_takes_a_post_and_no_token() -> None:
    client = Client(headers={"host": "apparel.example"}, enforce_csrf_checks=True)

    assert client.get("/language/").status_code == 405
    assert client.post("/language/", {"language": "zh-hans"}).status_code == 303
    assert Session.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_the_choice_follows_the_shopper_to_the_other_domains() -> None:
    # given a shopper who has been on two sites, and has chosen on each
    browser = visitor("apparel")
    choose(browser, "en")
    browser.open("http://home.example/")

    # when the later choice is another
    choose(browser, "zh-hans")

    # then it goes before the cookie that the first site keeps, and holds on a third
    assert cookie(browser, "apparel") == "en"
    for slug in ("apparel", "jewelry", "galleria", "home"):
        browser.open(f"http://{slug}.example/cart/")
        assert spoken(browser) == "zh-hans"


@pytest.mark.django_db(transaction=True)
def test_a_first_choice_on_the_main_site_is_known_everywhere() -> None:
    browser = visitor()
    assert Session.objects.count() == 0

    browser.submit("/language/", {"language": "zh-hans", "next": "/"})

    assert browser.url == "http://galleria.example/zh-hans/"
    browser.open("http://jewelry.example/cart/")
    assert spoken(browser) == "zh-hans"


@pytest.mark.django_db(transaction=True)
def test_a_session_that_comes_later_hears_of_the_choice() -> None:
    # given a shopper who has come to a Chinese page, with nothing in any session
    browser = visitor("apparel")
    spoken(browser, "/zh-hans/product/linen/")
    assert Session.objects.count() == 0

    # when the session gets something to keep, and the shopper goes on
    request = RequestFactory().get("/", headers={"host": "apparel.example"})
    request.COOKIES = browser.cookies("apparel.example")
    store = SessionStore(tokens=[each.token for each in presented_tokens(request, time.time())])
    store["cart"] = 1
    store.save()
    spoken(browser, "/cart/")

    # then another site speaks Chinese, too
    browser.open("http://home.example/cart/")
    assert spoken(browser) == "zh-hans"


def test_the_cookie_keeps_the_choice_when_the_session_ends() -> None:
    browser = visitor()
    choose(browser, "zh-hans")
    Session.objects.all().update(state=Session.State.RETIRED)
    cache.clear()

    assert spoken(browser) == "zh-hans"


def test_a_browser_without_cookies_keeps_the_language_in_the_address() -> None:
    browser = Browser(refuses={"*"})
    browser.open("http://apparel.example/")

    answer = browser.submit("/language/", {"language": "zh-hans", "next": "/product/linen/"})

    assert answer.status_code == 200
    assert browser.url.startswith("http://apparel.example/zh-hans/product/linen/")
    assert 'href="/zh-hans/"' in answer.content.decode()


def test_an_address_in_a_language_speaks_it_whatever_was_chosen() -> None:
    browser = visitor()
    choose(browser, "zh-hans")

    assert spoken(browser, "/en/product/linen/") == "en"


def test_who_opens_an_address_in_a_language_has_chosen_it() -> None:
    browser = visitor()

    assert spoken(browser, "/zh-hans/product/linen/") == "zh-hans"

    assert spoken(browser, "/cart/") == "zh-hans"
    assert cookie(browser) == "zh-hans"
    assert Session.objects.filter(data__gt="").count() == 0  # and no row was made for that


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": GOOGLEBOT},
        {"Sec-Purpose": "prefetch;prerender"},
        {"HX-Request": "true"},
    ],
)
def test_no_crawler_prefetch_or_script_chooses(headers: dict[str, str]) -> None:
    browser = visitor()

    answer = browser.fetch("GET", "/zh-hans/product/linen/", None, **headers)

    assert answer.status_code == 200
    assert answer["Content-Language"] == "zh-hans"
    assert COOKIE not in answer.cookies


def test_a_missing_page_chooses_nothing() -> None:
    answer = visitor().click("/zh-hans/product/nothing/")

    assert answer.status_code == 404
    assert '<html lang="zh-hans"' in answer.content.decode()
    assert COOKIE not in answer.cookies


def test_a_crawler_gets_whole_pages_without_a_cookie_and_never_a_redirect() -> None:
    bot = Client(headers={"host": "apparel.example", "user-agent": GOOGLEBOT})

    for path in ("/zh-hans/", "/zh-hans/product/linen/", "/en/product/linen/"):
        answer = bot.get(path)
        assert answer.status_code == 200
        assert "/product/linen/" in answer.content.decode()
        assert COOKIE not in answer.cookies


def test_pages_vary_by_cookie_and_are_private_where_a_session_speaks() -> None:
    browser = visitor()
    choose(browser, "zh-hans")

    answer = browser.click("/")

    assert {"Cookie", "Host"} <= {each.strip() for each in answer["Vary"].split(",")}
    assert "private" in answer["Cache-Control"]


def test_what_anyone_may_keep_is_told_apart_by_its_address() -> None:
    """Suggestions are public: a page in a language asks for them at that language's address."""
    client = Client(headers={"host": "apparel.example"})

    english = client.get("/search/suggest/?q=linen")
    chinese = client.get("/zh-hans/search/suggest/?q=linen")

    assert "public" in chinese["Cache-Control"]
    assert (chinese["Vary"], english["Vary"]) == ("Host", "Cookie, Host")
    assert (english["Content-Language"], chinese["Content-Language"]) == ("en", "zh-hans")
    assert 'href="/product/linen/"' in english.content.decode()
    assert 'href="/zh-hans/product/linen/"' in chinese.content.decode()
    assert not chinese.cookies


def test_the_form_comes_back_to_the_page_without_the_sessions_own_parameters() -> None:
    page = visitor().click("/product/linen/?variant=1&_nocookies=1").content.decode()

    assert '<input type="hidden" name="next" value="/product/linen/?variant=1">' in page
    assert 'name="language" value="zh-hans"' in page
    assert 'name="language" value="en"' not in page


def test_a_page_that_answers_a_form_names_the_page_with_the_form() -> None:
    request = RequestFactory().post("/cart/lines/")
    assert this_page(request) == "/"

    headers = {"referer": "http://testserver/product/linen/?a=1", "host": "testserver"}
    request = RequestFactory().post("/cart/lines/", headers=headers)
    request.sessionsync = Visit(request, Site("main", "testserver"))  # type: ignore[attr-defined]
    assert this_page(request) == "/product/linen/?a=1"


def test_the_plain_addresses_stay_as_they_are() -> None:
    assert reverse("catalogue:product", args=["linen"]) == "/product/linen/"
    assert same_page("/product/linen/", "en", Storefront(language="en")) == "/product/linen/"


def test_pictures_are_the_same_for_every_cookie() -> None:
    answer = Client(headers={"host": "apparel.example"}).get("/pictures/share/zh-hans.png")

    assert answer.status_code == 200
    assert answer["Vary"] == "Host"
    assert "Content-Language" not in answer
