"""Where one is signed in: seen, and ended, one or all."""

from typing import Any

import pytest

from accounts.services import devices
from accounts.services.devices import Browser
from accounts.tokens import services as tokens
from sessionsync.testing import CHROMIUM, SAFARI
from tests.accounts.shopper import Shopper, customer

pytestmark = pytest.mark.django_db
EMAIL = "ada@example.com"


@pytest.mark.parametrize(
    ("user_agent", "browser"),
    [
        (CHROMIUM, Browser("Chrome", "Linux")),
        (SAFARI, Browser("Safari", "macOS")),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:153.0) Gecko/20100101 Firefox/153.0",
            Browser("Firefox", "Windows"),
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
            Browser("Safari", "iPhone"),
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0",
            Browser("Edge", "Windows"),
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) "
            "SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36",
            Browser("Samsung Internet", "Android"),
        ),
        ("curl/8.5.0", Browser("", "")),
        ("", Browser("", "")),
        ("<script>" * 1000, Browser("", "")),
    ],
)
def test_browsers_are_called_what_people_call_them(user_agent: str, browser: Browser) -> None:
    assert devices.browser_of(user_agent) == browser


def test_each_sign_in_is_one_place_however_many_sites_it_was_seen_on(
    shops: dict[str, Any],
) -> None:
    # Given
    user = customer()
    here, there = Shopper(), Shopper(user_agent=SAFARI)
    here.sign_in(shops["apparel"])
    there.sign_in(shops["home"])
    for shop in shops.values():
        here.who(shop)
        there.who(shop)

    # When
    page = here.page(shops["jewelry"], "/account/devices/")

    # Then
    text = page.content.decode()
    assert [(device.is_this, device.browser, site) for device, site in page.context["places"]] == [
        (True, Browser("Chrome", "Linux"), "Apparel"),
        (False, Browser("Safari", "macOS"), "Home"),
    ]
    assert "Chrome on Linux" in text
    assert "Safari on macOS" in text
    assert text.count("This browser") == 1
    assert len(devices.signed_in(user)) == 2


def test_one_place_is_signed_out_on_all_sites_and_the_others_stay(shops: dict[str, Any]) -> None:
    # Given
    user = customer()
    here, there = Shopper(), Shopper(user_agent=SAFARI)
    here.sign_in(shops["apparel"])
    there.sign_in(shops["home"])
    page = here.page(shops["apparel"], "/account/devices/")
    other = next(device for device, _site in page.context["places"] if not device.is_this)

    # When
    page = here.send(page, f"/account/devices/{other.id}/end/")

    # Then
    assert "You are signed out there, on all of our sites." in page.content.decode()
    assert {there.who(shop) for shop in shops.values()} == {None}
    assert {here.who(shop) for shop in shops.values()} == {EMAIL}
    assert len(devices.signed_in(user)) == 1

    # When somebody presses it once more
    page = here.send(
        here.page(shops["apparel"], "/account/devices/"), f"/account/devices/{other.id}/end/"
    )

    # Then
    assert "You were not signed in there any more." in page.content.decode()


def test_this_place_is_signed_out_like_any_other(shops: dict[str, Any]) -> None:
    customer()
    here = Shopper()
    here.sign_in(shops["apparel"])
    page = here.page(shops["apparel"], "/account/devices/")
    ((this, _site),) = page.context["places"]

    page = here.send(page, f"/account/devices/{this.id}/end/")

    assert here.url == "https://apparel.example/"
    assert "You are signed out." in page.content.decode()
    assert {here.who(shop) for shop in shops.values()} == {None}


def test_signing_out_everywhere_ends_everything(shops: dict[str, Any]) -> None:
    # Given
    user = customer()
    here, there = Shopper(), Shopper()
    here.sign_in(shops["apparel"])
    there.sign_in(shops["home"])
    token = tokens.issue(user, shops["home"])

    # When
    page = here.page(shops["apparel"], "/account/devices/")
    page = here.send(page, "/account/devices/end-all/")

    # Then
    assert "You are signed out everywhere." in page.content.decode()
    for browser in (here, there):
        assert {browser.who(shop) for shop in shops.values()} == {None}
    with pytest.raises(tokens.TokenRefused):
        tokens.check(token, shops["home"])
    assert devices.signed_in(user) == []


def test_nobody_ends_anybody_elses_sign_in(shops: dict[str, Any]) -> None:
    # Given
    ada_account = customer()
    customer("bob@example.com")
    ada, bob = Shopper(), Shopper()
    ada.sign_in(shops["apparel"])
    bob.sign_in(shops["apparel"], "bob@example.com")
    (hers,) = devices.signed_in(ada_account)

    # When
    page = bob.page(shops["apparel"], "/account/devices/")
    bob.send(page, f"/account/devices/{hers.id}/end/")

    # Then
    assert ada.who(shops["home"]) == EMAIL
    assert hers.id not in page.content.decode()


def test_the_list_costs_one_query_however_long(
    shops: dict[str, Any], django_assert_num_queries: Any
) -> None:
    user = customer()
    for _browser in range(4):
        Shopper().sign_in(shops["apparel"])

    with django_assert_num_queries(1):
        found = devices.signed_in(user)

    assert len(found) == 4
