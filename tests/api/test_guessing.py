"""Voucher codes cannot be tried by the dozen through the Store API either."""

from typing import Any

import pytest

from accounts.models import User
from accounts.tokens.services import issue
from carts import guessing
from carts.models import Cart
from tests.api.shopping import begin, everything, put
from tests.carts.helpers import make_variant
from tests.pricing.factories import promotion

pytestmark = pytest.mark.django_db

REFUSED = {
    "type": "too_many_requests",
    "message": "That was tried too often. Please wait a few minutes.",
}
MOST = guessing.LIMITS["holder"]


@pytest.fixture(autouse=True)
def _steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """One window of time, of which 540 seconds are left."""
    monkeypatch.setattr("carts.guessing.time", lambda: 1_800_000_060.0)


@pytest.fixture
def token(shops: Any) -> str:
    ann = User.objects.create_user("ann@example.com", "correct horse battery")
    return issue(ann, shops["galleria"])


def filled(call: Any, shops: Any, **options: Any) -> str:
    """A cart with something to discount."""
    cart = begin(call, **options)
    put(call, cart, make_variant(shops["galleria"], price="20.00"), **options)
    return cart


def guess(call: Any, cart: str, times: int, **options: Any) -> list[int]:
    """Try so many wrong codes, one by one; the statuses."""
    return [
        call(
            "POST", f"/store/carts/{cart}/promotions", {"promo_codes": [f"GUESS{n}"]}, **options
        ).status
        for n in range(times)
    ]


def test_after_twenty_wrong_codes_a_cart_takes_not_even_the_right_one(
    call: Any, shops: Any
) -> None:
    promotion("TEN")
    cart, other = filled(call, shops), filled(call, shops)
    assert guess(call, cart, MOST) == [400] * MOST
    before = everything()

    sent = {"promo_codes": ["TEN"], "email": "new@example.com"}
    for path in (f"/store/carts/{cart}/promotions", f"/store/carts/{cart}"):
        refused = call("POST", path, sent)
        assert (refused.status, refused.body) == (429, REFUSED)
        assert refused.headers["Retry-After"] == "541"
    assert everything() == before

    # Everything else goes on, and so does another cart.
    assert call("POST", f"/store/carts/{cart}", {"email": "new@example.com"}).status == 200
    assert call("POST", f"/store/carts/{other}", {"promo_codes": ["TEN"]}).status == 200


def test_right_codes_count_and_those_that_are_there_do_not(call: Any, shops: Any) -> None:
    promotion("TEN")
    cart = filled(call, shops)
    path = f"/store/carts/{cart}"
    # Clients send all codes with each change; only the first time it is a try.
    sent = [call("POST", path, {"promo_codes": ["TEN"]}).status for _ in range(MOST + 1)]
    assert sent == [200] * (MOST + 1)

    for _ in range(MOST - 1):
        call("POST", path, {"promo_codes": []})
        assert call("POST", path, {"promo_codes": ["TEN"]}).status == 200
    call("POST", path, {"promo_codes": []})

    assert call("POST", path, {"promo_codes": ["TEN"]}).status == 429
    assert Cart.objects.get().codes == []


def test_two_codes_in_one_call_are_two_tries(call: Any, shops: Any) -> None:
    promotion("TEN")
    promotion("MINUS5")
    cart = filled(call, shops)
    guess(call, cart, MOST - 1)
    before = everything()

    refused = call("POST", f"/store/carts/{cart}", {"promo_codes": ["TEN", "MINUS5"]})

    assert (refused.status, refused.body) == (429, REFUSED)
    assert everything() == before


def test_a_customer_has_the_same_tries_whatever_becomes_of_the_cart(
    call: Any, shops: Any, token: str
) -> None:
    promotion("TEN")
    cart = filled(call, shops, token=token)
    assert guess(call, cart, MOST, token=token) == [400] * MOST
    Cart.objects.all().delete()
    again = filled(call, shops, token=token)
    assert again != cart

    path = f"/store/carts/{again}/promotions"
    refused = call("POST", path, {"promo_codes": ["TEN"]}, token=token)

    assert (refused.status, refused.body) == (429, REFUSED)
    assert Cart.objects.get().codes == []


def test_an_address_is_counted_over_all_carts_also_new_ones(call: Any, shops: Any) -> None:
    promotion("TEN")
    call.client.defaults["REMOTE_ADDR"] = "203.0.113.7"
    item = {"variant_id": f"variant_{make_variant(shops['galleria']).pk}", "quantity": 1}
    for number in range(guessing.LIMITS["address"]):
        guessing.count_try(f"cart {number}", "203.0.113.7")

    refused = call("POST", "/store/carts", {"items": [item], "promo_codes": ["TEN"]})
    assert (refused.status, refused.body) == (429, REFUSED)
    assert Cart.objects.count() == 0

    call.client.defaults["REMOTE_ADDR"] = "203.0.113.8"
    served = call("POST", "/store/carts", {"items": [item], "promo_codes": ["TEN"]})
    assert served.status == 200
    assert Cart.objects.get().codes == ["TEN"]
