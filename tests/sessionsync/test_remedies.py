"""What the exploration of the protocol found, and how it ends now (docs/sessionsync/proof.md)."""

import re
import time
from itertools import permutations
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from django.contrib.auth import SESSION_KEY
from django.http import HttpResponse
from django_redis import get_redis_connection
from pytest_django import Settings

from sessionsync import links
from sessionsync.cookies import sealer
from sessionsync.engine import SessionStore
from sessionsync.fingerprints import fingerprint
from sessionsync.models import CarriedOut, Session
from sessionsync.testing import Browser
from sessionsync.tokens import NANOSECONDS, Token

from .conftest import MAIN, ONE, TWO
from .test_journeys import see, tokens, write
from .test_races import NAVIGATION, at_once, store, token

pytestmark = pytest.mark.django_db(transaction=True)


class Forgetful(Browser):
    """Keeps every cookie but the tokens of one site."""

    def request(self, method: str, url: str, data: Any, headers: dict[str, str]) -> Any:
        response = super().request(method, url, data, headers)
        for name in tokens(self, ONE):
            del self.jar(ONE).cookies[name]
        return response


def test_a_browser_that_refuses_tokens_only_is_not_moved_for_ever() -> None:
    browser = Forgetful()
    page = see(browser, ONE)
    assert len(browser.hops) == 4
    assert page["cookies_off"] is True
    assert browser.url == f"https://{ONE}/page/"
    assert len(tokens(browser, MAIN)) == 1


def test_after_a_logout_a_handshake_is_welcome_at_once() -> None:
    browser = Browser()
    see(browser, ONE)
    assert browser.open(f"https://{ONE}/logout/").json()["session"]


def kept_post(browser: Browser) -> str:
    """Send a POST that is kept, go by way of main, and stop at the address of consume."""
    headers = {**NAVIGATION, "Origin": f"https://{ONE}", "Referer": f"https://{ONE}/page/"}
    leaving = browser.request("POST", f"https://{ONE}/note/", {"text": "ring"}, headers)
    coming: HttpResponse = browser.request("GET", leaving["Location"], None, NAVIGATION)
    return coming["Location"]


def test_a_kept_post_is_carried_out_also_where_another_tab_was_faster() -> None:
    browser = Browser()
    consume = kept_post(browser)
    see(browser, ONE)
    get_redis_connection("default").delete(*get_redis_connection("default").keys("*code:*"))
    page = browser.open(consume)
    assert page.json()["notes"] == ["ring"]
    assert CarriedOut.objects.count() == 1


def test_a_kept_post_that_redis_forgot_is_not_passed_over_in_silence() -> None:
    browser = Browser(url=f"https://{ONE}/page/")
    headers = {**NAVIGATION, "Origin": f"https://{ONE}", "Referer": f"https://{ONE}/page/"}
    leaving = browser.request("POST", f"https://{ONE}/note/", {"text": "ring"}, headers)
    get_redis_connection("default").flushall()
    page = browser.open(leaving["Location"])
    assert page.status_code == 400
    assert "was not kept long enough" in page.content.decode()
    assert see(browser, ONE)["notes"] == []


def test_going_back_after_a_kept_post_was_carried_out_does_not_say_it_was_lost() -> None:
    browser = Browser()
    consume = kept_post(browser)
    browser.open(consume)
    browser.open(consume)
    assert browser.url == f"https://{ONE}/"
    assert see(browser, ONE)["notes"] == ["ring"]


def test_two_renewals_at_once_vouch_for_one_session(settings: Settings) -> None:
    settings.SESSIONSYNC = {**settings.SESSIONSYNC, "MAX_AGE": 100}
    old = Token(int((time.time() - 60) * NANOSECONDS), "x" * 22)
    session = store(old)
    session["notes"] = ["hat"]
    session.save()
    browsers = []
    for _ in range(4):
        browser = Browser()
        browser.jar(MAIN).cookies[f"__Host-session_token.{old.ts}"] = _sealed(old)
        browsers.append(browser)
    pages = at_once(*[lambda tab=tab: see(tab, ONE) for tab in browsers])
    assert {page["session"] for page in pages} != {old.key}
    assert [page["notes"] for page in pages] == [["hat"]] * 4
    assert len({see(tab, MAIN)["session"] for tab in browsers}) == 1


def _sealed(old: Token) -> str:
    return sealer().seal(old)


