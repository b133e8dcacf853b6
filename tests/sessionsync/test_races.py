"""What happens at once: real threads, real PostgreSQL, real Valkey."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.cookies import Morsel
from itertools import pairwise
from threading import Barrier
from typing import Any

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection, transaction

from sessionsync import links, records
from sessionsync.engine import SessionStore
from sessionsync.fingerprints import fingerprint
from sessionsync.goods import SessionGone, lock_session
from sessionsync.models import CarriedOut, Session
from sessionsync.testing import Browser
from sessionsync.tokens import Token

from .conftest import MAIN, ONE, TWO

pytestmark = pytest.mark.django_db(transaction=True)
NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


def at_once(*jobs: Callable[[], Any]) -> list[Any]:
    """Run jobs in threads that start together; returns what they returned, in order."""
    start = Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        start.wait(10)
        try:
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return [future.result(30) for future in [pool.submit(run, job) for job in jobs]]


def token(ts: int) -> Token:
    return Token(ts, f"{ts:0>22}")


def store(*tokens: Token) -> SessionStore:
    return SessionStore(tokens=tokens)


def two_handshakes_at_once(browser: Browser) -> None:
    """Two tabs of a new browser open two sub-sites; both are at main before either comes back."""
    leaving = [browser.request("GET", f"https://{d}/page/", None, NAVIGATION) for d in (ONE, TWO)]
    strangers = [Browser(), Browser()]  # the tabs: main has set no cookie in either yet

    def generate(tab: Browser, url: str) -> Callable[[], Any]:
        return lambda: tab.request("GET", url, None, NAVIGATION)

    coming = at_once(
        *(generate(tab, left["Location"]) for tab, left in zip(strangers, leaving, strict=True))
    )
    for tab in strangers:
        browser.jar(MAIN).cookies.update(dict[str, Morsel[str]](tab.jar(MAIN).cookies))
    for response in coming:
        browser.open(response["Location"])


def test_two_handshakes_at_once_end_at_one_session() -> None:
    browser = Browser()
    two_handshakes_at_once(browser)
    assert len([name for name in browser.cookies(MAIN) if "session_token" in name]) == 2
    main = browser.open(f"https://{MAIN}/page/").json()["session"]
    assert len([name for name in browser.cookies(MAIN) if "session_token" in name]) == 1
    for domain in (ONE, TWO):
        assert browser.open(f"https://{domain}/page/").json()["session"] == main
        assert len(browser.hops) == 1
    assert Session.objects.filter(state="linked").count() == 1


def test_a_link_from_a_site_with_another_session_heals_it() -> None:
    browser = Browser()
    two_handshakes_at_once(browser)
    one = browser.open(f"https://{ONE}/page/").json()["session"]
    two = browser.open(f"https://{TWO}/page/?_st={fingerprint(one)}").json()["session"]
    assert browser.url == f"https://{TWO}/page/"
    assert two == browser.open(f"https://{ONE}/page/").json()["session"] == max(one, two)


def test_a_strangers_link_costs_one_handshake_and_changes_nothing() -> None:
    browser = Browser()
    mine = browser.open(f"https://{ONE}/page/").json()["session"]
    for _ in range(3):
        page = browser.open(f"https://{ONE}/page/?_st=aaaaaaaaaa").json()
        assert page["session"] == mine
    assert len(browser.hops) == 1


def test_two_processes_link_the_same_pair_once() -> None:
    small, great = token(1000), token(2000)
    for each, note in ((small, "a"), (great, "b")):
        session = store(each)
        session[note] = note
        session.save()
    found = at_once(*[lambda: links.settle([great, small])] * 4)
    assert {record.key for record in found} == {great.key}
    assert Session.objects.get(key=small.key).successor == great.key
    assert dict(store(small).items()) == {"a": "a", "b": "b"}
    assert Session.objects.get(key=great.key).version == 1


def test_three_tokens_linked_crosswise_end_at_the_greatest() -> None:
    one, two, three = token(1000), token(2000), token(3000)
    at_once(
        lambda: links.settle([one, two]),
        lambda: links.settle([two, three]),
        lambda: links.settle([one, three]),
    )
    assert {links.settle([each]).key for each in (one, two, three)} == {three.key}  # type: ignore[union-attr]


def test_a_kept_request_resumed_twice_at_once_is_carried_out_once() -> None:
    browser = Browser(url=f"https://{ONE}/page/", most_requests=12)
    browser.submit("/note/", {"text": "first"})
    browser.forget(ONE)
    response = browser.request(
        "POST",
        f"https://{ONE}/note/",
        {"text": "ring"},
        {**NAVIGATION, "Sec-Fetch-Site": "same-origin", "Origin": f"https://{ONE}"},
    )
    for _ in range(2):
        response = browser.request("GET", response["Location"], None, NAVIGATION)
    resume = f"https://{ONE}{response['Location']}"

    def tab() -> Any:
        own = Browser()
        own.jar(ONE).cookies.update(dict[str, Morsel[str]](browser.jar(ONE).cookies))
        return own.request("GET", resume, None, NAVIGATION)

    answers = at_once(tab, tab, tab)
    assert {answer["Location"] for answer in answers} == {"/page/"}
    assert browser.open(f"https://{ONE}/page/").json()["notes"] == ["first", "ring"]
    assert CarriedOut.objects.count() == 2


def test_changes_to_different_names_at_once_are_both_kept() -> None:
    mine = token(1000)
    first = store(mine)
    first["seen"] = 1
    first.save()
    left, right = store(mine), store(mine)
    assert left["seen"] == right["seen"] == 1
    left["language"] = "en"
    right["currency"] = "EUR"
    del right["seen"]
    left.save()
    right.save()
    assert dict(store(mine).items()) == {"language": "en", "currency": "EUR"}


def test_a_request_in_flight_does_not_bring_a_merged_session_back() -> None:
    small, great = token(1000), token(2000)
    slow = store(small)
    slow["cart"] = "old"
    slow.save()
    in_flight = store(small)
    assert in_flight["cart"] == "old"
    links.settle([small, great])
    in_flight["late"] = "news"
    in_flight.save()
    assert Session.objects.get(key=small.key).data == ""
    assert dict(store(great).items()) == {"cart": "old", "late": "news"}


def test_a_request_in_flight_does_not_bring_a_retired_session_back() -> None:
    mine = token(1000)
    session = store(mine)
    session["cart"] = "old"
    session.save()
    in_flight = store(mine)
    assert in_flight["cart"] == "old"
    store(mine).flush()
    in_flight["late"] = "news"
    with pytest.raises(UpdateError):
        in_flight.save()
    assert records.follow(mine.key) is None


def test_a_writer_waits_for_a_link_and_writes_where_it_leads() -> None:
    small, great = token(1000), token(2000)
    with transaction.atomic():
        assert lock_session(small.key) == small.key
    links.settle([small, great])
    with transaction.atomic():
        assert lock_session(small.key) == great.key


def test_a_writer_is_refused_by_a_retired_session() -> None:
    mine = token(1000)
    links.retire_family(mine.key)
    with transaction.atomic(), pytest.raises(SessionGone):
        lock_session(mine.key)


def test_many_writers_and_links_at_once_leave_one_open_session() -> None:
    tokens = [token(1000 + number) for number in range(6)]

    def write(each: Token) -> Callable[[], Any]:
        def job() -> None:
            with transaction.atomic():
                lock_session(each.key)

        return job

    def link(one: Token, other: Token) -> Callable[[], Any]:
        return lambda: links.settle([one, other])

    at_once(
        *(write(each) for each in tokens),
        *(link(one, other) for one, other in pairwise(tokens)),
    )
    assert {links.settle([each]).key for each in tokens} == {tokens[-1].key}  # type: ignore[union-attr]
    assert Session.objects.filter(state="open").count() == 1
