"""What each kind of offer takes off, what limits it, and how offers meet; exact values."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from shop.pricing.breakdown import Breakdown
from shop.pricing.models import CustomerGroup, Promotion, QuantityBreak, Voucher
from tests.carts.helpers import make_shops, make_variant
from tests.factories import CategoryFactory
from tests.pricing.factories import STANDARD, D, adds_up, priced, promotion, tax

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def off(found: Breakdown) -> list[list[Decimal]]:
    """What comes off each line, discount by discount; and that all of it adds up."""
    adds_up(found)
    return [[each.amount for each in line.discounts] for line in found.lines]


def named(found: Breakdown) -> list[tuple[str, str, Decimal]]:
    return [(each.name, each.code, each.amount) for each in found.discounts]


def test_a_percentage_of_the_sum_is_rounded_once_and_split_to_the_cent() -> None:
    shops = make_shops()
    promotion(name="Ten off", percent=D(10))
    lines = [(make_variant(price=each), shops["home"], 1) for each in ("13.88", "13.88", "13.89")]

    found = priced(*lines)

    # 10 % of 41.65 is 4.165: 4.17, not three times 1.39 rounded each for itself.
    assert named(found) == [("Ten off", "", D("4.17"))]
    assert off(found) == [[D("1.39")], [D("1.39")], [D("1.39")]]
    assert found.total == D("37.48")


def test_an_amount_off_is_split_over_what_it_counts_and_never_more_than_that() -> None:
    shops = make_shops()
    promotion(kind="fixed", amount=D(5), name="Five off")
    shirt, socks = make_variant(price="50.00"), make_variant(price="10.00")

    found = priced((shirt, shops["home"], 1), (socks, shops["home"], 1))
    assert off(found) == [[D("4.17")], [D("0.83")]]

    cheap = priced((make_variant(price="3.00"), shops["home"], 1), shipping=STANDARD)
    assert (off(cheap), cheap.total) == ([[D("3.00")]], D("4.90"))


def test_delivery_is_free_or_cheaper_and_nothing_else_is() -> None:
    shops = make_shops()
    shirt = make_variant(price="50.00")
    offer = promotion(kind="free-shipping", name="Free delivery")

    found = priced((shirt, shops["home"], 1), shipping=STANDARD)
    assert found.shipping is not None
    assert (found.shipping.price, found.shipping.discount, found.shipping.total) == (
        D("4.90"),
        D("4.90"),
        D("0.00"),
    )
    assert (off(found), named(found)) == ([[]], [("Free delivery", "", D("4.90"))])
    assert found.total == D("50.00")

    undecided = priced((shirt, shops["home"], 1))
    assert (undecided.discounts, undecided.refused_codes) == ((), {})

    Promotion.objects.filter(pk=offer.pk).update(amount=D("3.00"))
    found = priced((shirt, shops["home"], 1), shipping=STANDARD)
    assert (found.shipping_total, found.total) == (D("1.90"), D("51.90"))


@pytest.mark.parametrize(
    ("quantities", "expected"),
    [
        ((1, 1, 0), [[], []]),  # two pieces: one short
        ((1, 1, 1), [[], [], [D("4.00")]]),  # the cheapest of three
        ((2, 2, 2), [[], [], [D("8.00")]]),
        ((4, 1, 1), [[], [D("6.00")], [D("4.00")]]),
        ((5, 0, 0), [[D("10.00")]]),
    ],
)
def test_of_three_the_cheapest_is_free(
    quantities: tuple[int, int, int], expected: list[list[Decimal]]
) -> None:
    shops = make_shops()
    promotion(kind="buy-get", buy_quantity=2, get_quantity=1, percent=D(100))
    things = [make_variant(price=each) for each in ("10.00", "6.00", "4.00")]
    lines = [
        (thing, shops["home"], quantity)
        for thing, quantity in zip(things, quantities, strict=True)
        if quantity
    ]

    assert off(priced(*lines)) == expected


def test_the_second_one_at_half_price_is_rounded_by_the_piece() -> None:
    shops = make_shops()
    promotion(kind="buy-get", buy_quantity=1, get_quantity=1, percent=D(50))

    found = priced((make_variant(price="0.99"), shops["home"], 5))

    assert off(found) == [[D("1.00")]]  # two of five, 0.495 each


def test_only_what_is_in_a_category_below_it_or_named_counts() -> None:
    shops = make_shops()
    clothing = CategoryFactory(name="Clothing")
    shirts = CategoryFactory(name="Shirts", parent=clothing)
    homeware = CategoryFactory(name="Homeware")
    shirt = make_variant(price="20.00", category=shirts)
    coat = make_variant(price="100.00", category=clothing)
    bowl = make_variant(price="10.00", category=homeware)
    lamp, loose = make_variant(price="40.00", category=homeware), make_variant(price="8.00")
    promotion(categories=[clothing], products=[bowl.product])

    found = priced(*((each, shops["home"], 1) for each in (shirt, coat, bowl, lamp, loose)))

    assert off(found) == [[D("2.00")], [D("10.00")], [D("1.00")], [], []]


def test_what_was_put_in_on_a_storefront_counts_wherever_it_is_ordered() -> None:
    shops = make_shops()
    shirt = make_variant(price="20.00")
    promotion(storefronts=[shops["apparel"]])
    lines = [(shirt, shops["apparel"], 1), (shirt, shops["home"], 1)]

    for shop in shops.values():
        assert off(priced(*lines, storefront=shop)) == [[D("2.00")], []]


def test_a_group_is_known_by_who_is_signed_in() -> None:
    shops = make_shops()
    club = CustomerGroup.objects.create(name="Club")
    ada, eve = (User.objects.create_user(f"{name}@example.com") for name in ("ada", "eve"))
    club.members.add(ada)
    promotion(groups=[club])
    promotion("CLUB", groups=[club], percent=D(20))
    line = (make_variant(price="20.00"), shops["home"], 1)

    assert off(priced(line, customer=ada)) == [[D("2.00")]]
    assert off(priced(line, customer=eve)) == [[]]
    # A typed address proves nothing.
    found = priced(line, email="ada@example.com", codes=["club"])
    assert off(found) == [[]]
    assert found.refused_codes == {
        "club": "This offer is for certain customers. If you are one of them, please log in."
    }


def test_the_minimum_is_of_what_counts_after_breaks_and_before_discounts() -> None:
    shops = make_shops()
    shirt, bowl = make_variant(price="20.00"), make_variant(price="50.00")
    QuantityBreak.objects.create(variant=shirt, minimum=3, price=D("13.33"))
    promotion(products=[shirt.product], minimum_total=D("40.00"), name="Shirts")
    promotion(percent=D(50), name="Everything")

    def names(quantity: int) -> list[str]:
        found = priced((shirt, shops["home"], quantity), (bowl, shops["home"], 1))
        adds_up(found)
        return [each.name for each in found.discounts]

    assert names(1) == ["Everything"]
    assert names(2) == ["Shirts", "Everything"]
    assert names(3) == ["Everything"]  # 39.99
    assert names(4) == ["Shirts", "Everything"]


@pytest.mark.parametrize(
    ("starts", "ends", "runs"),
    [
        (None, None, True),
        (0, 1, True),  # the first moment counts,
        (-1, 0, False),  # the last one does not
        (1, 2, False),
        (-2, -1, False),
        (None, 1, True),
        (-1, None, True),
    ],
)
def test_it_runs_from_its_first_moment_to_before_its_last(
    starts: int | None, ends: int | None, runs: bool
) -> None:
    shops = make_shops()
    promotion(
        starts_at=None if starts is None else NOW + timedelta(hours=starts),
        ends_at=None if ends is None else NOW + timedelta(hours=ends),
    )

    found = priced((make_variant(price="20.00"), shops["home"], 1), at=NOW)

    assert off(found) == [[D("2.00")] if runs else []]


def test_switched_off_or_used_up_it_does_not_run() -> None:
    shops = make_shops()
    promotion(is_active=False)
    promotion(usage_limit=3, used=3)

    assert off(priced((make_variant(), shops["home"], 1))) == [[]]


def test_combinable_offers_add_up_each_from_the_full_price() -> None:
    shops = make_shops()
    promotion(name="A", percent=D(10))
    promotion(name="B", percent=D(20), priority=5)
    promotion(name="C", kind="fixed", amount=D(5))

    found = priced((make_variant(price="100.00"), shops["home"], 1))

    assert named(found) == [("B", "", D(20)), ("A", "", D(10)), ("C", "", D(5))]
    assert (found.total, found.discount_total) == (D(65), D(35))


def test_together_they_stop_at_nothing_left_and_an_amount_goes_on_to_the_others() -> None:
    shops = make_shops()
    shirt, socks = make_variant(price="50.00"), make_variant(price="10.00")
    promotion(name="Free socks", products=[socks.product], percent=D(100), priority=9)
    promotion(name="Five", kind="fixed", amount=D(5))
    promotion(name="Socks again", products=[socks.product], percent=D(10))

    found = priced((shirt, shops["home"], 1), (socks, shops["home"], 1))

    assert off(found) == [[D("5.00")], [D("10.00")]]
    assert named(found) == [("Free socks", "", D(10)), ("Five", "", D(5))]
    assert found.total == D("45.00")


def test_one_that_cannot_be_combined_counts_if_it_saves_more_than_the_others() -> None:
    shops = make_shops()
    promotion(name="A", percent=D(10))
    promotion(name="B", percent=D(15))
    promotion(name="Alone", percent=D(20), combinable=False)
    best = promotion(name="Alone too", percent=D(26), combinable=False)
    line = (make_variant(price="100.00"), shops["home"], 1)

    assert named(priced(line)) == [("Alone too", "", D(26))]

    Promotion.objects.filter(pk=best.pk).update(percent=D(25))
    assert named(priced(line)) == [("A", "", D(10)), ("B", "", D(15))]  # equal: they come first


def test_of_two_equal_ones_the_higher_priority_counts_then_the_older() -> None:
    shops = make_shops()
    promotion(name="First", combinable=False)
    second = promotion(name="Second", combinable=False)
    line = (make_variant(price="100.00"), shops["home"], 1)

    assert named(priced(line)) == [("First", "", D(10))]
    Promotion.objects.filter(pk=second.pk).update(priority=1)
    assert named(priced(line)) == [("Second", "", D(10))]


def test_a_code_works_in_any_case_and_spacing() -> None:
    shops = make_shops()
    promotion("Welcome10", name="Welcome")
    line = (make_variant(price="100.00"), shops["home"], 1)

    for typed in ("WELCOME10", "welcome10", "  Welcome 10 ", "\uff37elcome10"):
        found = priced(line, codes=[typed])
        assert (named(found), found.refused_codes) == ([("Welcome", "WELCOME10", D(10))], {})
    assert named(priced(line)) == []


def refusal(
    code: str,
    *lines: Any,
    **more: Any,
) -> str:
    found = priced(*lines, codes=[code], at=NOW, **more)
    adds_up(found)
    assert code not in {each.code for each in found.discounts}
    return found.refused_codes[code]


def test_each_refusal_says_why() -> None:
    shops = make_shops()
    shirt, bowl = make_variant(price="20.00"), make_variant(price="10.00")
    line = (shirt, shops["home"], 1)
    day = timedelta(days=1)
    promotion("ENDED", ends_at=datetime(2026, 5, 3, tzinfo=UTC))
    promotion("ENDEDLONGAGO", ends_at=datetime(2025, 5, 3, tzinfo=UTC))
    promotion("LATER", starts_at=NOW + day)
    promotion("OWNEND", voucher={"ends_at": NOW - day})
    promotion("OFF", is_active=False)
    promotion("CODEOFF", voucher={"is_active": False})
    promotion("GONE", usage_limit=2, used=2)
    promotion("CODEGONE", voucher={"usage_limit": 1, "used": 1})
    promotion("BOWLS", products=[bowl.product])
    promotion("BIG", minimum_total=D("50.00"))
    promotion("BIGSHIRTS", minimum_total=D("50.00"), products=[shirt.product])
    promotion("THREE", kind="buy-get", buy_quantity=2, get_quantity=1, percent=D(100))

    assert {
        code: refusal(code, line)
        for code in (
            "NOSUCH",
            "",
            "\x00",
            "x" * 500,
            "ENDED",
            "ENDEDLONGAGO",
            "LATER",
            "OWNEND",
            "OFF",
            "CODEOFF",
            "GONE",
            "CODEGONE",
            "BOWLS",
            "BIG",
            "BIGSHIRTS",
            "THREE",
        )
    } == {
        "NOSUCH": "We do not know this code. Please check its spelling.",
        "": "We do not know this code. Please check its spelling.",
        "\x00": "We do not know this code. Please check its spelling.",
        "x" * 500: "We do not know this code. Please check its spelling.",
        "ENDED": "This code ended on May 3.",
        "ENDEDLONGAGO": "This code ended on May 3, 2025.",
        "LATER": "This code is valid from June 2.",
        "OWNEND": "This code ended on May 31.",
        "OFF": "This code is not valid at the moment.",
        "CODEOFF": "This code is not valid at the moment.",
        "GONE": "This code has been used as often as it could be.",
        "CODEGONE": "This code has been used as often as it could be.",
        "BOWLS": "Nothing in your cart is part of this offer.",
        "BIG": "This offer begins at €50.00: €30.00 more to go.",
        "BIGSHIRTS": "This offer begins when its items come to €50.00: €30.00 more to go.",
        "THREE": "This offer needs 2 more items that are part of it.",
    }


def test_a_code_that_is_outdone_says_by_what() -> None:
    shops = make_shops()
    line = (make_variant(price="100.00"), shops["home"], 1)
    promotion("SMALL", name="Small")
    promotion("ALONE", name="Alone", percent=D(15), combinable=False)
    promotion(name="Sale", percent=D(20), combinable=False)

    found = priced(line, codes=["small", "alone"])

    told = "It cannot be combined with “Sale”, which saves you more."
    assert (named(found), found.refused_codes) == (
        [("Sale", "", D(20))],
        {"small": told, "alone": told},
    )


def test_the_same_offer_counts_once_however_many_codes_bring_it() -> None:
    shops = make_shops()
    line = (make_variant(price="100.00"), shops["home"], 1)
    offer = promotion("ONE", name="One")
    Voucher.objects.create(code="TWO", promotion=offer)
    Voucher.objects.create(code="AUTO", promotion=promotion(name="Runs anyway"))

    found = priced(line, codes=["one", "two", "auto", "ONE "])

    assert named(found) == [("One", "ONE", D(10)), ("Runs anyway", "", D(10))]
    assert found.refused_codes == {
        "two": "“ONE” is a code for the same offer.",
        "ONE ": "“ONE” is a code for the same offer.",
        "auto": "You get “Runs anyway” without a code.",
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "percentage", "percent": None},
        {"kind": "percentage", "percent": D(0)},
        {"kind": "percentage", "percent": D("100.01")},
        {"kind": "fixed", "amount": None},
        {"kind": "fixed", "amount": D(0)},
        {"kind": "fixed", "amount": D(-1)},
        {"kind": "buy-get", "buy_quantity": 1, "get_quantity": 0, "percent": D(100)},
        {"kind": "buy-get", "buy_quantity": 1, "percent": D(100)},
        {"kind": "something"},
        {"usage_limit": 1, "used": 2},
        {"starts_at": NOW, "ends_at": NOW},
    ],
)
def test_the_database_refuses_an_offer_that_makes_no_sense(fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        promotion(**fields)


def test_the_example_in_the_documentation() -> None:
    shops = make_shops()
    tax("DE", "19")
    candles = CategoryFactory(name="Candles")
    candle = make_variant(price="14.50", category=candles)
    mugs = make_variant(price="36.00")
    QuantityBreak.objects.create(variant=mugs, minimum=3, price=D("32.40"))
    promotion(
        name="Three for two", kind="buy-get", buy_quantity=2, get_quantity=1, percent=D(100),
        categories=[candles],
    )  # fmt: skip
    promotion("WELCOME10", name="Welcome")

    found = priced(
        (candle, shops["home"], 3),
        (mugs, shops["home"], 3),
        codes=["WELCOME10"],
        shipping=STANDARD,
    )

    assert off(found) == [[D("14.50"), D("4.35")], [D("9.72")]]
    assert [line.tax for line in found.lines] == [D("3.94"), D("13.97")]
    assert (found.items_subtotal, found.total, found.tax_total) == (
        D("140.70"),
        D("117.03"),
        D("18.69"),
    )
