"""Forgotten, changed and first passwords; a changed e-mail address."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.utils import timezone

from accounts.models import User
from accounts.tokens import services as tokens
from sessionsync.models import Session
from tests.accounts.shopper import PASSWORD, Shopper, customer, letters, link_in

pytestmark = pytest.mark.django_db
EMAIL, NEW_EMAIL = "ada@example.com", "augusta@example.com"
NEW = "nine-loud-herons"


def asked_for_a_link(shops: dict[str, Any]) -> str:
    Shopper().fill(shops["apparel"], "/account/password/reset/", email=EMAIL)
    return link_in(letters(EMAIL)[-1])


def choose(browser: Shopper, link: str, password: str = NEW, again: str = "") -> Any:
    return browser.send(
        browser.open(link), browser.url, password1=password, password2=again or password
    )


def test_a_forgotten_password_is_chosen_anew_and_ends_all_sign_ins(shops: dict[str, Any]) -> None:
    # Given somebody else is signed in with the old password, and an API token is about
    user = customer()
    thief = Shopper()
    thief.sign_in(shops["home"])
    token = tokens.issue(user, shops["home"])
    link = asked_for_a_link(shops)

    # When
    ada = Shopper()
    page = choose(ada, link)

    # Then
    assert "Your new password is set" in page.content.decode()
    assert thief.who(shops["home"]) is None
    with pytest.raises(tokens.TokenRefused):
        tokens.check(token, shops["home"])
    assert ada.who(shops["apparel"]) is None
    ada.sign_in(shops["jewelry"], EMAIL, NEW)
    assert {ada.who(shop) for shop in shops.values()} == {EMAIL}
    assert letters(EMAIL)[-1].subject == "Your password was changed"


def test_the_link_works_once(shops: dict[str, Any]) -> None:
    customer()
    link = asked_for_a_link(shops)
    choose(Shopper(), link)

    page = Shopper().open(link)

    assert "This link has expired, or was used before." in page.content.decode()
    assert User.objects.get().check_password(NEW)


def test_opening_somebody_elses_link_signs_nobody_out_using_it_does(shops: dict[str, Any]) -> None:
    """A link in a mail or on a page could be anybody's."""
    # Given
    customer()
    customer("bob@example.com")
    bob = Shopper()
    bob.sign_in(shops["apparel"], "bob@example.com")
    reset = asked_for_a_link(shops)
    Shopper().fill(shops["home"], "/account/signup/", email="eve@example.com", password1=PASSWORD)
    confirm = link_in(letters("eve@example.com")[0])

    # When
    bob.open(confirm)
    bob.open(reset)

    # Then
    assert bob.who(shops["home"]) == "bob@example.com"

    # When
    choose(bob, reset)

    # Then
    assert bob.who(shops["home"]) is None
    assert User.objects.get(email=EMAIL).check_password(NEW)


def test_the_link_works_for_an_hour(shops: dict[str, Any], monkeypatch: Any) -> None:
    customer()
    link = asked_for_a_link(shops)
    an_hour_on = timezone.now() + timedelta(minutes=61)
    monkeypatch.setattr(
        PasswordResetTokenGenerator, "_now", lambda self: an_hour_on.replace(tzinfo=None)
    )

    page = Shopper().open(link)

    assert "This link has expired, or was used before." in page.content.decode()


def test_the_key_does_not_stay_in_the_address_bar(shops: dict[str, Any]) -> None:
    customer()
    link = asked_for_a_link(shops)
    ada = Shopper()

    ada.open(link)

    assert ada.url.endswith("-set-password/")
    assert link.rsplit("-", 1)[1] not in ada.url


@pytest.mark.parametrize(
    ("password", "again", "why"),
    [
        ("short", "short", "too short"),
        (NEW, "nine-loud-heron", "You must type the same password each time."),
        ("", "", "Please choose a password."),
    ],
)
def test_a_bad_new_password_changes_nothing(
    shops: dict[str, Any], password: str, again: str, why: str
) -> None:
    customer()

    page = choose(Shopper(), asked_for_a_link(shops), password, again)

    assert why in page.content.decode()
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize("key", ["3-nonsense", "zzzzzzzzzzzzzzzzzz-x", "0-set-password"])
def test_a_made_up_link_opens_nothing(shops: dict[str, Any], key: str) -> None:
    customer()

    page = Shopper().page(shops["home"], f"/account/password/reset/key/{key}/")

    assert page.status_code == 200
    assert "This link has expired, or was used before." in page.content.decode()


