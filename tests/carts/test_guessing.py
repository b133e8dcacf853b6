"""Who tries voucher codes by the dozen is stopped; who mistypes one is not."""

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from carts import guessing
from carts.guessing import TooManyCodes, count_try
from carts.models import Cart
from tests.carts.helpers import fill, make_shops, make_variant, new_key, shopper
from tests.pricing.factories import D, promotion

pytestmark = pytest.mark.django_db

SAID = "That was tried too often. Please wait a few minutes."


@pytest.fixture(autouse=True)
def _steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """One window of time, however long the test takes."""
    monkeypatch.setattr("carts.guessing.time", lambda: 1_800_000_000.0)


def told(client: Client, code: str) -> list[str]:
    answer = client.post("/cart/voucher/", {"code": code})
    return [str(each) for each in get_messages(answer.wsgi_request)][-1:]


def test_a_session_has_twenty_tries_and_then_not_even_the_right_one_counts() -> None:
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["home"], price="50.00"), shops["home"], 1))
    promotion("WELCOME10", percent=D(10))
    client = shopper(key, shops["home"])

    for number in range(20):
        assert told(client, f"GUESS{number}") != [SAID]
    assert told(client, "WELCOME10") == [SAID]

    assert Cart.objects.get().codes == []
    # What is in the cart can be taken out all the same.
    Cart.objects.update(codes=["WELCOME10"])
    client.post("/cart/voucher/", {"remove": "WELCOME10"})
    assert Cart.objects.get().codes == []


@pytest.mark.parametrize(
    ("address", "elsewhere"),
    [("203.0.113.7", "203.0.113.8"), ("2001:db8:1:2::{number}", "2001:db8:1:3::1")],
)
def test_an_address_is_counted_over_all_its_sessions(address: str, elsewhere: str) -> None:
    for number in range(guessing.LIMITS["address"]):
        count_try(f"session-{number}", address.format(number=number))

    with pytest.raises(TooManyCodes):
        count_try("another", address.format(number="ffff"))
    count_try("another", elsewhere)


@pytest.mark.parametrize("address", ["", "127.0.0.1", "::1", "unix:"])
def test_a_proxy_that_names_nobody_stands_for_everyone(address: str) -> None:
    for number in range(guessing.LIMITS["address"] + 1):
        count_try(f"session-{number}", address)


def test_the_next_stretch_of_time_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    for _time in range(guessing.LIMITS["holder"]):
        count_try("mine", "")
    with pytest.raises(TooManyCodes):
        count_try("mine", "")

    later = 1_800_000_000.0 + guessing.WINDOW
    monkeypatch.setattr("carts.guessing.time", lambda: later)
    count_try("mine", "")


def test_without_redis_nobody_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # As django-redis answers when it cannot reach the server (IGNORE_EXCEPTIONS).
    monkeypatch.setattr("carts.guessing.cache.add", lambda *args: False)
    monkeypatch.setattr("carts.guessing.cache.incr", lambda *args: None)
    for _time in range(guessing.LIMITS["holder"] + 1):
        count_try("mine", "203.0.113.7")
