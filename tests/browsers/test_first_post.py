"""A POST happens exactly once (rule 7), also where it finds no session."""

import pytest

from .conftest import Launch
from .engines import ANYWHERE
from .server import Hop, Network
from .settings import HATS, MAIN, RINGS, domain
from .shopper import Shopper, place


@pytest.mark.parametrize("lost", [(HATS,), (HATS, MAIN)], ids=["here", "here and on main"])
def test_a_post_whose_cookies_vanished_is_carried_out_once(
    shopper: Shopper, network: Network, lost: tuple[str, ...]
) -> None:
    # given a page whose cookies vanish before the click
    before = shopper.open(RINGS)
    shopper.open(HATS)
    shopper.forget(*lost)
    # when the form is sent
    page = shopper.click("add-hat")
    # then it takes a handshake of GETs and is carried out once, with the shared session
    moved = shopper.engine.transport
    assert page.journey == [
        Hop(HATS, "POST", "/note/", 303 if moved == 307 else moved),
        Hop(MAIN, "GET", "/sessionsync/generate_auth_code/", moved),
        Hop(HATS, "GET", "/sessionsync/consume_auth_code/", 303),
        Hop(HATS, "GET", "/sessionsync/resume/", 302),
        Hop(HATS, "GET", "/page/", 200),
    ]
    assert (page.notes, place(page.url)) == (["hat"], f"{domain(HATS)}/page/")
    assert (page.session == before.session) is (MAIN not in lost)
    assert network.all_notes() == ["hat"]
    # and a reload does not send it again
    network.forget_requests()
    shopper.engine.run("setTimeout(() => location.reload())")
    assert shopper.look().notes == ["hat"]
    assert network.all_notes() == ["hat"]


def test_a_post_on_main_whose_cookies_vanished_is_carried_out_once(
    shopper: Shopper, network: Network
) -> None:
    shopper.open(MAIN)
    shopper.forget(MAIN)
    page = shopper.click("add-hat")
    assert page.statuses == [303, 302, 200]
    assert page.notes == network.all_notes() == ["hat"]


@pytest.mark.parametrize("site", [HATS, MAIN])
def test_a_post_without_cookies_is_not_carried_out_and_the_page_says_so(
    launch: Launch, network: Network, site: str
) -> None:
    shopper = launch(refuses=(ANYWHERE,))
    shopper.open(site)
    page = shopper.click("add-hat")
    assert len(page.journey) <= 7
    assert (page.session, page.cookies_off, page.not_carried_out) == (None, True, True)
    assert shopper.sees("notice")
    assert shopper.sees("not-carried-out")
    assert network.all_notes() == []