def test_a_changed_password_ends_all_other_sign_ins(shops: dict[str, Any]) -> None:
    # Given
    customer()
    here, there = Shopper(), Shopper()
    here.sign_in(shops["apparel"])
    there.sign_in(shops["home"])

    # When
    here.fill(
        shops["apparel"],
        "/account/password/change/",
        oldpassword=PASSWORD,
        password1=NEW,
        password2=NEW,
    )

    # Then
    assert here.url == "https://apparel.example/account/"
    assert {here.who(shop) for shop in shops.values()} == {EMAIL}
    assert {there.who(shop) for shop in shops.values()} == {None}
    assert User.objects.get().check_password(NEW)
    assert [letter.subject for letter in letters(EMAIL)] == ["Your password was changed"]


def test_who_does_not_know_the_old_password_changes_nothing(shops: dict[str, Any]) -> None:
    customer()
    ada = Shopper()
    ada.sign_in(shops["apparel"])

    page = ada.fill(
        shops["apparel"],
        "/account/password/change/",
        oldpassword="guess",
        password1=NEW,
        password2=NEW,
    )

    assert "This is not your current password." in page.content.decode()
    assert User.objects.get().check_password(PASSWORD)
    assert letters(EMAIL) == []


def prove(ada: Shopper, page: Any) -> Any:
    """Answer "Is it you?"."""
    assert "Is it you?" in page.content.decode()
    return ada.send(page, ada.url, password=PASSWORD)


def test_an_address_is_changed_when_the_new_one_is_confirmed(shops: dict[str, Any]) -> None:
    # Given
    customer()
    here, there = Shopper(), Shopper()
    here.sign_in(shops["apparel"])
    there.sign_in(shops["home"])

    # When
    page = prove(here, here.page(shops["apparel"], "/account/email/"))
    page = here.send(page, "/account/email/", email=NEW_EMAIL, action_add="")

    # Then
    assert "augusta@example.com is waiting to be confirmed" in page.content.decode()
    assert User.objects.get().email == EMAIL
    assert letters(EMAIL) == []

    # When
    page = here.open(link_in(letters(NEW_EMAIL)[0]))
    here.send(page, here.url)

    # Then
    assert User.objects.get().email == NEW_EMAIL
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [
        (NEW_EMAIL, True, True)
    ]
    assert [letter.subject for letter in letters(EMAIL)] == ["Your e-mail address was changed"]
    assert here.who(shops["home"]) == NEW_EMAIL
    assert there.who(shops["home"]) is None
    there.sign_in(shops["home"], EMAIL)
    assert there.who(shops["home"]) is None
    there.sign_in(shops["home"], NEW_EMAIL)
    assert there.who(shops["home"]) == NEW_EMAIL


def test_changing_ones_mind_keeps_the_old_address(shops: dict[str, Any]) -> None:
    customer()
    ada = Shopper()
    ada.sign_in(shops["apparel"])
    page = prove(ada, ada.page(shops["apparel"], "/account/email/"))
    page = ada.send(page, "/account/email/", email=NEW_EMAIL, action_add="")

    ada.send(page, "/account/email/", email=NEW_EMAIL, action_remove="")

    assert list(EmailAddress.objects.values_list("email", flat=True)) == [EMAIL]
    page = Shopper().open(link_in(letters(NEW_EMAIL)[0]))
    assert "This link has expired, or was used before." in page.content.decode()


def test_an_address_that_somebody_else_confirmed_cannot_be_taken(shops: dict[str, Any]) -> None:
    """The page says nothing of it; only the mailbox learns that somebody tried."""
    customer()
    customer(NEW_EMAIL)
    ada = Shopper()
    ada.sign_in(shops["apparel"])
    page = prove(ada, ada.page(shops["apparel"], "/account/email/"))
    page = ada.send(page, "/account/email/", email=NEW_EMAIL, action_add="")
    assert "augusta@example.com is waiting to be confirmed" in page.content.decode()

    page = ada.open(link_in(letters(NEW_EMAIL)[0]))

    assert "Another account has confirmed this address already." in page.content.decode()
    assert User.objects.get(emailaddress__email=EMAIL).email == EMAIL


