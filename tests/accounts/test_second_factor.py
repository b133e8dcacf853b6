"""Authenticator apps and recovery codes, as their owners use them."""

import base64
import re
import time
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core.management import CommandError, call_command
from django_redis import get_redis_connection

from accounts import sealing
from accounts.models import User
from accounts.queries import confirmed_emails
from tests.accounts.shopper import PASSWORD, Shopper, customer, letters

pytestmark = pytest.mark.django_db
EMAIL = "ada@example.com"


def code_of(secret: str, steps: int = 0) -> str:
    """What an app shows now, or so many steps of thirty seconds from now (RFC 6238)."""
    counter = int(totp.time.time()) // 30 + steps
    return str(totp.format_hotp_value(totp.hotp_value(secret, counter)))


@pytest.fixture(autouse=True)
def _steady_clock(monkeypatch: Any) -> None:
    """Codes change every thirty seconds; a slow machine should not see that."""
    now = time.time()
    monkeypatch.setattr(totp, "time", SimpleNamespace(time=lambda: now))


def forget_attempts() -> None:
    """Let the time pass in which codes and attempts are remembered."""
    get_redis_connection("default").flushdb()


def turned_on(shops: dict[str, Any]) -> tuple[Shopper, str]:
    """A customer who has just turned it on, and the secret that their app has."""
    customer()
    ada = Shopper()
    ada.sign_in(shops["apparel"])
    page = ada.page(shops["apparel"], "/account/2fa/totp/activate/")
    page = ada.send(page, ada.url, password=PASSWORD)
    secret = page.context["form"].secret
    ada.send(page, "/account/2fa/totp/activate/", code=code_of(secret))
    forget_attempts()
    return ada, secret


def codes_on(page: Any) -> list[str]:
    return re.findall(r"<li>(\d{8})</li>", page.content.decode())


def test_it_is_turned_on_with_a_picture_and_a_first_code(shops: dict[str, Any]) -> None:
    # Given
    customer()
    ada = Shopper()
    ada.sign_in(shops["apparel"])

    # When
    page = ada.page(shops["apparel"], "/account/2fa/totp/activate/")
    assert "Is it you?" in page.content.decode()
    page = ada.send(page, ada.url, password=PASSWORD)
    text = page.content.decode()

    # Then
    picture = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', text)
    assert picture
    assert base64.b64decode(picture[1]).startswith(b"<?xml")
    secret = page.context["form"].secret
    assert f'id="totp-secret">{secret}<' in text
    assert "otpauth://totp/ada%40example.com?" in page.context["totp_url"]
    assert page.context["totp_url"].endswith("&issuer=Galleria")

    # When
    page = ada.send(page, "/account/2fa/totp/activate/", code=code_of(secret))

    # Then
    assert ada.url == "https://apparel.example/account/2fa/codes/"
    assert len(codes_on(page)) == 10
    assert [letter.subject for letter in letters(EMAIL)] == ["Two-step sign-in is on"]


@pytest.mark.parametrize("code", ["", "000000", "abc", "1" * 500])
def test_a_wrong_first_code_turns_nothing_on(shops: dict[str, Any], code: str) -> None:
    customer()
    ada = Shopper()
    ada.sign_in(shops["apparel"])
    page = ada.page(shops["apparel"], "/account/2fa/totp/activate/")
    page = ada.send(page, ada.url, password=PASSWORD)

    page = ada.send(page, "/account/2fa/totp/activate/", code=code)

    assert page.status_code == 200
    assert not Authenticator.objects.exists()


def test_signing_in_asks_for_the_code_and_until_then_one_is_nobody(shops: dict[str, Any]) -> None:
    _ada, secret = turned_on(shops)
    other = Shopper()

    page = other.sign_in(shops["home"])

    assert other.url == "https://home.example/account/2fa/authenticate/"
    assert {other.who(shop) for shop in shops.values()} == {None}

    page = other.page(shops["home"], "/account/2fa/authenticate/")
    other.send(page, "/account/2fa/authenticate/", code=code_of(secret))

    assert other.url == "https://home.example/account/"
    assert {other.who(shop) for shop in shops.values()} == {EMAIL}


