"""Counting what is used: guarded, once for an order, and given back."""

from collections import Counter
from decimal import Decimal
from types import NoneType
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from shop.pricing.breakdown import Breakdown
from shop.pricing.models import Promotion, Redemption, Voucher
from shop.pricing.services import PromotionUsedUp, redeem, unredeem
from shop.storefronts.models import Storefront
from tests.carts.helpers import make_shops, make_variant, together
from tests.pricing.factories import STANDARD, D, priced, promotion

pytestmark = pytest.mark.django_db

GUEST: dict[str, Any] = {"customer": None, "email": "ada@example.com"}


def purchase(*codes: str, **more: Any) -> Breakdown:
    home = Storefront.objects.filter(slug="home").first() or make_shops()["home"]
    line = (make_variant(price="100.00"), home, 1)
    return priced(line, codes=codes, shipping=STANDARD, **more)


def used() -> dict[str, int]:
    counts = {offer.name: offer.used for offer in Promotion.objects.all()}
    return counts | {voucher.code: voucher.used for voucher in Voucher.objects.all()}


def test_what_counted_is_counted_and_nothing_else() -> None:
    promotion("TEN", name="Ten")
    promotion("SHIP", name="Ship", kind="free-shipping")
    promotion(name="Automatic", percent=D(5))
    promotion("UNUSED", name="Unused")
    promotion(name="Too big", minimum_total=D(1000))

    redeem(purchase("ten", "ship"), reference="order-1", **GUEST)

    assert used() == {
        "Ten": 1, "TEN": 1, "Ship": 1, "SHIP": 1, "Automatic": 1, "Unused": 0, "UNUSED": 0,
        "Too big": 0,
    }  # fmt: skip
    rows = Redemption.objects.order_by("promotion_id").values_list(
        "promotion__name", "voucher__code", "reference", "amount"
    )
    assert list(rows) == [
        ("Ten", "TEN", "order-1", D("10.00")),
        ("Ship", "SHIP", "order-1", D("4.90")),
        ("Automatic", None, "order-1", D("5.00")),
    ]


def test_the_same_reference_counts_once_and_is_given_back_once() -> None:
    promotion("TEN", name="Ten")
    found = purchase("TEN")

    for _time in range(2):
        redeem(found, reference="order-1", **GUEST)
    redeem(found, reference="order-2", **GUEST)
    assert used() == {"Ten": 2, "TEN": 2}

    for _time in range(2):
        unredeem("order-1")
    unredeem("never-was")
    assert used() == {"Ten": 1, "TEN": 1}
    assert Redemption.objects.get().reference == "order-2"

    redeem(found, reference="order-1", **GUEST)
    assert used() == {"Ten": 2, "TEN": 2}


def test_a_redemption_keeps_no_address() -> None:
    promotion(name="Automatic")
    redeem(purchase(), reference="order-1", customer=None, email=" Ada@Example.com")

    [row] = Redemption.objects.values()
    assert "ada" not in str(row).lower()
    assert row["email_fingerprint"]


def test_without_a_reference_or_discounts_nothing_is_counted() -> None:
    with pytest.raises(ValueError, match="reference"):
        redeem(purchase(), reference="", **GUEST)
    redeem(purchase(), reference="order-1", **GUEST)
    assert not Redemption.objects.exists()


@pytest.mark.parametrize("limited", ["promotion", "voucher"])
def test_beyond_the_limit_all_is_refused_and_nothing_is_counted(limited: str) -> None:
    promotion(name="Automatic", percent=D(5))
    if limited == "promotion":
        promotion("ONE", name="One", usage_limit=1)
    else:
        promotion("ONE", name="One", voucher={"usage_limit": 1})
    found = purchase("ONE")
    redeem(found, reference="order-1", **GUEST)

    with pytest.raises(PromotionUsedUp) as refusal, transaction.atomic():
        redeem(found, reference="order-2", **GUEST)

    assert str(refusal.value) == "The code “ONE” has just been used for the last time."
    assert used() == {"Automatic": 1, "One": 1, "ONE": 1}
    assert Redemption.objects.filter(reference="order-2").count() == 0
    assert purchase("ONE").refused_codes == {
        "ONE": "This code has been used as often as it could be."
    }
    unredeem("order-1")
    redeem(found, reference="order-2", **GUEST)
    assert used() == {"Automatic": 1, "One": 1, "ONE": 1}


