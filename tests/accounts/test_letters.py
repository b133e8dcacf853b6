"""Mails about an account: what they say, in which language, and that they are well-formed."""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core import mail as sent
from django.core.management import call_command
from django.utils import translation

from accounts import letters
from accounts.letters import _LETTERS, Letter
from shop.mailing.models import OutgoingMail
from tests.accounts.ordering import make_order
from tests.accounts.shopper import PASSWORD, Shopper, customer

pytestmark = pytest.mark.django_db
CONTEXT = {
    "activate_url": "https://home.example/account/confirm-email/k/",
    "password_reset_url": "https://home.example/account/password/reset/",
    "signup_url": "https://home.example/account/signup/",
    "from_email": "ada@example.com",
    "to_email": "augusta@example.com",
    "timestamp": datetime(2026, 11, 21, 12, 0, tzinfo=UTC),
    "browser": "Firefox, Linux",
}


RESET = {"password_reset_url": "https://home.example/account/password/reset/key/1-k/"}


@pytest.mark.parametrize("event", sorted(_LETTERS))
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_letter_can_be_sent_in_every_language(
    shops: dict[str, Any], event: str, language: str
) -> None:
    context = CONTEXT | (RESET if event.endswith("password_reset_key") else {})
    with translation.override(language):
        letter = letters.letter_for(event, context)
        letters.send(
            letter, to="ada@example.com", storefront=shops["home"], site_url="https://home.example"
        )

    mail = OutgoingMail.objects.get()
    assert mail.language == language
    assert mail.subject == letter.subject
    assert "\n" not in mail.subject
    assert mail.text.rstrip().endswith("Home\nhttps://home.example/")
    for paragraph in (*letter.paragraphs, *letter.below):
        assert paragraph in mail.text
    if letter.link:
        assert letter.link in mail.text
        assert f'href="{letter.link}"' in mail.html
    assert mail.html.count("<h1") == 1
    assert mail.is_secret == any(f"/{what}/" in letter.link for what in ("confirm-email", "key"))


def test_what_a_letter_quotes_is_no_html(shops: dict[str, Any]) -> None:
    letter = Letter("<b>&amp;", ("<script>alert(1)</script>",), below=("a & b",))
    letters.send(letter, to="ada@example.com", storefront=shops["home"], site_url="https://x")

    mail = OutgoingMail.objects.get()
    assert "<script>" not in mail.html
    assert "<script>alert(1)</script>" in mail.text
    assert mail.subject == "<b>&amp;"


def test_a_letter_says_when_and_with_which_browser(shops: dict[str, Any]) -> None:
    letter = letters.letter_for("account/email/password_changed", CONTEXT)
    assert "When: Nov. 21, 2026, noon (UTC). Browser: Firefox, Linux." in letter.paragraphs
    unknown = letters.letter_for("account/email/password_changed", {**CONTEXT, "browser": ""})
    assert unknown.paragraphs[1].endswith("Browser: unknown.")


def test_a_letter_speaks_the_language_of_the_page(shops: dict[str, Any]) -> None:
    customer()
    ada = Shopper()
    ada.page(shops["apparel"], "/")
    ada.jar("apparel.example").cookies["django_language"] = "zh-hans"

    ada.fill(shops["apparel"], "/account/password/reset/", email="ada@example.com")

    assert OutgoingMail.objects.get().language == "zh-hans"


def test_links_that_open_an_account_are_secret_and_gone_once_they_are_sent(
    shops: dict[str, Any],
) -> None:
    # Given
    customer()
    make_order(shops["home"])
    ada = Shopper()
    ada.fill(shops["apparel"], "/account/password/reset/", email="ada@example.com")
    ada.fill(shops["apparel"], "/account/signup/", email="bob@example.com", password1=PASSWORD)
    ada.sign_in(shops["apparel"])
    page = ada.page(shops["apparel"], "/account/orders/")
    ada.send(page, "/account/orders/claim/")
    mails = OutgoingMail.objects.all()
    assert [mail.is_secret for mail in mails] == [True, True, True]

    # When
    call_command("send_outbox", stdout=StringIO())

    # Then
    assert [(mail.state, mail.text, mail.html) for mail in mails.all()] == [("sent", "", "")] * 3
    assert len(sent.outbox) == 3
    assert "/account/password/reset/key/" in str(sent.outbox[0].body)