def test_a_logout_ends_a_replacement_that_is_still_on_its_way() -> None:
    for number, each in enumerate((token(1000), token(2000))):
        session = store(each)
        session[SESSION_KEY] = "7"
        session["number"] = number
        session.save()
    checkout = SessionStore(tokens=[token(1000)])
    checkout.cycle_key()
    assert checkout.minted
    links.settle([token(1000), token(2000)])
    store(token(2000)).flush()
    assert links.settle([checkout.minted]) is None
    assert not Session.objects.filter(state="open").exists()


def test_what_was_kept_is_offered_when_main_never_answered() -> None:
    browser = Browser(url=f"https://{ONE}/page/")
    headers = {**NAVIGATION, "Origin": f"https://{ONE}"}
    leaving = browser.request("POST", f"https://{ONE}/note/", {"text": "ring"}, headers)
    flow = parse_qs(urlsplit(leaving["Location"]).query)["flow"][0]
    _make_older(browser, flow)
    page = browser.open(f"https://{ONE}/offer/").content.decode()
    assert page.startswith("/sessionsync/resume/?flow=")


def _make_older(browser: Browser, flow: str) -> None:
    name = f"__Host-client_key.{flow}"
    older = f"{int(flow[:11], 16) - 6000:011x}{flow[11:]}"
    value = browser.cookies(ONE)[name]
    del browser.jar(ONE).cookies[name]
    browser.jar(ONE).cookies[f"__Host-client_key.{older}"] = value


def test_keys_of_handshakes_that_never_came_back_do_not_outlive_standing_alone() -> None:
    browser = Browser()
    leaving = browser.request("GET", f"https://{ONE}/page/", None, NAVIGATION)
    _make_older(browser, parse_qs(urlsplit(leaving["Location"]).query)["flow"][0])
    see(browser, ONE)
    write(browser, ONE, "hat")
    assert not [name for name in browser.cookies(ONE) if "client_key" in name]
    other = see(browser, TWO)["session"]
    healed = browser.open(f"https://{ONE}/page/?_st={fingerprint(other)}").json()
    assert healed["session"] == see(browser, TWO)["session"]
    assert healed["notes"] == ["hat"]


def test_mains_cookie_vanishes_and_the_cart_is_there_on_the_next_page_of_main() -> None:
    browser = Browser()
    see(browser, ONE)
    write(browser, ONE, "hat")
    mine = see(browser, ONE)["session"]
    browser.forget(MAIN)
    page = browser.open(f"https://{MAIN}/page/?a=1&_st={fingerprint(mine)}.one")
    assert page.json()["notes"] == ["hat"]
    assert browser.url == f"https://{MAIN}/page/?a=1"
    assert len(browser.hops) == 6
    assert see(browser, TWO) == see(browser, ONE) == see(browser, MAIN)


def test_main_that_knows_another_session_asks_the_linking_site_too() -> None:
    browser = Browser()
    see(browser, ONE)
    write(browser, ONE, "hat")
    mine = see(browser, ONE)["session"]
    browser.forget(MAIN)
    see(browser, TWO)
    page = browser.open(f"https://{MAIN}/page/?_st={fingerprint(mine)}.one").json()
    assert page["notes"] == ["hat"]


@pytest.mark.parametrize(
    "said", ["aaaaaaaaaa.one", "aaaaaaaaaa.nowhere", "aaaaaaaaaa", ".one", "."]
)
def test_a_strangers_link_to_main_ends_there_and_changes_nothing(said: str) -> None:
    browser = Browser()
    page = browser.open(f"https://{MAIN}/page/?_st={said}")
    assert page.status_code == 200
    assert len(browser.hops) <= 3
    assert browser.url.startswith(f"https://{MAIN}/page/")
    browser.open(f"https://{MAIN}/page/?_st={said}")
    assert len(browser.hops) == 1 or said in {"aaaaaaaaaa.nowhere", "aaaaaaaaaa"}


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example/", "/sessionsync/adopt/", ""]
)
def test_healing_goes_on_to_main_only(path: str) -> None:
    browser = Browser()
    see(browser, ONE)
    answer = browser.request(
        "GET", f"https://{ONE}/sessionsync/heal/?next={path}", None, NAVIGATION
    )
    assert answer.status_code == 404
    answer = browser.request("GET", f"https://{ONE}/page/?_onward={path}", None, NAVIGATION)
    assert "evil" not in answer.headers.get("Location", "")


@pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
def test_a_guests_goods_go_to_the_sign_in_that_stays(
    order: tuple[int, int, int], settings: Settings
) -> None:
    moved: list[tuple[str, str]] = []
    settings.SESSIONSYNC = {
        **settings.SESSIONSYNC,
        "MERGE_HANDLERS": [lambda loser, winner: moved.append((loser, winner))],
    }
    guest, early, late = (token(1000 * place) for place in order)
    for each, principal in ((early, "7"), (late, "8")):
        session = store(each)
        session[SESSION_KEY] = principal
        session.save()
    found = links.settle([guest, early, late])
    assert found
    assert found.key == late.key
    assert moved == [(guest.key, late.key)]


def sign_in_unheard(browser: Browser, user: int) -> None:
    """Fill a cart and sign in on site one; the message by which main would hear of it gets lost."""
    see(browser, ONE)
    write(browser, ONE, "hat")
    see(browser, TWO)
    browser.request("GET", f"https://{ONE}/login/?user={user}", None, NAVIGATION)
    hop = browser.request("GET", f"https://{ONE}/page/", None, NAVIGATION)
    for _ in range(2):
        hop = browser.request("GET", hop["Location"], None, NAVIGATION)
    assert hop["Location"].startswith(f"https://{MAIN}/sessionsync/adopt/")


@pytest.fixture
def ada(django_user_model: Any) -> Any:
    return django_user_model.objects.create_user(email="ada@example.com", password="x")


@pytest.mark.parametrize(("domain", "requests"), [(MAIN, 7), (TWO, 10)])
def test_any_site_finds_the_sign_in_that_main_never_heard_of(
    domain: str, requests: int, ada: Any
) -> None:
    browser = Browser()
    sign_in_unheard(browser, ada.pk)

    page = browser.open(f"https://{domain}/page/?a=1")

    assert (page.json()["user"], page.json()["notes"]) == (ada.pk, ["hat"])
    assert browser.url == f"https://{domain}/page/?a=1"
    assert len(browser.hops) == requests
    for site in (ONE, MAIN, TWO):
        assert see(browser, site)["session"] == page.json()["session"]
        assert see(browser, site)["user"] == ada.pk
        assert len(browser.hops) == 1


def test_a_post_on_main_reaches_the_session_that_main_never_heard_of(ada: Any) -> None:
    browser = Browser(url=f"https://{MAIN}/page/")
    sign_in_unheard(browser, ada.pk)

    page = browser.submit(f"https://{MAIN}/note/", {"text": "ring"})

    # Somebody is signed in whom the sender of the form may not have known of: they are asked.
    found = re.findall(r'name="(csrfmiddlewaretoken)" value="([^"]+)"', page.content.decode())
    browser.submit(browser.url, dict(found))
    for site in (MAIN, TWO, ONE):
        assert (see(browser, site)["user"], see(browser, site)["notes"]) == (
            ada.pk,
            ["hat", "ring"],
        )


