"""Whatever the browser does with cookies, a navigation ends in a page (rule 3)."""

import pytest

from .conftest import Launch
from .engines import ANYWHERE
from .server import Network
from .settings import HATS, MAIN, RINGS, domain
from .shopper import place


@pytest.mark.parametrize("refuses", [ANYWHERE, HATS], ids=["everywhere", "on one sub-site"])
def test_where_cookies_are_off_the_page_says_so_and_clicks_cost_one_request(
    launch: Launch, refuses: str
) -> None:
    shopper = launch(refuses=(refuses,))
    # when a page is opened
    page = shopper.open(HATS, "/page/?a=1")
    # then it is shown, without a session, with the notice
    assert len(page.journey) <= 6
    assert place(page.url) == f"{domain(HATS)}/page/?a=1&_nocookies=1"
    assert (page.session, page.cookies_off, page.not_carried_out) == (None, True, False)
    assert shopper.sees("notice")
    # and so is every further one, at the cost of one request
    for _ in range(3):
        page = shopper.click("again")
        assert (page.session, page.cookies_off, page.statuses) == (None, True, [200])
        assert shopper.sees("notice")
    assert shopper.cookies(HATS) == []


def test_cookies_off_on_one_sub_site_leave_the_others_alone(launch: Launch) -> None:
    shopper = launch(refuses=(HATS,))
    shopper.open(HATS)
    pages = [shopper.open(site) for site in (RINGS, MAIN)]
    assert pages[0].session == pages[1].session is not None
    assert [page.cookies_off for page in pages] == [False, False]


def test_cookies_off_on_main_give_each_sub_site_a_session(launch: Launch, network: Network) -> None:
    shopper = launch(refuses=(MAIN,))
    # when two sub-sites are opened and written on
    for site, note in ((HATS, "hat"), (RINGS, "ring")):
        page = shopper.open(site)
        assert page.session
        assert len(page.journey) <= 6
        assert shopper.click(f"add-{note}").notes == [note]
    # then each keeps its own, and pages cost one request
    for site, note in ((HATS, "hat"), (RINGS, "ring")):
        page = shopper.open(site)
        assert (page.notes, page.statuses, page.cookies_off) == ([note], [200], False)
    assert shopper.cookies(MAIN) == []
    assert network.all_notes() == ["hat", "ring"]
    # and going to and fro between them soon costs one request, too
    for site in (HATS, RINGS, HATS, RINGS):
        assert len(shopper.click(f"to-{site}").journey) <= 6
    for site in (HATS, RINGS):
        assert shopper.click(f"to-{site}").statuses == [200]


def test_cookies_lost_between_two_clicks_are_back_with_the_session_after_one_more(
    launch: Launch, network: Network
) -> None:
    shopper = launch()
    shopper.open(HATS)
    before = shopper.click("add-hat")
    # when all cookies of the site shown vanish
    shopper.forget(HATS)
    # then the next click cannot be told from cookies being off: one request, and the notice
    page = shopper.click("again")
    assert (page.session, page.cookies_off, page.statuses) == (None, True, [200])
    # and the one after it brings the session back
    page = shopper.click("again")
    assert (page.session, page.notes, page.cookies_off) == (before.session, ["hat"], False)
    assert len(page.journey) == 4
    assert network.all_notes() == ["hat"]
