"""Nobody learns here whether an address has an account, nor tries passwords without end."""

import re
from typing import Any

import pytest
from django.test import Client
from django_redis import get_redis_connection

from accounts.models import User
from sessionsync import store
from shop.ops.ports import free_port
from tests.accounts import counting
from tests.accounts.shopper import PASSWORD, Shopper, customer, letters

pytestmark = pytest.mark.django_db
KNOWN, UNKNOWN = "ada@example.com", "bob@example.com"
WRONG = "not-the-right-one"
_CHANGES = re.compile(
    r'name="csrfmiddlewaretoken" value="[^"]+"|nonce="[^"]+"|_st=[\w.]+|(ada|bob)@example\.com'
)


def same_for_everybody(page: Any) -> tuple[int, str]:
    """Status and text of a page, without what differs from visit to visit."""
    return page.status_code, _CHANGES.sub("…", page.content.decode())


@pytest.fixture
def hashes(settings: Any) -> list[str]:
    """What was hashed since the test began."""
    settings.PASSWORD_HASHERS = [counting.PATH]
    customer(KNOWN)
    counting.hashed.clear()
    return counting.hashed


def test_a_sign_in_answers_alike(shops: dict[str, Any], hashes: list[str]) -> None:
    known, unknown = Shopper(), Shopper()

    answer = known.sign_in(shops["apparel"], KNOWN, WRONG)
    for_known = len(hashes)
    other = unknown.sign_in(shops["apparel"], UNKNOWN, WRONG)

    assert "do not belong together" in answer.content.decode()
    assert same_for_everybody(answer) == same_for_everybody(other)
    assert (for_known, len(hashes)) == (1, 2)


def test_a_sign_up_answers_alike(shops: dict[str, Any], hashes: list[str]) -> None:
    known, unknown = Shopper(), Shopper()

    answer = known.fill(shops["apparel"], "/account/signup/", email=KNOWN, password1=PASSWORD)
    for_known = len(hashes)
    other = unknown.fill(shops["apparel"], "/account/signup/", email=UNKNOWN, password1=PASSWORD)

    assert (known.url, known.hops[1:]) == (unknown.url, known.hops[1:])
    assert same_for_everybody(answer) == same_for_everybody(other)
    assert (for_known, len(hashes)) == (1, 2)
    assert [letter.subject for letter in letters(KNOWN)] == ["You have an account already"]
    assert [letter.subject for letter in letters(UNKNOWN)] == ["Please confirm your e-mail address"]
    assert User.objects.get(email=KNOWN).check_password(PASSWORD)


def test_a_weak_password_is_told_alike(shops: dict[str, Any]) -> None:
    customer(KNOWN)
    answers = [
        same_for_everybody(
            Shopper().fill(shops["apparel"], "/account/signup/", email=email, password1="x")
        )
        for email in (KNOWN, UNKNOWN)
    ]
    assert answers[0] == answers[1]


def test_asking_for_a_new_password_answers_alike(shops: dict[str, Any]) -> None:
    customer(KNOWN)
    pages = {}
    for email in (KNOWN, UNKNOWN):
        browser = Shopper()
        pages[email] = browser.fill(shops["home"], "/account/password/reset/", email=email)
        assert browser.url == "https://home.example/account/password/reset/done/"

    assert same_for_everybody(pages[KNOWN]) == same_for_everybody(pages[UNKNOWN])
    assert [letter.subject for letter in letters(KNOWN)] == ["Choose a new password"]
    assert [letter.subject for letter in letters(UNKNOWN)] == [
        "There is no account with this address"
    ]


def test_a_password_is_tried_five_times_on_whatever_site_and_port(shops: dict[str, Any]) -> None:
    """Attempts count by account: neither another domain nor a made-up port gives new ones."""
    customer()
    doors = ["apparel.example", "home.example", "jewelry.example:8443", "jewelry.example:1"]
    answers = []
    for attempt in range(7):
        client = Client(headers={"host": doors[attempt % len(doors)]})
        answers.append(
            client.post("/account/login/", {"login": KNOWN, "password": WRONG}).content.decode()
        )

    assert ["do not belong together" in answer for answer in answers] == [True] * 5 + [False] * 2
    assert ["tried too often" in answer for answer in answers] == [False] * 5 + [True] * 2
    right = Client(headers={"host": "galleria.example"}).post(
        "/account/login/", {"login": KNOWN, "password": PASSWORD}
    )
    assert right.status_code == 200
    assert "tried too often" in right.content.decode()


def test_the_staffs_door_counts_with_the_others(shops: dict[str, Any]) -> None:
    User.objects.create_superuser(KNOWN, PASSWORD)
    for _attempt in range(5):
        Client(headers={"host": "apparel.example"}).post(
            "/account/login/", {"login": KNOWN, "password": WRONG}
        )

    page = Client(headers={"host": "galleria.example"}).post(
        "/admin/login/", {"username": KNOWN, "password": PASSWORD}
    )

    assert page.status_code == 200
    assert "tried too often" in page.content.decode()


def test_a_new_password_ends_the_lock(shops: dict[str, Any]) -> None:
    customer()
    for _attempt in range(6):
        Shopper().sign_in(shops["apparel"], KNOWN, WRONG)
    ada = Shopper()
    ada.fill(shops["apparel"], "/account/password/reset/", email=KNOWN)
    link = re.search(r"https://\S+", letters(KNOWN)[-1].text)
    assert link

    new = "nine-loud-herons"
    ada.send(ada.open(link[0]), ada.url, password1=new, password2=new)

    ada.sign_in(shops["apparel"], KNOWN, new)
    assert ada.who(shops["apparel"]) == KNOWN


