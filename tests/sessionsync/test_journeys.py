"""Journeys of one browser across the network: the rules and lessons of the protocol, on real
PostgreSQL and Valkey, through the real middleware.
"""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django_redis import get_redis_connection

from sessionsync.models import CarriedOut, Session
from sessionsync.testing import SAFARI, Browser

from .conftest import MAIN, ONE, THREE, TWO

pytestmark = pytest.mark.django_db


def see(browser: Browser, domain: str) -> dict[str, Any]:
    page: dict[str, Any] = browser.open(f"https://{domain}/page/").json()
    return page


def tokens(browser: Browser, domain: str) -> list[str]:
    return [name for name in browser.cookies(domain) if "session_token." in name]


def test_a_first_visit_takes_four_requests_and_ends_at_the_clean_address() -> None:
    browser = Browser()
    page = browser.open(f"https://{ONE}/page/?colour=red")
    assert [hop.status for hop in browser.hops] == [307, 307, 303, 200]
    assert browser.url == f"https://{ONE}/page/?colour=red"
    assert page.json()["session"]
    assert [name for name in browser.cookies(ONE) if "client_key" in name] == []
    assert len(tokens(browser, ONE)) == len(tokens(browser, MAIN)) == 1
    assert tokens(browser, ONE)[0].startswith("__Host-session_token.")


def test_all_sites_name_one_session() -> None:
    browser = Browser()
    sessions = {see(browser, domain)["session"] for domain in (ONE, TWO, THREE, MAIN)}
    assert len(sessions) == 1
    assert None not in sessions


def test_a_second_visit_costs_one_request() -> None:
    browser = Browser()
    see(browser, ONE)
    see(browser, ONE)
    assert [hop.status for hop in browser.hops] == [200]


def test_no_row_and_no_copy_for_a_token_that_was_never_used() -> None:
    see(Browser(), ONE)
    assert Session.objects.count() == 0
    assert get_redis_connection("default").keys("sessionsync:session:*") == []


def test_safari_is_moved_by_pages() -> None:
    browser = Browser(user_agent=SAFARI)
    page = browser.open(f"https://{ONE}/page/")
    assert [hop.status for hop in browser.hops] == [200, 200, 303, 200]
    assert page.json()["session"]


