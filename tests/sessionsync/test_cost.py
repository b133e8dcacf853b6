"""What sessions ask of Redis and of the database: counted, so that it cannot creep up.

`make bench-sessionsync` prints the same counts beside Django's own, with the times.
"""

from typing import Any

import pytest

from benchmarks.sessionsync.counting import counted
from sessionsync.testing import Browser

from .conftest import ONE, TWO
from .test_journeys import see, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Browser:
    """One whose session holds something, and whose handshake on site one is done."""
    browser = Browser()
    see(browser, ONE)
    write(browser, ONE, "hat")
    return browser


def test_an_untouched_session_costs_nothing(browser: Browser) -> None:
    with counted() as asked:
        browser.open(f"https://{ONE}/untouched/")
    assert (asked.commands, asked.queries) == ([], 0)


def test_reading_costs_one_get(browser: Browser) -> None:
    with counted() as asked:
        see(browser, ONE)
    assert (asked.commands, asked.queries) == (["GET"], 0)


def test_a_change_costs_one_round_trip(
    browser: Browser, django_capture_on_commit_callbacks: Any
) -> None:
    with counted() as asked, django_capture_on_commit_callbacks(execute=True):
        browser.request("POST", f"https://{ONE}/exempt-note/", {"text": "ring"}, {})
    assert asked.trips == 1
    assert see(browser, ONE)["notes"] == ["hat", "ring"]


def test_a_first_handshake_costs_four_requests_and_five_round_trips() -> None:
    browser = Browser()
    with counted() as asked:
        see(browser, ONE)
    assert (len(browser.hops), asked.trips, asked.queries) == (4, 5, 1)


def test_a_handshake_of_a_browser_that_main_knows_costs_one_more() -> None:
    browser = Browser()
    see(browser, ONE)
    with counted() as asked:
        see(browser, TWO)
    assert (len(browser.hops), asked.trips, asked.queries) == (4, 6, 2)
