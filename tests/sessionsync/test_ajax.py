"""The `ajax` transport: a page at once, a handshake behind it, a redirect where that fails."""

import html
import re
from typing import Any

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from pytest_django import Settings

from sessionsync.testing import Browser

from .conftest import MAIN, ONE, TWO
from .test_journeys import see, tokens, write

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _by_ajax(settings: Settings) -> None:
    settings.SESSIONSYNC = {**settings.SESSIONSYNC, "TRANSPORT": "ajax"}


def known_to_main() -> Browser:
    """A browser that has been at main by redirect, as every first one goes."""
    browser = Browser()
    see(browser, TWO)
    see(browser, TWO)
    assert see(browser, TWO)["session"]
    return browser


def run_script(browser: Browser, domain: str, *, third_party_cookies: bool) -> dict[str, Any]:
    """Do what ajax.js does on the page last shown; returns what the site's own address answered."""
    page = browser.open(f"https://{domain}/script/").content.decode()
    found = re.search(r'data-ask="([^"]*)" data-tell="([^"]*)"', page)
    assert found, "the page carries no script"
    ask, tell = (html.unescape(address) for address in found.groups())
    headers = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "cross-site"}
    asking = Browser()
    for name, value in browser.cookies(MAIN).items():
        if third_party_cookies and "session_cross." in name:  # the only SameSite=None one
            asking.jar(MAIN).cookies[name] = value
    answer = asking.request("GET", ask, None, {**headers, "Origin": f"https://{domain}"})
    assert answer["Access-Control-Allow-Origin"] == f"https://{domain}"
    assert answer["Access-Control-Allow-Credentials"] == "true"
    assert answer.cookies == {}
    code = answer.json()["code"] or ""
    same = {"Sec-Fetch-Site": "same-origin"}
    told = browser.fetch("GET", f"{tell}&code={code}", None, **same)
    result: dict[str, Any] = told.json()
    return result


def test_a_page_is_served_at_once_and_linked_by_its_script() -> None:
    browser = known_to_main()
    write(browser, TWO, "ring")
    shared = see(browser, TWO)
    assert run_script(browser, ONE, third_party_cookies=True) == {"linked": True}
    assert see(browser, ONE) == shared
    assert len(browser.hops) == 1
    assert not [name for name in browser.cookies(ONE) if "ajax_key" in name]


def test_without_third_party_cookies_the_next_navigation_goes_by_redirect() -> None:
    browser = known_to_main()
    assert run_script(browser, ONE, third_party_cookies=False) == {"linked": False}
    assert tokens(browser, ONE) == []
    assert see(browser, ONE)["session"] == see(browser, MAIN)["session"]


def test_without_script_the_next_navigation_goes_by_redirect() -> None:
    browser = Browser()
    assert see(browser, ONE)["session"] is None
    assert len(browser.hops) == 1
    assert see(browser, ONE)["session"]
    assert len(browser.hops) == 4


def test_main_mints_nothing_and_answers_only_registered_origins() -> None:
    browser = known_to_main()
    page = browser.open(f"https://{ONE}/script/").content.decode()
    ask = html.unescape(re.search(r'data-ask="([^"]*)"', page)[1])  # type: ignore[index]
    for origin in ("https://evil.example", "null", f"https://{TWO}", f"http://{ONE}", None):
        headers = {"Sec-Fetch-Mode": "cors", **({"Origin": origin} if origin else {})}
        answer = browser.request("GET", ask, None, headers)
        assert answer.status_code == 403
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_code_for_a_script_is_worth_nothing_elsewhere() -> None:
    browser, thief = known_to_main(), Browser()
    page = browser.open(f"https://{ONE}/script/").content.decode()
    ask, tell = (html.unescape(found) for found in re.findall(r'data-(?:ask|tell)="([^"]*)"', page))
    headers = {"Sec-Fetch-Mode": "cors", "Origin": f"https://{ONE}"}
    code = browser.request("GET", ask, None, headers).json()["code"]
    thief.url = f"https://{ONE}/page/"
    assert thief.fetch("GET", f"{tell}&code={code}").json() == {"linked": False}
    assert tokens(thief, ONE) == []
    assert browser.fetch("GET", f"{tell}&code={code}").json() == {"linked": False}


def test_a_foreign_page_cannot_hand_in_a_code() -> None:
    browser = known_to_main()
    browser.open(f"https://{ONE}/script/")
    address = "/sessionsync/consume_auth_code/?via=ajax&flow=x&code=y"
    foreign = {"Sec-Fetch-Site": "cross-site"}
    answer = browser.fetch("GET", address, None, **foreign)
    assert answer.status_code == 403


def test_the_tag_writes_nothing_where_no_script_is_due() -> None:
    request = RequestFactory().get("/")
    tag = Template("{% load sessionsync %}{% session_script %}")
    assert tag.render(Context({"request": request})) == ""
