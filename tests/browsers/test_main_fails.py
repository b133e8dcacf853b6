"""The main site may be away (rule 9) and its cookie may vanish (rule 10): nothing is lost."""

import time

import pytest

from .conftest import Launch
from .server import Hop, Network
from .settings import HATS, LAMPS, MAIN, RINGS, SHOES, domain
from .shopper import Shopper

UNSPENT = 5.5
"""Seconds after which a handshake that did not come back will not."""


def test_while_main_is_out_of_reach_a_sub_site_stands_alone_and_is_linked_later(
    shopper: Shopper, network: Network
) -> None:
    # given a browser that was sent to a main site where nothing answers
    network.line.cut = domain(MAIN)
    network.forget_requests()
    shopper.engine.goto(network.url(HATS))
    time.sleep(UNSPENT)
    assert network.requests() == [Hop(HATS, "GET", "/page/", shopper.engine.transport)]
    # when the person tries again
    page = shopper.open(HATS)
    # then the site serves them alone, and works
    assert page.statuses == [200]
    assert page.session
    assert shopper.click("add-hat").notes == ["hat"]
    assert shopper.click("again").statuses == [200]
    # and once main is back and the key of that handshake has expired (5 minutes, not waited for),
    # the next link from another site brings both together
    network.line.cut = ""
    shopper.forget(HATS, part="client_key")
    shopper.open(RINGS)
    assert shopper.click("add-ring").notes == ["ring"]
    linked = shopper.click(f"to-{HATS}")
    assert sorted(linked.notes) == ["hat", "ring"]
    assert linked.url == network.url(HATS)
    assert [page.session for page in shopper.everywhere()] == [linked.session] * 4
    assert sorted(network.all_notes()) == ["hat", "ring"]


@pytest.mark.parametrize("site", [MAIN, RINGS])
def test_a_sign_in_while_main_is_out_of_reach_is_found_on_the_next_page_of_any_site(
    launch: Launch, network: Network, site: str
) -> None:
    # given a guest with something in hand, known everywhere
    shopper = launch()
    shopper.open(HATS)
    guest = shopper.click("add-hat")
    assert [page.session for page in shopper.everywhere()] == [guest.session] * 4
    # when they sign in on a sub-site, and main cannot be told
    shopper.open(HATS)
    network.line.cut = domain(MAIN)
    shopper.engine.click("#login")
    time.sleep(UNSPENT)
    signed_in = shopper.open(HATS)
    assert (signed_in.user, signed_in.notes, signed_in.statuses) == ("ada", ["hat"], [200])
    network.line.cut = ""
    # then the next page that they open anywhere else knows them, without a click on a link
    page = shopper.open(site)
    assert (page.user, page.notes) == ("ada", ["hat"])
    assert page.url == network.url(site)
    assert len(page.journey) == {MAIN: 7, RINGS: 10}[site]
    assert [page.user for page in shopper.everywhere()] == ["ada"] * 4
    assert network.all_notes() == ["hat"]


@pytest.mark.parametrize("by", ["the person", pytest.param("a purge", marks=pytest.mark.slow)])
def test_mains_cookies_are_deleted_and_nothing_is_lost(
    launch: Launch, network: Network, by: str
) -> None:
    # given a cart on three sub-sites that were reached by clicks, and a fourth just opened (more
    # than three are what makes WebKit purge); nothing was clicked on main
    shopper = launch(to_purge=by == "a purge")
    shopper.open(HATS)
    before = shopper.click("add-hat")
    for site in (RINGS, LAMPS, SHOES):
        assert shopper.click(f"to-{site}").session == before.session
    # when main's cookies are deleted
    if by == "the person":
        shopper.forget(MAIN)
    else:
        shopper.engine.purge(shopper.origin(MAIN))
    assert shopper.cookies(MAIN) == []
    # then the sub-sites still have theirs
    for site in (HATS, RINGS, LAMPS):
        page = shopper.open(site)
        assert (page.session, page.notes, page.statuses) == (before.session, ["hat"], [200])
    # and a site that gets another session from main, and something in it
    shopper.forget(SHOES)
    assert shopper.open(SHOES).session not in {before.session, None}
    assert shopper.click("add-lamp").notes == ["lamp"]
    # is one with the others after the next click from one to the other
    linked = shopper.click(f"to-{HATS}")
    assert sorted(linked.notes) == ["hat", "lamp"]
    for site in (RINGS, LAMPS, SHOES):
        page = shopper.open(site)
        assert (page.session, sorted(page.notes)) == (linked.session, ["hat", "lamp"])
    assert sorted(network.all_notes()) == ["hat", "lamp"]