def test_an_address_that_somebody_only_claimed_goes_to_who_can_confirm_it(
    shops: dict[str, Any],
) -> None:
    # Given a stranger has signed up with an address that is not theirs
    customer()
    Shopper().fill(shops["home"], "/account/signup/", email=NEW_EMAIL, password1="x-stranger-x")
    assert User.objects.count() == 2
    ada = Shopper()
    ada.sign_in(shops["apparel"])
    page = prove(ada, ada.page(shops["apparel"], "/account/email/"))

    # When (the stranger's sign-up mail was sent within the last minutes)
    ada.send(page, "/account/email/", email=NEW_EMAIL, action_add="")
    from django_redis import get_redis_connection

    get_redis_connection("default").flushdb()
    page = ada.page(shops["apparel"], "/account/email/")
    ada.send(page, "/account/email/", email=NEW_EMAIL, action_send="")
    page = ada.open(link_in(letters(NEW_EMAIL)[-1]))
    ada.send(page, ada.url)

    # Then
    assert User.objects.get().email == NEW_EMAIL


def test_a_staff_account_is_never_deleted_for_an_address(shops: dict[str, Any]) -> None:
    customer()
    User.objects.create_user(NEW_EMAIL, PASSWORD, is_staff=True)
    ada = Shopper()
    ada.sign_in(shops["apparel"])
    page = prove(ada, ada.page(shops["apparel"], "/account/email/"))
    ada.send(page, "/account/email/", email=NEW_EMAIL, action_add="")

    page = ada.open(link_in(letters(NEW_EMAIL)[0]))
    ada.send(page, ada.url)

    assert User.objects.filter(email__in=[EMAIL, NEW_EMAIL]).count() == 2


def test_an_account_that_the_store_api_uses_is_not_deleted_for_an_address(
    shops: dict[str, Any],
) -> None:
    """Its mailbox's owner can enter it by a new password."""
    customer()
    other = User.objects.create_user(NEW_EMAIL, PASSWORD)
    tokens.issue(other, shops["home"])
    ada = Shopper()
    ada.sign_in(shops["apparel"])
    page = prove(ada, ada.page(shops["apparel"], "/account/email/"))
    ada.send(page, "/account/email/", email=NEW_EMAIL, action_add="")

    page = ada.open(link_in(letters(NEW_EMAIL)[0]))
    page = ada.send(page, ada.url)

    assert "Another account has this address." in page.content.decode()
    assert User.objects.filter(email__in=[EMAIL, NEW_EMAIL]).count() == 2


def test_what_was_sent_before_proving_who_one_is_is_kept_nowhere(shops: dict[str, Any]) -> None:
    """django-allauth would keep the request, with its cookies, in the session's row."""
    customer()
    ada = Shopper()
    ada.sign_in(shops["apparel"])
    page = ada.page(shops["apparel"], "/account/name/")

    page = ada.send(page, "/account/email/", email=NEW_EMAIL, action_add="")

    assert "Is it you?" in page.content.decode()
    from sessionsync.records import SessionCodec

    for row in Session.objects.exclude(data=""):
        assert "account_reauthentication_state" not in SessionCodec().decode(row.data)
    ada.send(page, ada.url, password=PASSWORD)
    assert not EmailAddress.objects.filter(email=NEW_EMAIL).exists()


def test_proof_is_asked_for_again_after_five_minutes(
    shops: dict[str, Any], monkeypatch: Any
) -> None:
    customer()
    ada = Shopper()
    ada.sign_in(shops["apparel"])
    prove(ada, ada.page(shops["apparel"], "/account/email/"))
    assert "Is it you?" not in ada.page(shops["apparel"], "/account/email/").content.decode()

    from allauth.account.internal.flows import reauthentication

    real = reauthentication.time.time
    monkeypatch.setattr(reauthentication.time, "time", lambda: real() + 301)

    assert "Is it you?" in ada.page(shops["apparel"], "/account/email/").content.decode()