def test_the_waiting_page_has_a_link_and_stays_out_of_caches() -> None:
    browser = Browser(user_agent=SAFARI)
    headers = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    page = browser.request("GET", f"https://{ONE}/page/", None, headers)
    html = page.content.decode()
    assert f'href="https://{MAIN}/sessionsync/generate_auth_code/?site=one' in html
    assert page["Cache-Control"] == "no-store"
    assert page["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]


def write(browser: Browser, domain: str, text: str) -> None:
    """Send the form as a person does who has the page before them."""
    csrf = browser.open(f"https://{domain}/form/").content.decode()
    page = browser.submit("/note/", {"text": text, "csrfmiddlewaretoken": csrf})
    assert text in page.json()["notes"]


def make_handshake_due(browser: Browser, domain: str) -> None:
    """Let the site's own cookie say that its last handshake is long ago."""
    (name,) = tokens(browser, domain)
    token_id, mac, *_ = browser.cookies(domain)[name].split(".")
    browser.jar(domain).cookies[name] = f"{token_id}.{mac}.1.0"


# Cookies off.


def test_cookies_off_everywhere_ends_in_a_page_that_says_so() -> None:
    browser = Browser(refuses={"*"})
    page = browser.open(f"https://{ONE}/page/?a=1")
    assert len(browser.hops) <= 6
    assert browser.url == f"https://{ONE}/page/?a=1&_nocookies=1"
    assert page.json() == {
        "session": None,
        "notes": [],
        "user": None,
        "cookies_off": True,
        "cookie_notice": True,
        "not_carried_out": False,
    }
    assert page["X-Robots-Tag"] == "noindex"


def test_cookies_off_and_every_further_click_costs_one_request() -> None:
    browser = Browser(refuses={"*"})
    browser.open(f"https://{ONE}/page/")
    for _ in range(3):
        assert browser.click("/page/").json()["cookies_off"] is True
        assert len(browser.hops) == 1


def test_a_shared_link_that_says_so_is_not_believed_by_a_browser_that_keeps_cookies() -> None:
    # given a browser that keeps cookies, and a link somebody without cookies has passed on
    browser = Browser()
    link = f"https://{ONE}/page/?_nocookies=1"

    # when it is opened, nothing is known of the browser yet: it is told, once
    assert browser.open(link).json()["cookie_notice"] is True
    # and from then on it has shown that it keeps cookies
    again = browser.open(link)
    assert again.json()["cookie_notice"] is False
    assert again["X-Robots-Tag"] == "noindex"
    assert len(browser.hops) == 1

    # then the next click finds the session, and the link does no harm any more
    session = browser.click("/page/").json()["session"]
    assert session
    there = browser.open(link).json()
    assert (there["session"], there["cookies_off"], there["cookie_notice"]) == (
        session, False, False,
    )  # fmt: skip


def test_a_form_that_was_not_carried_out_is_told_of_whatever_the_browser_keeps() -> None:
    browser = Browser()
    link = f"https://{ONE}/page/?_nocookies=1&_notrun=1"
    browser.open(link)

    page = browser.open(link).json()

    assert (page["cookie_notice"], page["not_carried_out"]) == (True, True)


def test_cookies_off_on_main_only_still_gives_the_sub_site_a_session() -> None:
    browser = Browser(refuses={MAIN})
    first = see(browser, ONE)["session"]
    assert first
    assert see(browser, ONE)["session"] == first


def test_cookies_off_on_one_sub_site_leaves_the_others_alone() -> None:
    browser = Browser(refuses={ONE})
    assert see(browser, ONE)["session"] is None
    assert len(browser.hops) <= 6
    assert see(browser, TWO)["session"] == see(browser, MAIN)["session"] is not None


# Cookies that vanish.


def test_mains_cookie_vanishes_and_nothing_is_lost() -> None:
    browser = Browser()
    see(browser, ONE)
    write(browser, ONE, "hat")
    kept = see(browser, ONE)["session"]
    browser.forget(MAIN)
    other = see(browser, TWO)["session"]
    assert other != kept
    make_handshake_due(browser, ONE)
    assert see(browser, ONE) == see(browser, TWO)
    assert see(browser, TWO)["session"] == other
    assert see(browser, TWO)["notes"] == ["hat"]


def test_a_sub_sites_cookie_vanishes_and_the_next_visit_brings_it_back() -> None:
    browser = Browser()
    first = see(browser, ONE)["session"]
    browser.forget(ONE)
    assert see(browser, ONE)["session"] == first


def test_redis_is_emptied_and_the_same_session_is_found() -> None:
    browser = Browser()
    see(browser, ONE)
    write(browser, ONE, "hat")
    before = see(browser, ONE)
    get_redis_connection("default").flushall()
    assert see(browser, ONE) == before
    assert see(browser, TWO)["notes"] == before["notes"] == ["hat"]


# A first POST.


def test_a_first_post_is_carried_out_once_with_the_shared_session() -> None:
    browser = Browser()
    shared = see(browser, TWO)["session"]
    browser.url = f"https://{ONE}/page/"
    page = browser.submit("/note/", {"text": "ring"})
    assert page.json()["notes"] == ["ring"]
    assert page.json()["session"] == shared
    assert browser.url == f"https://{ONE}/page/"
    assert len(browser.hops) <= 7
    assert CarriedOut.objects.count() == 1


def test_a_first_post_on_main_is_carried_out_once() -> None:
    browser = Browser(url=f"https://{MAIN}/page/")
    page = browser.submit("/note/", {"text": "ring"})
    assert page.json()["notes"] == ["ring"]
    assert [hop.status for hop in browser.hops] == [303, 302, 200]


def test_resuming_again_does_nothing_again() -> None:
    browser = Browser(url=f"https://{ONE}/page/")
    browser.submit("/note/", {"text": "ring"})
    resume = next(hop.url for hop in browser.hops if "/resume/" in hop.url)
    browser.open(resume)
    assert see(browser, ONE)["notes"] == ["ring"]
    assert CarriedOut.objects.count() == 1


def test_a_first_post_without_cookies_is_not_carried_out_and_says_so() -> None:
    browser = Browser(refuses={"*"}, url=f"https://{ONE}/page/")
    page = browser.submit("/note/", {"text": "ring"})
    assert page.json()["cookies_off"] is True
    assert page.json()["not_carried_out"] is True
    assert len(browser.hops) <= 7
    assert Session.objects.count() == CarriedOut.objects.count() == 0


def test_a_first_post_on_main_without_cookies_says_so_too() -> None:
    browser = Browser(refuses={"*"}, url=f"https://{MAIN}/page/")
    page = browser.submit("/note/", {"text": "ring"})
    assert page.json()["not_carried_out"] is True


def test_a_post_from_a_foreign_page_is_confirmed_first() -> None:
    browser = Browser(url="https://evil.example/")
    browser.hops.clear()
    page = browser._navigate("POST", f"https://{ONE}/note/", {"text": "junk"}, "cross-site")
    html = page.content.decode()
    assert "Did you send this?" in html
    assert "junk" in html
    assert see(browser, ONE)["notes"] == []


def test_a_confirmed_post_is_carried_out() -> None:
    browser = Browser(url="https://evil.example/")
    page = browser._navigate("POST", f"https://{ONE}/note/", {"text": "mine"}, "cross-site")
    csrf = page.content.decode().partition('csrfmiddlewaretoken" value="')[2][:64]
    page = browser.submit(browser.url, {"csrfmiddlewaretoken": csrf})
    assert page.json()["notes"] == ["mine"]


def test_confirming_needs_the_csrf_token() -> None:
    browser = Browser(url="https://evil.example/")
    browser._navigate("POST", f"https://{ONE}/note/", {"text": "junk"}, "cross-site")
    assert browser.submit(browser.url, {}).status_code == 403
    assert see(browser, ONE)["notes"] == []


def test_a_view_that_fails_leaves_the_request_to_be_tried_again() -> None:
    browser = Browser(url=f"https://{ONE}/page/")
    browser.jar(ONE).raise_request_exception = False
    page = browser.submit("/note/", {"text": "fail"})
    assert page.status_code == 500
    assert CarriedOut.objects.count() == 0
    assert get_redis_connection("default").keys("sessionsync:pending:*") != []


def test_passwords_are_never_kept() -> None:
    browser = Browser(url=f"https://{ONE}/page/")
    page = browser.submit("/note/", {"text": "x", "password": "hunter2"})
    assert page.status_code == 403  # Django's own check: no CSRF cookie
    assert get_redis_connection("default").keys("sessionsync:pending:*") == []


def test_a_script_gets_a_session_of_the_site_alone_which_is_linked_later() -> None:
    browser = Browser(url=f"https://{ONE}/page/")
    shared = see(browser, TWO)["session"]
    browser.url = f"https://{ONE}/page/"
    response = browser.fetch("POST", "/exempt-note/", {"text": "quick"})
    assert response.status_code == 302
    page = see(browser, ONE)
    assert page["notes"] == ["quick"]
    assert page["session"] != shared  # it was minted later, so it is the greater
    assert see(browser, TWO) == page | {"session": page["session"]}


# What is never moved.


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
        {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
        {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Purpose": "prefetch"},
        {"HX-Request": "true"},
        {"Accept": "image/avif,image/webp"},
    ],
)
def test_what_is_no_navigation_is_answered_in_place(headers: dict[str, str]) -> None:
    browser = Browser()
    page = browser.request("GET", f"https://{ONE}/page/", None, headers)
    assert page.status_code == 200
    assert page.json()["session"] is None
    assert browser.cookies(ONE) == {}


def test_head_is_answered_in_place() -> None:
    response = Browser().jar(ONE).head("/page/", HTTP_HOST=ONE, secure=True)
    assert response.status_code == 200


# Signing in.


def test_login_on_main_reaches_every_site_and_keeps_the_session(django_user_model: Any) -> None:
    user = django_user_model.objects.create_user(email="ada@example.com", password="x")
    browser = Browser()
    see(browser, ONE)
    write(browser, ONE, "hat")
    browser.open(f"https://{MAIN}/login/?user={user.pk}")
    assert see(browser, MAIN)["user"] == user.pk
    for domain in (ONE, TWO):
        page = see(browser, domain)
        assert page["user"] == user.pk
        assert page["notes"] == ["hat"]
    assert Session.objects.get(state="retired").principal == ""


def test_login_on_a_sub_site_reaches_main_by_adopt(django_user_model: Any) -> None:
    user = django_user_model.objects.create_user(email="ada@example.com", password="x")
    browser = Browser()
    anonymous = see(browser, ONE)["session"]
    see(browser, TWO)
    browser.open(f"https://{ONE}/login/?user={user.pk}")
    assert len(browser.hops) <= 8
    page = see(browser, MAIN)
    assert page["user"] == user.pk
    assert page["session"] != anonymous
    assert see(browser, TWO) == page


def test_logout_on_one_site_is_a_logout_on_all(django_user_model: Any) -> None:
    user = django_user_model.objects.create_user(email="ada@example.com", password="x")
    browser = Browser()
    see(browser, ONE)
    browser.open(f"https://{MAIN}/login/?user={user.pk}")
    assert see(browser, ONE)["user"] == see(browser, TWO)["user"] == user.pk
    browser.open(f"https://{TWO}/logout/")
    assert {see(browser, domain)["user"] for domain in (ONE, TWO, MAIN)} == {None}
    assert len({see(browser, domain)["session"] for domain in (ONE, TWO, MAIN)}) == 1


def test_a_lost_login_response_loses_nothing(django_user_model: Any) -> None:
    user = django_user_model.objects.create_user(email="ada@example.com", password="x")
    browser = Browser()
    before = see(browser, MAIN), see(browser, ONE)
    kept = dict(browser.jar(MAIN).cookies.items())
    browser.request("GET", f"https://{MAIN}/login/?user={user.pk}", None, {})
    browser.jar(MAIN).cookies.clear()
    browser.jar(MAIN).cookies.update(kept)
    assert see(browser, MAIN) == before[1]


def test_untouched_pages_look_nothing_up(django_assert_num_queries: Any) -> None:
    browser = Browser()
    see(browser, ONE)
    redis = get_redis_connection("default")
    before = redis.info("stats")["total_commands_processed"]
    with django_assert_num_queries(0):
        browser.open(f"https://{ONE}/untouched/")
    assert redis.info("stats")["total_commands_processed"] - before == 1  # the INFO itself
    assert get_user_model().objects.count() == 0
