"""Two carts become one: nothing lost, nothing twice, nothing in silence."""

from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from carts import notices
from carts.merging import merge_carts
from carts.models import MAX_LINES, Cart, CartLine
from shop.catalogue.models import Variant
from tests.carts.helpers import contents, fill, make_shops, make_variant, new_key


def told(session_key: str) -> list[str]:
    """What the cart page would say."""
    return [notices.text(notice) for notice in Cart.objects.get(session_key=session_key).notices]


@pytest.mark.django_db
def test_a_cart_moves_as_it_is_where_the_winner_has_none() -> None:
    shops, loser, winner = make_shops(), new_key(), new_key()
    shirt = make_variant(shops["apparel"])
    cart = fill(loser, (shirt, shops["apparel"], 2))

    merge_carts(loser, winner)

    assert contents(winner) == [(shirt.pk, "apparel", 2)]
    assert Cart.objects.get().pk == cart.pk
    assert told(winner) == []


@pytest.mark.django_db
def test_nothing_to_move_changes_nothing() -> None:
    shops, loser, winner = make_shops(), new_key(), new_key()
    shirt = make_variant(shops["apparel"])
    fill(winner, (shirt, shops["apparel"], 2))

    merge_carts(loser, winner)
    merge_carts(winner, winner)

    assert contents(winner) == [(shirt.pk, "apparel", 2)]
    assert told(winner) == []


@pytest.mark.django_db
def test_quantities_add_up_and_both_origins_stay() -> None:
    shops, loser, winner = make_shops(), new_key(), new_key()
    shirt, bowl = make_variant(shops["apparel"]), make_variant(shops["home"])
    fill(winner, (shirt, shops["apparel"], 2))
    fill(
        loser, (shirt, shops["apparel"], 3), (shirt, shops["galleria"], 1), (bowl, shops["home"], 1)
    )

    merge_carts(loser, winner)

    assert contents(winner) == [
        (shirt.pk, "apparel", 5),
        (shirt.pk, "galleria", 1),
        (bowl.pk, "home", 1),
    ]
    assert not Cart.objects.filter(session_key=loser).exists()
    assert told(winner) == ["5 items from your other visit were added to this cart."]


@pytest.mark.django_db
def test_merging_twice_is_merging_once() -> None:
    shops, loser, winner = make_shops(), new_key(), new_key()
    shirt = make_variant(shops["apparel"])
    fill(winner, (shirt, shops["apparel"], 2))
    fill(loser, (shirt, shops["apparel"], 1))

    merge_carts(loser, winner)
    merge_carts(loser, winner)

    assert contents(winner) == [(shirt.pk, "apparel", 3)]
    assert told(winner) == ["1 item from your other visit was added to this cart."]


@pytest.mark.django_db
def test_stock_caps_the_sum_keeps_both_origins_and_says_so() -> None:
    shops, loser, winner = make_shops(), new_key(), new_key()
    shirt = make_variant(shops["apparel"], stock=4, title="Linen shirt")
    fill(winner, (shirt, shops["apparel"], 4))
    fill(loser, (shirt, shops["galleria"], 3))

    merge_carts(loser, winner)

    assert contents(winner) == [(shirt.pk, "apparel", 3), (shirt.pk, "galleria", 1)]
    assert told(winner) == [
        "“Linen shirt”: your two visits added up to 7. We kept 4, as no more are available."
    ]


@pytest.mark.django_db
def test_what_is_sold_out_is_left_out_and_named() -> None:
    shops, loser, winner = make_shops(), new_key(), new_key()
    shirt = make_variant(shops["apparel"], stock=0, title="Linen shirt")
    bowl = make_variant(shops["home"])
    fill(winner, (bowl, shops["home"], 1))
    fill(loser, (shirt, shops["apparel"], 2))

    merge_carts(loser, winner)

    assert contents(winner) == [(bowl.pk, "home", 1)]
    assert told(winner) == [
        "“Linen shirt” (2 in your cart) was left out when your two visits came together: it is "
        "sold out."
    ]


@pytest.mark.django_db
def test_the_most_of_one_item_is_kept_to_and_named() -> None:
    shops, loser, winner = make_shops(), new_key(), new_key()
    shirt = make_variant(shops["apparel"], title="Linen shirt")
    fill(winner, (shirt, shops["apparel"], 60))
    fill(loser, (shirt, shops["apparel"], 60))

    merge_carts(loser, winner)

    assert contents(winner) == [(shirt.pk, "apparel", 99)]
    assert told(winner) == [
        "39 items from your other visit were added to this cart.",
        "“Linen shirt”: your two visits added up to 120. We kept 99, as one order takes at most "
        "99.",
    ]


@pytest.mark.django_db
def test_lines_beyond_the_most_a_cart_takes_are_left_out_and_named() -> None:
    shops, loser, winner = make_shops(), new_key(), new_key()
    ours = [make_variant(shops["apparel"]) for _ in range(MAX_LINES - 1)]
    theirs = [make_variant(shops["apparel"], title=f"Late {number}") for number in range(3)]
    fill(winner, *((thing, shops["apparel"], 1) for thing in ours))
    fill(loser, *((thing, shops["apparel"], 2) for thing in theirs))

    merge_carts(loser, winner)

    assert len(contents(winner)) == MAX_LINES
    assert contents(winner)[-1] == (theirs[0].pk, "apparel", 2)
    assert told(winner) == [
        "2 items from your other visit were added to this cart.",
        "“Late 1” (2) from your other visit was left out: a cart takes at most 100 different "
        "entries.",
        "“Late 2” (2) from your other visit was left out: a cart takes at most 100 different "
        "entries.",
    ]


