"""One session on all sites (rule 1): first visits, what the browser keeps, tabs, signing in."""

import pytest

from .conftest import Launch
from .engines import Cookie
from .server import Hop, Network
from .settings import HATS, LAMPS, MAIN, RINGS, domain
from .shopper import Shopper, place

VISITED = (HATS, RINGS, LAMPS, MAIN)


def test_first_visits_end_at_one_session_after_four_requests_each(shopper: Shopper) -> None:
    # when three sub-sites and main are opened for the first time
    pages = shopper.everywhere()
    # then all show one session, at the addresses that were typed
    assert len({page.session for page in pages}) == 1
    assert pages[0].session
    assert [place(page.url) for page in pages] == [f"{domain(site)}/page/" for site in VISITED]
    # and each sub-site took four requests, moved as this engine must be, and main one
    moved = shopper.engine.transport
    for site, page in zip(VISITED[:3], pages[:3], strict=True):
        assert page.journey == [
            Hop(site, "GET", "/page/", moved),
            Hop(MAIN, "GET", "/sessionsync/generate_auth_code/", moved),
            Hop(site, "GET", "/sessionsync/consume_auth_code/", 303),
            Hop(site, "GET", "/page/", 200),
        ]
    assert pages[3].journey == [Hop(MAIN, "GET", "/page/", 200)]
    # and no page costs a handshake a second time
    assert [page.statuses for page in shopper.everywhere()] == [[200]] * 4


def test_the_address_is_the_one_that_was_asked_for(shopper: Shopper) -> None:
    page = shopper.open(HATS, "/page/?colour=red&size=7")
    assert place(page.url) == f"{domain(HATS)}/page/?colour=red&size=7"


def test_the_jar_holds_host_cookies_that_no_script_can_read(shopper: Shopper) -> None:
    shopper.everywhere()
    for site in VISITED:
        (token,) = [each for each in shopper.cookies(site) if "session_token" in each.name]
        assert token.name.startswith("__Host-session_token.")
        assert token == Cookie(token.name, domain(site), "/", True, True, "Lax")
        ours = [each for each in shopper.cookies(site) if each.name != "csrftoken"]
        assert all(each.name.startswith("__Host-") and each.http_only for each in ours)
        assert not any("client_key" in each.name for each in ours)
    assert "__Host-" not in str(shopper.engine.run("return document.cookie"))


@pytest.mark.parametrize("sites", [(HATS, HATS), (HATS, RINGS)], ids=["one site", "two sites"])
def test_two_tabs_at_once_converge(
    shopper: Shopper, network: Network, sites: tuple[str, str]
) -> None:
    # given two tabs that are at main at the same moment, neither with a cookie of main
    network.forget_requests()
    network.hold_handshakes(2)
    shopper.start(sites[0])
    shopper.engine.new_tab()
    shopper.start(sites[1])
    shopper.look(after=2)
    shopper.engine.show_tab(0)
    shopper.look(after=2)
    assert [hop.path for hop in network.requests()].count("/sessionsync/generate_auth_code/") == 2
    assert len(shopper.tokens(MAIN)) == 2
    # and something written in each of them
    # (after a reload: of two CSRF cookies that were set at once, a browser keeps only one)
    for tab, button in enumerate(["add-hat", "add-ring"]):
        shopper.engine.show_tab(tab)
        shopper.click("again")
        shopper.click(button)
    # when a third site is opened
    shopper.open(LAMPS)
    # then all sites show one session with both, for good
    pages = shopper.everywhere() + shopper.everywhere()
    assert len({page.session for page in pages}) == 1
    assert [sorted(page.notes) for page in pages] == [["hat", "ring"]] * 8
    assert [page.statuses for page in pages[4:]] == [[200]] * 4
    assert sorted(network.all_notes()) == ["hat", "ring"]


@pytest.mark.parametrize("site", [MAIN, HATS])
def test_signing_in_and_out_on_one_site_reaches_the_others(launch: Launch, site: str) -> None:
    # given a guest with something in hand
    shopper = launch()
    shopper.everywhere()
    shopper.open(HATS)
    guest = shopper.click("add-hat")
    # when they sign in
    shopper.open(site)
    page = shopper.click("login")
    # then every site knows them by a new session that has what the guest had
    assert len(page.journey) <= 8
    pages = shopper.everywhere()
    assert [page.user for page in pages] == ["ada"] * 4
    assert [page.notes for page in pages] == [["hat"]] * 4
    assert len({page.session for page in pages}) == 1
    assert pages[0].session != guest.session
    # and when they sign out elsewhere, they are nowhere signed in
    shopper.open(RINGS)
    shopper.click("logout")
    pages = shopper.everywhere()
    assert [(page.user, page.notes) for page in pages] == [(None, [])] * 4
    assert len({page.session for page in shopper.everywhere()}) == 1