def post(path: str, data: dict[str, str], address: str) -> Any:
    return Client(headers={"host": "apparel.example"}).post(path, data, REMOTE_ADDR=address)


def test_one_address_tries_ten_accounts_a_minute(shops: dict[str, Any]) -> None:
    answers = [
        post("/account/login/", {"login": f"{n}@example.com", "password": WRONG}, "203.0.113.5")
        for n in range(12)
    ]
    elsewhere = post(
        "/account/login/", {"login": "0@example.com", "password": WRONG}, "203.0.113.6"
    )

    refused = ["tried too often" in answer.content.decode() for answer in answers]
    assert refused == [False] * 10 + [True] * 2
    assert "do not belong together" in elsewhere.content.decode()


def test_a_network_of_ipv6_addresses_is_one_address(shops: dict[str, Any]) -> None:
    refused = [
        "tried too often"
        in post(
            "/account/login/",
            {"login": f"{n}@example.com", "password": WRONG},
            f"2001:db8::{n + 1:x}",
        ).content.decode()
        for n in range(11)
    ]
    assert refused == [False] * 10 + [True]


def test_ipv4_that_is_written_as_ipv6_is_told_apart(shops: dict[str, Any]) -> None:
    refused = [
        "tried too often"
        in post(
            "/account/login/", {"login": f"{n}@example.com", "password": WRONG}, sender
        ).content.decode()
        for n, sender in enumerate(["::ffff:203.0.113.5"] * 11 + ["::ffff:203.0.113.6"])
    ]
    assert refused == [False] * 10 + [True, False]


def test_one_address_opens_twenty_accounts_a_minute(shops: dict[str, Any]) -> None:
    answers = [
        post(
            "/account/signup/", {"email": f"{n}@example.com", "password1": PASSWORD}, "203.0.113.5"
        )
        for n in range(21)
    ]

    assert [answer.status_code for answer in answers] == [302] * 20 + [429]
    assert answers[-1]["Retry-After"] == "60"
    assert "That was too often" in answers[-1].content.decode()
    assert User.objects.count() == 20


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", ""])
def test_an_address_that_stands_for_everybody_locks_nobody_out(
    shops: dict[str, Any], address: str
) -> None:
    """A proxy on this machine that names nobody, or a Unix socket."""
    answers = [
        post("/account/login/", {"login": f"{n}@example.com", "password": WRONG}, address)
        for n in range(35)
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert not any("tried too often" in answer.content.decode() for answer in answers)


def test_one_mailbox_gets_five_links_an_hour(shops: dict[str, Any]) -> None:
    customer()
    pages = [post("/account/password/reset/", {"email": KNOWN}, f"203.0.113.{n}") for n in range(6)]
    assert [page.status_code for page in pages] == [302] * 5 + [429]
    assert len(letters(KNOWN)) == 5


def test_while_nobody_can_count_nobody_gets_in_and_is_told_so(
    shops: dict[str, Any], settings: Any
) -> None:
    """Redis is away: passwords could be tried without end. The shop goes on."""
    # Given
    customer()
    client = Client(headers={"host": "galleria.example"})
    get_redis_connection("default").flushdb()
    cache = dict(settings.CACHES["default"], LOCATION=f"redis://127.0.0.1:{free_port()}/0")
    settings.CACHES = {"default": cache}
    store.breaker.reset()

    # When
    page = client.post("/account/login/", {"login": KNOWN, "password": PASSWORD})
    shop = client.get("/")
    store.breaker.reset()

    # Then
    assert page.status_code == 503
    assert page["Retry-After"] == "60"
    assert "Signing in does not work right now" in page.content.decode()
    assert shop.status_code == 200


def test_two_who_sign_up_with_one_address_at_once_make_one_account(shops: dict[str, Any]) -> None:
    """Both forms were checked before either was saved."""
    from allauth.core import context
    from django.contrib.messages.storage.cookie import CookieStorage
    from django.test import RequestFactory

    from accounts.forms.entrance import SignupForm
    from sessionsync.engine import SessionStore

    # Given
    request: Any = RequestFactory().post("/account/signup/", headers={"host": "apparel.example"})
    request.session, request.storefront = SessionStore(), shops["apparel"]
    request._messages = CookieStorage(request)
    from django.contrib.auth.models import AnonymousUser

    request.user = AnonymousUser()
    data = {"email": KNOWN, "password1": PASSWORD}
    with context.request_context(request):
        first, second = SignupForm(data), SignupForm(data)
        assert (first.is_valid(), second.is_valid()) == (True, True)

        # When
        made, _answer = first.try_save(request)
        again, answer = second.try_save(request)

    # Then
    assert made == User.objects.get()
    assert again is None
    assert answer is not None
    assert answer.headers["Location"] == "/account/confirm-email/"


def test_nothing_personal_is_logged(shops: dict[str, Any], caplog: Any) -> None:
    customer(first_name="Augusta")
    ada = Shopper()
    with caplog.at_level("DEBUG"):
        ada.sign_in(shops["apparel"], KNOWN, WRONG)
        ada.sign_in(shops["apparel"])
        ada.sign_out(shops["home"])
        ada.fill(shops["home"], "/account/password/reset/", email=KNOWN)
        link = re.search(r"https://\S+", letters(KNOWN)[-1].text)
        assert link
        ada.open(link[0])

    from shop.ops.logs import redact_text

    said = redact_text(caplog.text)
    for secret in (KNOWN, "Augusta", PASSWORD, WRONG, link[0].split("-", 1)[1].strip("/")):
        assert secret not in said
    events = [record.msg for record in caplog.records if record.name == "accounts"]
    assert [event["event"] for event in events if isinstance(event, dict)] == [
        "sign-in failed",
        "signed in",
        "signed out",
    ]
