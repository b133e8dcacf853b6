"""Signing in with another service, against one that runs on this machine."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from allauth.socialaccount import providers
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.conf import settings as live
from django.urls import NoReverseMatch, reverse

from accounts.models import User
from accounts.queries import confirmed_emails
from tests.accounts.service import CLIENT, SECRET, Service, running_service
from tests.accounts.service_urls import PROTOCOL
from tests.accounts.shopper import PASSWORD, Shopper, customer, letters, link_in

pytestmark = pytest.mark.django_db
EMAIL = "ada@example.com"
LOGIN = "/account/services/oidc/sso/login/"


@pytest.fixture
def service(settings: Any) -> Iterator[Service]:
    """The other service, and a shop that is set up to use it."""
    with running_service() as service:
        settings.OIDC_APPS = [PROTOCOL]
        settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, PROTOCOL]
        settings.ROOT_URLCONF = "tests.accounts.service_urls"
        settings.SOCIALACCOUNT_PROVIDERS = {
            "openid_connect": {
                "OAUTH_PKCE_ENABLED": True,
                "APPS": [
                    {
                        "provider_id": "sso",
                        "name": "Example ID",
                        "client_id": CLIENT,
                        "secret": SECRET,
                        "settings": {"server_url": service.url},
                    }
                ],
            }
        }
        known = dict(providers.registry.provider_map)
        providers.registry.loaded = False
        providers.registry.load()
        yield service
        providers.registry.provider_map.clear()
        providers.registry.provider_map.update(known)


def leave(browser: Shopper, shop: Any, process: str = "login") -> str:
    """Press the button; where the browser is sent to."""
    page = browser.page(shop, "/account/login/" if process == "login" else "/account/services/")
    token = browser.form_token(page)
    sent = browser.request(
        "POST",
        f"https://{shop.domain}{LOGIN}?process={process}",
        {"csrfmiddlewaretoken": token},
        {"Origin": f"https://{shop.domain}", "Referer": browser.url},
    )
    assert sent.status_code == 302
    return str(sent["Location"])


def come_back(browser: Shopper, away: str) -> Any:
    """Let the service answer, and follow it back to the shop."""
    back = requests.get(away, allow_redirects=False, timeout=5).headers["Location"]
    browser.url = away
    return browser.click(back)


def test_a_stranger_gets_an_account_and_is_signed_in_on_every_site(
    shops: dict[str, Any], service: Service
) -> None:
    ada = Shopper()
    page = ada.page(shops["home"], "/account/login/")
    assert "Continue with Example ID" in page.content.decode()

    away = leave(ada, shops["home"])
    assert away.startswith(f"{service.url}/authorize?")
    assert "code_challenge_method=S256" in away
    come_back(ada, away)

    assert ada.url == "https://home.example/account/"
    assert {ada.who(shop) for shop in shops.values()} == {EMAIL}
    user = User.objects.get()
    assert (user.first_name, user.has_usable_password()) == ("Ada", False)
    assert confirmed_emails(user) == [EMAIL]
    assert not SocialToken.objects.exists()


def test_who_came_before_comes_back_to_the_same_account(
    shops: dict[str, Any], service: Service
) -> None:
    first, second = Shopper(), Shopper()
    come_back(first, leave(first, shops["home"]))
    service.person["email"] = "changed@example.com"

    come_back(second, leave(second, shops["apparel"]))

    assert second.who(shops["jewelry"]) == EMAIL
    assert User.objects.count() == 1


def test_the_service_is_not_believed_to_be_the_owner_of_an_account_that_is_there(
    shops: dict[str, Any], service: Service
) -> None:
    """Whoever runs the service could enter every account otherwise: connect it first."""
    customer()
    ada = Shopper()

    page = come_back(ada, leave(ada, shops["home"]))

    assert "look into your mailbox" in page.content.decode()
    assert letters(EMAIL)[-1].subject == "You have an account already"
    assert ada.who(shops["home"]) is None
    assert not SocialAccount.objects.exists()


def test_an_address_that_the_service_does_not_vouch_for_is_to_be_confirmed(
    shops: dict[str, Any], service: Service
) -> None:
    service.person["email_verified"] = False
    ada = Shopper()

    come_back(ada, leave(ada, shops["home"]))

    assert ada.who(shops["home"]) is None
    link = link_in(letters(EMAIL)[0])
    ada.send(ada.open(link), ada.url)
    assert ada.who(shops["home"]) == EMAIL


def test_who_brings_no_address_is_asked_for_one(shops: dict[str, Any], service: Service) -> None:
    del service.person["email"]
    ada = Shopper()

    page = come_back(ada, leave(ada, shops["home"]))

    assert ada.url == "https://home.example/account/services/signup/"
    assert "Which e-mail address should your account here have?" in page.content.decode()
    page = ada.send(page, ada.url, email=EMAIL)
    assert "look into your mailbox" in page.content.decode()
    assert ada.who(shops["home"]) is None
    assert letters(EMAIL)[0].subject == "Please confirm your e-mail address"


def test_an_account_is_connected_and_disconnected_and_its_owner_told(
    shops: dict[str, Any], service: Service
) -> None:
    # Given
    customer()
    ada = Shopper()
    ada.sign_in(shops["home"])
    page = ada.page(shops["home"], "/account/services/")
    ada.send(page, ada.url, password=PASSWORD)

    # When
    come_back(ada, leave(ada, shops["home"], "connect"))

    # Then
    assert SocialAccount.objects.get().user.email == EMAIL
    assert letters(EMAIL)[-1].subject == "Another way to sign in"
    other = Shopper()
    come_back(other, leave(other, shops["apparel"]))
    assert other.who(shops["jewelry"]) == EMAIL

    # When
    page = ada.page(shops["home"], "/account/services/")
    ada.send(page, "/account/services/", account=SocialAccount.objects.get().pk)

    # Then
    assert not SocialAccount.objects.exists()
    assert letters(EMAIL)[-1].subject == "A way to sign in was removed"


@pytest.mark.parametrize("query", ["code=made-up&state=made-up", "error=access_denied", ""])
def test_an_answer_that_nobody_asked_for_signs_nobody_in(
    shops: dict[str, Any], service: Service, query: str
) -> None:
    ada = Shopper()
    ada.page(shops["home"], "/account/login/")

    page = ada.click(f"https://home.example{LOGIN}callback/?{query}")

    assert page.status_code in {200, 401}
    assert ada.who(shops["home"]) is None
    assert not User.objects.exists()


def test_somebody_elses_answer_signs_nobody_in(shops: dict[str, Any], service: Service) -> None:
    """A link that brings an attacker's code: the state is not this browser's."""
    thief, victim = Shopper(), Shopper()
    away = leave(thief, shops["home"])
    back = requests.get(away, allow_redirects=False, timeout=5).headers["Location"]
    victim.page(shops["home"], "/account/login/")

    victim.click(back)

    assert victim.who(shops["home"]) is None


def test_a_service_that_is_away_is_said_to_be(shops: dict[str, Any], service: Service) -> None:
    ada = Shopper()
    away = leave(ada, shops["home"])
    service.codes.clear()
    back = away.replace(f"{service.url}/authorize", "")
    assert back

    page = ada.click(f"https://home.example{LOGIN}callback/?code=x&state={_state(away)}")

    assert "did not let us know who you are" in page.content.decode()
    assert ada.who(shops["home"]) is None


def _state(address: str) -> str:
    from urllib.parse import parse_qs, urlsplit

    return parse_qs(urlsplit(address).query)["state"][0]


def test_leaving_for_the_service_needs_a_click(shops: dict[str, Any], service: Service) -> None:
    page = Shopper().page(shops["home"], LOGIN)
    assert page.status_code == 200
    assert "You are about to leave for Example ID" in page.content.decode()


def test_without_being_configured_there_is_nothing_of_it(shops: dict[str, Any]) -> None:
    assert live.OIDC_APPS == []
    with pytest.raises(NoReverseMatch):
        reverse("socialaccount_connections")
    assert Shopper().page(shops["home"], LOGIN).status_code == 404
    assert "Continue with" not in Shopper().page(shops["home"], "/account/login/").content.decode()


def test_it_is_configured_by_the_environment() -> None:
    """Read when the settings are: so in a process of its own."""
    script = (
        "import django; django.setup()\n"
        "from django.conf import settings; from django.urls import reverse\n"
        "app = settings.SOCIALACCOUNT_PROVIDERS['openid_connect']['APPS'][0]\n"
        "print(app['name'], app['client_id'], app['settings']['server_url'])\n"
        "print(reverse('openid_connect_callback', args=['sso']))\n"
    )
    environment = os.environ | {
        "OIDC_SERVER_URL": "https://id.example",
        "OIDC_CLIENT_ID": "galleria",
        "OIDC_CLIENT_SECRET": "s",
        "OIDC_NAME": "Example-ID",
    }
    out = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert out.stdout.splitlines()[-2:] == [
        "Example-ID galleria https://id.example",
        "/account/services/oidc/sso/login/callback/",
    ]