def test_a_code_is_good_once_for_as_long_as_it_is_good(shops: dict[str, Any]) -> None:
    """Also the codes before and after, which are accepted for clocks that differ."""
    _ada, secret = turned_on(shops)
    for steps in (-1, 0, 1):
        code = code_of(secret, steps)
        first, second = Shopper(), Shopper()
        first.send(first.sign_in(shops["home"]), "/account/2fa/authenticate/", code=code)
        assert first.who(shops["home"]) == EMAIL
        page = second.send(second.sign_in(shops["home"]), "/account/2fa/authenticate/", code=code)
        assert "This code is not right, or no longer." in page.content.decode()
        assert second.who(shops["home"]) is None

    redis = get_redis_connection("default")
    remembered = [redis.ttl(key) for key in redis.keys("*accounts.totp.used*")]
    assert len(remembered) == 3
    assert min(remembered) > 30


@pytest.mark.parametrize("steps", [-2, 2])
def test_an_older_or_later_code_is_not_good(shops: dict[str, Any], steps: int) -> None:
    _ada, secret = turned_on(shops)
    other = Shopper()
    page = other.sign_in(shops["home"])

    other.send(page, "/account/2fa/authenticate/", code=code_of(secret, steps))

    assert other.who(shops["home"]) is None


def test_a_recovery_code_is_good_once(shops: dict[str, Any]) -> None:
    ada, _secret = turned_on(shops)
    codes = codes_on(ada.page(shops["apparel"], "/account/2fa/codes/"))
    for who, expected in ((Shopper(), EMAIL), (Shopper(), None)):
        page = who.sign_in(shops["home"])
        who.send(page, "/account/2fa/authenticate/", code=codes[3])
        assert who.who(shops["home"]) == expected
    page = ada.page(shops["apparel"], "/account/2fa/codes/")
    assert codes_on(page) == codes[:3] + codes[4:]
    assert "9 of 10 are left." in page.content.decode()


def test_codes_are_tried_five_times(shops: dict[str, Any]) -> None:
    _ada, secret = turned_on(shops)
    other = Shopper()
    page = other.sign_in(shops["home"])
    for _attempt in range(5):
        page = other.send(page, "/account/2fa/authenticate/", code="000000")
    assert "This code is not right" in page.content.decode()

    page = other.send(page, "/account/2fa/authenticate/", code=code_of(secret))

    assert "tried too often" in page.content.decode()
    assert other.who(shops["home"]) is None


def test_the_second_step_alone_leads_nowhere(shops: dict[str, Any]) -> None:
    _ada, secret = turned_on(shops)
    other = Shopper()
    page = other.page(shops["home"], "/account/login/")

    other.send(page, "/account/2fa/authenticate/", code=code_of(secret))

    assert other.url == "https://home.example/account/login/"
    assert other.who(shops["home"]) is None


def test_forgetting_the_password_does_not_go_round_the_code(shops: dict[str, Any]) -> None:
    turned_on(shops)
    other = Shopper()
    other.fill(shops["home"], "/account/password/reset/", email=EMAIL)
    link = re.search(r"https://\S+", letters(EMAIL)[-1].text)
    assert link
    new = "nine-loud-herons"
    other.send(other.open(link[0]), other.url, password1=new, password2=new)

    other.sign_in(shops["home"], EMAIL, new)

    assert other.url == "https://home.example/account/2fa/authenticate/"
    assert other.who(shops["home"]) is None


