"""A site alone: Redis away, main away, main's cookies refused. It serves, and links later."""

import time
from typing import Any

import pytest
from django.conf import settings as django_settings
from django_redis import get_redis_connection
from pytest_django import Settings

from sessionsync import heartbeat, store
from sessionsync.models import Session
from sessionsync.testing import Browser

from .conftest import MAIN, ONE, TWO
from .test_journeys import see, tokens, write

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rested_breaker() -> None:
    store.breaker.reset()


def take_redis_away(settings: Settings) -> None:
    nowhere = {**django_settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": nowhere}


def give_redis_back(settings: Settings, caches: dict[str, Any]) -> None:
    settings.CACHES = caches
    store.breaker.reset()


def test_without_redis_a_sub_site_serves_a_session_of_its_own(settings: Settings) -> None:
    take_redis_away(settings)
    browser = Browser()
    first = see(browser, ONE)
    assert len(browser.hops) == 4
    assert first["session"]
    write(browser, ONE, "hat")
    assert see(browser, ONE) == {**first, "notes": ["hat"]}
    assert len(browser.hops) == 1


def test_a_first_post_without_redis_is_carried_out_at_once(settings: Settings) -> None:
    take_redis_away(settings)
    browser = Browser(url=f"https://{ONE}/page/")
    page = browser.submit("/note/", {"text": "ring"})
    assert page.json()["notes"] == ["ring"]


def test_a_first_post_from_a_foreign_page_without_redis_is_refused(settings: Settings) -> None:
    take_redis_away(settings)
    browser = Browser(url="https://evil.example/")
    page = browser._navigate("POST", f"https://{ONE}/note/", {"text": "junk"}, "cross-site")
    assert page.status_code == 403
    assert Session.objects.count() == 0


def test_no_page_waits_for_a_redis_that_is_away(settings: Settings) -> None:
    browser = Browser()
    see(browser, ONE)
    write(browser, ONE, "hat")
    take_redis_away(settings)
    started = time.monotonic()
    assert see(browser, ONE)["notes"] == ["hat"]
    assert time.monotonic() - started < 1.0


def test_sessions_of_an_outage_are_linked_after_it(settings: Settings) -> None:
    caches = django_settings.CACHES
    browser = Browser()
    take_redis_away(settings)
    see(browser, ONE)
    write(browser, ONE, "hat")
    see(browser, TWO)
    write(browser, TWO, "ring")
    give_redis_back(settings, caches)
    # The cookies say that a handshake is due a minute after the failed one.
    for domain in (ONE, TWO):
        (name,) = tokens(browser, domain)
        token_id, mac, synced_at, fresh = browser.cookies(domain)[name].split(".")
        assert time.time() - int(synced_at, 16) > 86_400 - 120
        browser.jar(domain).cookies[name] = (
            f"{token_id}.{mac}.{int(synced_at, 16) - 9000:x}.{fresh}"
        )
    see(browser, ONE)
    see(browser, TWO)
    assert len({see(browser, domain)["session"] for domain in (ONE, TWO, MAIN)}) == 1
    assert Session.objects.filter(state="linked").count() >= 1


def test_a_main_site_without_a_sign_of_life_is_not_visited(settings: Settings) -> None:
    settings.SESSIONSYNC = {**settings.SESSIONSYNC, "HEARTBEAT": "watch"}
    browser = Browser()
    first = see(browser, ONE)["session"]
    assert first
    assert len(browser.hops) == 1
    heartbeat.beat()
    other = Browser()
    see(other, ONE)
    assert len(other.hops) == 4


def test_main_beats_by_itself(settings: Settings) -> None:
    settings.SESSIONSYNC = {**settings.SESSIONSYNC, "HEARTBEAT": "beat"}
    Browser().open(f"https://{MAIN}/untouched/")
    deadline = time.monotonic() + 5
    while not get_redis_connection("default").exists(heartbeat.KEY):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_handshake_that_never_came_back_leaves_the_site_alone() -> None:
    browser = Browser()
    headers = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    browser.request("GET", f"https://{ONE}/page/", None, headers)
    (name,) = [name for name in browser.cookies(ONE) if "client_key." in name]
    value = browser.cookies(ONE)[name]
    del browser.jar(ONE).cookies[name]
    flow = name.rpartition(".")[2]
    older = f"{int(flow[:11], 16) - 6000:011x}{flow[11:]}"
    browser.jar(ONE).cookies[name.replace(flow, older)] = value
    assert see(browser, ONE)["session"]
    assert len(browser.hops) == 1
    see(browser, ONE)
    assert len(browser.hops) == 1


def test_trigger_write_moves_no_page_and_shakes_hands_at_the_first_change(
    settings: Settings,
) -> None:
    settings.SESSIONSYNC = {**settings.SESSIONSYNC, "TRIGGER": "write"}
    browser = Browser()
    assert see(browser, ONE)["session"] is None
    assert len(browser.hops) == 1
    page = browser.submit("/note/", {"text": "hat"})
    assert page.json()["notes"] == ["hat"]
    assert page.json()["session"] == see(browser, MAIN)["session"]


def test_transport_script_moves_by_script_and_by_refresh_without_it(settings: Settings) -> None:
    settings.SESSIONSYNC = {**settings.SESSIONSYNC, "TRANSPORT": "script"}
    browser = Browser()
    headers = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    page = browser.request("GET", f"https://{ONE}/page/", None, headers)
    html = page.content.decode()
    nonce = html.partition('<script nonce="')[2].partition('"')[0]
    assert len(nonce) == 22
    assert f"script-src 'nonce-{nonce}'" in page["Content-Security-Policy"]
    assert "<noscript><meta http-equiv=" in html
    assert see(browser, ONE)["session"]


@pytest.mark.parametrize(
    ("address", "elsewhere"),
    [
        ("203.0.113.5", "203.0.113.6"),
        ("2001:db8:1:2::{n}", "2001:db8:1:3::1"),
        ("::ffff:203.0.113.5", "::ffff:203.0.113.6"),
    ],
)
def test_one_address_may_not_flood_main_with_handshakes(
    settings: Settings, address: str, elsewhere: str
) -> None:
    settings.SESSIONSYNC = {**settings.SESSIONSYNC, "HANDSHAKES_PER_MINUTE": 3}
    answers = []
    for sender in (*(address.format(n=n) for n in range(4)), elsewhere):
        browser = Browser()
        browser.jar(MAIN).defaults["REMOTE_ADDR"] = sender
        answers.append(browser.open(f"https://{ONE}/page/").status_code)
    assert answers == [200, 200, 200, 429, 200]
    assert Browser().open(f"https://{ONE}/page/").status_code == 200
    assert len(get_redis_connection("default").keys("sessionsync:code:*")) == 0