@pytest.mark.django_db
def test_a_line_the_merge_does_not_touch_stays_even_if_its_stock_fell() -> None:
    shops, loser, winner = make_shops(), new_key(), new_key()
    shirt, bowl = make_variant(shops["apparel"], stock=1), make_variant(shops["home"])
    fill(winner, (shirt, shops["apparel"], 3))
    fill(loser, (bowl, shops["home"], 1))

    merge_carts(loser, winner)

    assert contents(winner) == [(shirt.pk, "apparel", 3), (bowl.pk, "home", 1)]


@pytest.mark.django_db
def test_notices_not_yet_read_move_along_and_are_said_in_the_pages_language() -> None:
    shops, loser, winner = make_shops(), new_key(), new_key()
    fill(winner, (make_variant(shops["home"]), shops["home"], 1))
    fill(loser, (make_variant(shops["apparel"]), shops["apparel"], 1))
    Cart.objects.filter(session_key=loser).update(notices=[notices.joined(7)])

    merge_carts(loser, winner)

    stored = Cart.objects.get(session_key=winner).notices
    assert stored == [{"code": "joined", "count": 7}, {"code": "joined", "count": 1}]
    with translation.override("zh-hans"):
        assert all(notices.text(notice) for notice in stored)


@pytest.mark.django_db
def test_queries_do_not_grow_with_the_carts() -> None:
    shops = make_shops()
    counts = []
    for size in (1, 5, 40):
        loser, winner = new_key(), new_key()
        shared = [make_variant(shops["apparel"], stock=5) for _ in range(size)]
        fill(winner, *((thing, shops["apparel"], 4) for thing in shared))
        fill(loser, *((thing, shops["apparel"], 4) for thing in shared))
        fill(loser, *((thing, shops["galleria"], 4) for thing in shared))
        with CaptureQueriesContext(connection) as queries:
            merge_carts(loser, winner)
        assert sum(line[2] for line in contents(winner)) == 5 * size
        counts.append(len(queries))
    assert counts == [counts[0]] * 3


LINES = st.dictionaries(
    st.tuples(st.integers(0, 3), st.sampled_from(["galleria", "apparel", "home"])),
    st.integers(1, 99),
    max_size=8,
)


class AnyTwoCarts(TestCase):
    """Whatever two carts hold: all of it stays, up to stock and limits, and every loss is told."""

    @given(
        ours=LINES,
        theirs=LINES,
        stocks=st.lists(st.none() | st.integers(0, 120), min_size=4, max_size=4),
    )
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_conserves(self, ours: Any, theirs: Any, stocks: list[int | None]) -> None:
        shops, loser, winner = make_shops(), new_key(), new_key()
        things = [make_variant(*shops.values(), stock=stock) for stock in stocks]
        for key, lines in ((winner, ours), (loser, theirs)):
            fill(key, *((things[thing], shops[slug], n) for (thing, slug), n in lines.items()))

        merge_carts(loser, winner)
        merge_carts(loser, winner)

        assert not Cart.objects.filter(session_key=loser).exists()
        after = Counter[int]()
        for variant_id, _slug, quantity in contents(winner):
            after[variant_id] += quantity
        losses = {
            notice["item"]: (notice["wanted"], notice["kept"])
            for notice in Cart.objects.get(session_key=winner).notices
            if notice["code"] == "reduced"
        }
        for number, thing in enumerate(things):
            asked = sum(n for (t, _), n in [*ours.items(), *theirs.items()] if t == number)
            brought = any(t == number for t, _ in theirs)
            limit = _limit(thing) if brought else asked
            assert after[thing.pk] == min(asked, limit)
            expected = (asked, limit) if asked > limit else None
            assert losses.get(str(thing)) == expected
            kept = CartLine.objects.filter(cart__session_key=winner, variant=thing).count()
            origins = len({slug for t, slug in [*ours, *theirs] if t == number})
            assert kept == min(origins, limit)


def _limit(variant: Variant) -> int:
    return 99 if variant.sellable is None else min(99, variant.sellable)


def test_in_chinese_what_was_saved_is_listed_with_its_own_marks() -> None:
    told = notices.saved([("Ring", 3), ("Lamp", 1), *[("Cup", 2)] * 4])

    with override("zh-hans"):
        assert notices.text(told) == (
            "已随您的账户保存，现已放回此购物车：3 × “Ring”、1 × “Lamp”、2 × “Cup”、2 × “Cup”、"
            "2 × “Cup”，以及另外 2 件。"
        )
    assert notices.text(told) == (
        "Saved with your account and in this cart again: 3 × “Ring”, 1 × “Lamp”, 2 × “Cup”, "
        "2 × “Cup”, 2 × “Cup”, and 2 more."
    )