def test_new_codes_end_the_old_ones(shops: dict[str, Any]) -> None:
    ada, _secret = turned_on(shops)
    old = codes_on(ada.page(shops["apparel"], "/account/2fa/codes/"))

    page = ada.page(shops["apparel"], "/account/2fa/codes/generate/")
    page = ada.send(page, "/account/2fa/codes/generate/")

    new = codes_on(page)
    assert len(new) == 10
    assert not set(old) & set(new)
    assert letters(EMAIL)[-1].subject == "You have new recovery codes"


def test_codes_can_be_downloaded_by_who_has_shown_who_they_are(shops: dict[str, Any]) -> None:
    ada, _secret = turned_on(shops)
    codes = codes_on(ada.page(shops["apparel"], "/account/2fa/codes/"))

    file = ada.page(shops["apparel"], "/account/2fa/codes/download/")

    assert file["Content-Type"].startswith("text/plain")
    assert "attachment" in file["Content-Disposition"]
    assert file.content.decode().split() == codes
    forget_attempts()
    other = Shopper()
    page = other.sign_in(shops["home"])
    other.send(page, "/account/2fa/authenticate/", code=codes[0])
    assert "Is it you?" in other.page(shops["home"], "/account/2fa/codes/").content.decode()


def test_turning_it_off_is_told_and_leaves_no_codes(shops: dict[str, Any]) -> None:
    ada, _secret = turned_on(shops)

    page = ada.page(shops["apparel"], "/account/2fa/totp/deactivate/")
    ada.send(page, "/account/2fa/totp/deactivate/")

    assert not Authenticator.objects.exists()
    assert letters(EMAIL)[-1].subject == "Two-step sign-in is off"
    other = Shopper()
    other.sign_in(shops["home"])
    assert other.who(shops["home"]) == EMAIL


def test_a_code_proves_who_one_is_instead_of_the_password(shops: dict[str, Any]) -> None:
    _ada, secret = turned_on(shops)
    other = Shopper()
    page = other.sign_in(shops["home"])
    other.send(page, "/account/2fa/authenticate/", code=code_of(secret))
    page = other.page(shops["home"], "/account/2fa/reauthenticate/?next=/account/delete/")

    other.send(page, other.url, code=code_of(secret, 1))

    assert other.url == "https://home.example/account/delete/"


def test_the_database_has_no_secret_in_the_clear(shops: dict[str, Any]) -> None:
    _ada, secret = turned_on(shops)

    stored = {row.type: row.data for row in Authenticator.objects.all()}

    assert secret not in str(stored)
    assert sealing.unseal(stored["totp"]["secret"]) == secret
    assert len(sealing.unseal(stored["recovery_codes"]["seed"])) == 80


def test_a_new_secret_key_opens_what_the_old_one_sealed(
    shops: dict[str, Any], settings: Any
) -> None:
    # Given
    _ada, secret = turned_on(shops)
    old = settings.SECRET_KEY

    # When
    settings.SECRET_KEY_FALLBACKS = [old]
    settings.SECRET_KEY = "another-" + "q" * 50
    out = StringIO()
    call_command("reseal_secrets", stdout=out)
    settings.SECRET_KEY_FALLBACKS = []

    # Then
    assert out.getvalue() == "2 sealed with the current key\n"
    stored = Authenticator.objects.get(type="totp")
    assert sealing.unseal(stored.data["secret"]) == secret


def test_a_lost_key_opens_nothing_and_is_named(shops: dict[str, Any], settings: Any) -> None:
    _ada, secret = turned_on(shops)
    settings.SECRET_KEY = "another-" + "q" * 50
    settings.SECRET_KEY_FALLBACKS = []

    with pytest.raises(CommandError, match=r"2 could not be opened .* Accounts: \d+\."):
        call_command("reseal_secrets", stdout=StringIO())

    other = Shopper()
    page = other.sign_in(shops["home"])
    page = other.send(page, "/account/2fa/authenticate/", code=code_of(secret))
    assert page.status_code == 200
    assert other.who(shops["home"]) is None
    assert confirmed_emails(User.objects.get()) == [EMAIL]