def test_an_automatic_offer_that_is_used_up_is_named() -> None:
    promotion(name="First hundred", usage_limit=1)
    found = purchase()
    redeem(found, reference="order-1", **GUEST)

    with pytest.raises(PromotionUsedUp, match="“First hundred” has just ended"):
        redeem(found, reference="order-2", **GUEST)


@pytest.mark.parametrize("limited", ["promotion", "voucher"])
def test_one_customer_is_known_by_account_and_by_address_in_any_case(limited: str) -> None:
    most = {"usage_limit_per_customer": 1}
    if limited == "promotion":
        promotion("ONCE", name="Once", **most)
    else:
        promotion("ONCE", name="Once", voucher=most)
    ada, eve = (User.objects.create_user(f"{name}@example.com") for name in ("ada", "eve"))
    found = purchase("ONCE")
    redeem(found, reference="order-1", customer=ada, email="ada@work.example")

    for customer, email in (
        (ada, "other@example.com"),
        (None, " ADA@Work.Example "),
        (eve, "ada@work.example"),
    ):
        with pytest.raises(PromotionUsedUp):
            redeem(found, reference="order-2", customer=customer, email=email)
        told = purchase("ONCE", customer=customer, email=email).refused_codes
        assert told == {"ONCE": "You have used this code before."}
    assert used() == {"Once": 1, "ONCE": 1}

    redeem(found, reference="order-2", customer=eve, email="eve@example.com")
    assert used() == {"Once": 2, "ONCE": 2}
    # Nobody is known yet: the cart may show it, and the order is where it is counted.
    assert purchase("ONCE").refused_codes == {}


def test_an_account_that_is_deleted_is_still_known_by_its_address() -> None:
    promotion("ONCE", name="Once", usage_limit_per_customer=1)
    ada = User.objects.create_user("ada@example.com")
    redeem(purchase("ONCE"), reference="order-1", customer=ada, email="")
    ada.delete()

    with pytest.raises(PromotionUsedUp):
        redeem(purchase("ONCE"), reference="order-2", customer=None, email="ada@example.com")


@pytest.mark.django_db(transaction=True)
def test_sixty_four_orders_at_once_share_the_last_use_of_a_code() -> None:
    promotion("LAST", name="Last", usage_limit=3, used=2)
    promotion(name="Automatic", percent=D(5))
    found = purchase("LAST")

    def order(number: int) -> None:
        with transaction.atomic():
            redeem(found, reference=f"order-{number}", customer=None, email=f"{number}@x.example")

    results = together(*(lambda n=n: order(n) for n in range(64)))

    assert Counter(map(type, results)) == {NoneType: 1, PromotionUsedUp: 63}
    assert used() == {"Last": 3, "LAST": 1, "Automatic": 1}
    assert Redemption.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_one_customer_at_once_in_many_tabs_uses_it_once() -> None:
    promotion("ONCE", name="Once", usage_limit_per_customer=1)
    found = purchase("ONCE")

    def order(number: int) -> None:
        with transaction.atomic():
            redeem(found, reference=f"order-{number}", **GUEST)

    results = together(*(lambda n=n: order(n) for n in range(8)))

    assert [type(each) for each in results].count(PromotionUsedUp) == 7
    assert used() == {"Once": 1, "ONCE": 1}


@pytest.mark.django_db(transaction=True)
def test_the_same_order_at_once_counts_once() -> None:
    promotion("TEN", name="Ten")
    found = purchase("TEN")

    together(*[lambda: redeem(found, reference="order-1", **GUEST)] * 6)
    assert used() == {"Ten": 1, "TEN": 1}

    together(*[lambda: unredeem("order-1")] * 6)
    assert used() == {"Ten": 0, "TEN": 0}


@pytest.mark.django_db(transaction=True)
def test_offers_used_crosswise_do_not_lock_each_other_out() -> None:
    names = ["A", "B", "C", "D"]
    for name in names:
        promotion(name=name, kind="fixed", amount=Decimal(1))
    found = purchase()

    def order(number: int) -> None:
        with transaction.atomic():
            redeem(found, reference=f"order-{number}", **GUEST)
        unredeem(f"order-{number}")

    assert together(*(lambda n=n: order(n) for n in range(12))) == [None] * 12
    assert used() == dict.fromkeys(names, 0)