def test_a_replacement_first_presented_by_a_script_is_found_from_everywhere(ada: Any) -> None:
    browser = Browser()
    see(browser, ONE)
    write(browser, ONE, "hat")
    see(browser, TWO)
    browser.fetch("GET", f"https://{ONE}/login/?user={ada.pk}")
    assert browser.fetch("GET", f"https://{ONE}/page/").json()["user"] == ada.pk

    for site in (TWO, MAIN, ONE):
        page = see(browser, site)
        assert (page["user"], page["notes"]) == (ada.pk, ["hat"])


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let time pass for the middleware."""
    now = time.time() + seconds
    monkeypatch.setattr(time, "time", lambda: now)


def test_a_sign_in_whose_cookies_vanished_is_asked_for_three_times(
    ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser()
    sign_in_unheard(browser, ada.pk)
    browser.forget(ONE)

    requests = []
    for minute in range(5):
        later(monkeypatch, 60 * minute)
        page = see(browser, MAIN)
        requests.append(len(browser.hops))
        assert (page["user"], page["notes"]) == (None, [])

    assert requests == [3, 3, 3, 1, 1]
    assert tokens(browser, MAIN) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"HX-Request": "true"},
        {"Sec-Purpose": "prefetch;prerender", "Sec-Fetch-Mode": "navigate"},
        {"Accept": "application/json"},
    ],
    ids=["htmx", "prerender", "fetch"],
)
def test_what_is_answered_in_place_on_main_does_not_forget_where_to_ask(
    headers: dict[str, str], ada: Any
) -> None:
    browser = Browser(url=f"https://{MAIN}/page/")
    sign_in_unheard(browser, ada.pk)

    assert browser.fetch("GET", f"https://{MAIN}/page/", None, **headers).json()["user"] is None

    assert (see(browser, MAIN)["user"], see(browser, MAIN)["notes"]) == (ada.pk, ["hat"])


def test_what_a_script_puts_in_on_main_comes_to_the_session_that_is_found(ada: Any) -> None:
    browser = Browser(url=f"https://{MAIN}/page/")
    sign_in_unheard(browser, ada.pk)

    headers = {"HX-Request": "true", "Origin": f"https://{MAIN}"}
    browser.fetch("POST", f"https://{MAIN}/exempt-note/", {"text": "ring"}, **headers)
    assert browser.fetch("GET", f"https://{MAIN}/page/").json()["notes"] == ["ring"]

    page = see(browser, MAIN)
    assert page["user"] == ada.pk
    assert see(browser, TWO)["session"] == see(browser, ONE)["session"] == page["session"]


@pytest.mark.parametrize("lost", [2, 3, 4, 5, 6])
def test_a_question_that_gets_lost_on_its_way_is_asked_again(
    lost: int, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser(url=f"https://{MAIN}/page/")
    sign_in_unheard(browser, ada.pk)
    url = f"https://{MAIN}/page/"
    for _ in range(lost - 1):
        url = urljoin(url, browser.request("GET", url, None, NAVIGATION)["Location"])

    later(monkeypatch, 6)

    page = see(browser, MAIN)
    assert (page["user"], page["notes"]) == (ada.pk, ["hat"])
    assert see(browser, TWO)["user"] == see(browser, MAIN)["user"] == ada.pk


def test_a_post_on_main_whose_question_gets_lost_is_in_the_shared_session_later(
    ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser(url=f"https://{MAIN}/page/")
    sign_in_unheard(browser, ada.pk)
    headers = {**NAVIGATION, "Origin": f"https://{MAIN}", "Referer": f"https://{MAIN}/page/"}
    asked = browser.request("POST", f"https://{MAIN}/note/", {"text": "ring"}, headers)
    assert asked["Location"].startswith(f"https://{ONE}/sessionsync/heal/")

    later(monkeypatch, 6)

    page = see(browser, MAIN)
    assert (page["user"], page["notes"]) == (ada.pk, ["hat"])


def test_somebody_else_opens_the_code_first_and_the_next_question_finds_the_session(
    ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, other = Browser(), Browser()
    sign_in_unheard(browser, ada.pk)
    url = f"https://{MAIN}/page/"
    while "consume" not in url:
        url = urljoin(url, browser.request("GET", url, None, NAVIGATION)["Location"])
    other.request("GET", url, None, NAVIGATION)
    browser.open(url)

    later(monkeypatch, 6)

    assert see(browser, MAIN)["user"] == ada.pk
    assert see(other, MAIN)["user"] is None


def test_a_sites_own_retired_token_says_where_to_ask_when_mains_cookies_vanished_too(
    ada: Any,
) -> None:
    browser = Browser()
    sign_in_unheard(browser, ada.pk)
    browser.forget(MAIN)

    page = see(browser, TWO)

    assert (page["user"], page["notes"]) == (ada.pk, ["hat"])
    assert see(browser, MAIN)["user"] == ada.pk


def test_who_holds_a_token_from_before_a_sign_in_learns_nothing_by_it(ada: Any) -> None:
    browser, thief = Browser(), Browser()
    see(browser, ONE)
    write(browser, ONE, "hat")
    thief.jar(MAIN).cookies.update(browser.jar(MAIN).cookies)
    sign_in_unheard(browser, ada.pk)

    for site in (MAIN, TWO, ONE, MAIN):
        page = see(thief, site)
        assert (page["user"], page["notes"]) == (None, [])
    assert see(browser, MAIN)["user"] == ada.pk


def test_a_sign_out_is_found_from_everywhere_too(ada: Any) -> None:
    browser = Browser()
    sign_in_unheard(browser, ada.pk)
    browser.open(f"https://{ONE}/logout/")

    assert [see(browser, site)["user"] for site in (MAIN, TWO, ONE)] == [None] * 3
