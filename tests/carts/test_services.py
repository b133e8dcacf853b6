"""Putting things into a cart, changing them, taking them out; and every refusal."""

import pytest
from django.db import transaction

from carts import notices, services
from carts.models import MAX_LINES, MAX_QUANTITY, Cart
from sessionsync.goods import SessionGone, ensure_rows
from sessionsync.models import Session
from tests.carts.helpers import GUEST, contents, fill, make_shops, make_variant, new_key

pytestmark = pytest.mark.django_db


def test_first_add_makes_the_cart() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"])

    line = services.add_line(key, shops["apparel"], shirt.pk, 2, by=GUEST)

    assert (line.quantity, line.variant, line.storefront) == (2, shirt, shops["apparel"])
    assert contents(key) == [(shirt.pk, "apparel", 2)]
    assert Cart.objects.get().customer is None


def test_adding_again_adds_up_on_the_same_storefront_and_keeps_origins_apart() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"])

    services.add_line(key, shops["apparel"], shirt.pk, 2, by=GUEST)
    services.add_line(key, shops["galleria"], shirt.pk, 1, by=GUEST)
    services.add_line(key, shops["apparel"], shirt.pk, 3, by=GUEST)

    assert contents(key) == [(shirt.pk, "apparel", 5), (shirt.pk, "galleria", 1)]


def test_an_alias_leads_to_the_cart_of_its_root() -> None:
    shops, old, root = make_shops(), *sorted([new_key(), new_key()])
    shirt = make_variant(shops["apparel"])
    ensure_rows([old, root])
    Session.objects.filter(key=old).update(state="linked", successor=root)

    services.add_line(old, shops["apparel"], shirt.pk, 1, by=GUEST)

    assert contents(root) == [(shirt.pk, "apparel", 1)]
    assert not Cart.objects.filter(session_key=old).exists()


def test_a_retired_session_is_refused_and_nothing_is_written() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"])
    ensure_rows([key])
    Session.objects.filter(key=key).update(state="retired")

    with pytest.raises(SessionGone):
        services.add_line(key, shops["apparel"], shirt.pk, 1, by=GUEST)

    assert not Cart.objects.exists()


@pytest.mark.parametrize("quantity", [-1, 0, MAX_QUANTITY + 1])
def test_a_quantity_out_of_range_is_refused(quantity: int) -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"])

    with pytest.raises(services.QuantityOutOfRange, match="from 1 to 99"):
        services.add_line(key, shops["apparel"], shirt.pk, quantity, by=GUEST)

    assert not Cart.objects.exists()


def test_the_limit_counts_all_lines_of_a_variant() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"])
    fill(key, (shirt, shops["galleria"], 60))

    with pytest.raises(services.QuantityOutOfRange):
        services.add_line(key, shops["apparel"], shirt.pk, 40, by=GUEST)
    assert contents(key) == [(shirt.pk, "galleria", 60)]

    services.add_line(key, shops["apparel"], shirt.pk, 39, by=GUEST)
    assert contents(key) == [(shirt.pk, "galleria", 60), (shirt.pk, "apparel", 39)]


def test_stock_counts_all_lines_of_a_variant() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=5, title="Linen shirt")
    fill(key, (shirt, shops["galleria"], 3))

    with pytest.raises(services.NotEnoughStock) as refusal:
        services.add_line(key, shops["apparel"], shirt.pk, 3, by=GUEST)

    assert (refusal.value.available, refusal.value.in_cart) == (5, 3)
    assert str(refusal.value) == (
        "Only 5 of “Linen shirt” are available; your cart holds 3 already."
    )
    assert contents(key) == [(shirt.pk, "galleria", 3)]


def test_sold_out_is_said_as_such() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=0, title="Linen shirt")

    with pytest.raises(services.SoldOut, match="“Linen shirt” is sold out"):
        services.add_line(key, shops["apparel"], shirt.pk, 1, by=GUEST)

    assert not Cart.objects.exists()


def test_backorder_knows_no_stock() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=1)
    shirt.allows_backorder = True
    shirt.save()

    assert services.add_line(key, shops["apparel"], shirt.pk, 7, by=GUEST).quantity == 7


def test_unknown_and_unpublished_variants_are_refused() -> None:
    shops, key = make_shops(), new_key()
    hidden = make_variant(shops["apparel"], is_published=False)

    for variant_id in (hidden.pk, hidden.pk + 1, 10**17):
        with pytest.raises(services.UnknownVariant):
            services.add_line(key, shops["apparel"], variant_id, 1, by=GUEST)

    assert not Cart.objects.exists()


def test_what_another_shop_sells_is_refused_here_but_main_sells_everything() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], title="Linen shirt")

    with pytest.raises(services.NotSoldHere, match="“Linen shirt” is not sold at Home"):
        services.add_line(key, shops["home"], shirt.pk, 1, by=GUEST)
    assert not Cart.objects.exists()

    services.add_line(key, shops["galleria"], shirt.pk, 1, by=GUEST)
    assert contents(key) == [(shirt.pk, "galleria", 1)]


def test_a_full_cart_takes_no_new_line_but_more_of_an_old_one() -> None:
    shops, key = make_shops(), new_key()
    things = [make_variant(shops["apparel"]) for _ in range(MAX_LINES + 1)]
    fill(key, *((thing, shops["apparel"], 1) for thing in things[:MAX_LINES]))

    with pytest.raises(services.CartFull, match="at most 100"):
        services.add_line(key, shops["apparel"], things[-1].pk, 1, by=GUEST)
    assert len(contents(key)) == MAX_LINES

    assert services.add_line(key, shops["apparel"], things[0].pk, 1, by=GUEST).quantity == 2


def test_changing_and_removing_a_line() -> None:
    shops, key = make_shops(), new_key()
    shirt, bowl = make_variant(shops["apparel"], stock=4), make_variant(shops["home"])
    fill(key, (shirt, shops["apparel"], 1), (bowl, shops["home"], 1))
    first, second = Cart.objects.get().lines.all()

    services.change_line(key, first.pk, 4, by=GUEST)
    services.remove(key, second.pk, by=GUEST)

    assert contents(key) == [(shirt.pk, "apparel", 4)]


def test_a_change_is_checked_against_stock_and_limits_with_the_other_lines() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=5)
    fill(key, (shirt, shops["apparel"], 2), (shirt, shops["galleria"], 2))
    before = contents(key)
    line = Cart.objects.get().lines.first()
    assert line is not None

    with pytest.raises(services.NotEnoughStock):
        services.change_line(key, line.pk, 4, by=GUEST)
    for quantity in (-1, 100):
        with pytest.raises(services.QuantityOutOfRange):
            services.change_line(key, line.pk, quantity, by=GUEST)
    assert contents(key) == before

    services.change_line(key, line.pk, 3, by=GUEST)
    assert contents(key) == [(shirt.pk, "apparel", 3), (shirt.pk, "galleria", 2)]


def test_what_is_no_longer_sold_can_only_be_removed() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], is_published=False)
    line = fill(key, (shirt, shops["apparel"], 2)).lines.get()

    with pytest.raises(services.UnknownVariant):
        services.change_line(key, line.pk, 1, by=GUEST)
    assert contents(key) == [(shirt.pk, "apparel", 2)]

    services.change_line(key, line.pk, 0, by=GUEST)
    assert contents(key) == []


def test_nobody_changes_another_sessions_line() -> None:
    shops, mine, theirs = make_shops(), new_key(), new_key()
    shirt = make_variant(shops["apparel"])
    line = fill(theirs, (shirt, shops["apparel"], 2)).lines.get()
    fill(mine)

    for quantity in (0, 5):
        with pytest.raises(services.UnknownLine):
            services.change_line(mine, line.pk, quantity, by=GUEST)

    assert contents(theirs) == [(shirt.pk, "apparel", 2)]


def test_notices_stay_until_the_shopper_acts_on_the_cart_page() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"])
    cart = fill(key, (shirt, shops["apparel"], 2))
    told = [notices.joined(2)]
    Cart.objects.update(notices=told)

    services.add_line(key, shops["apparel"], shirt.pk, 1, by=GUEST)
    assert Cart.objects.get().notices == told
    with pytest.raises(services.QuantityOutOfRange):
        services.change_line(key, cart.lines.get().pk, 100, by=GUEST)
    assert Cart.objects.get().notices == told

    services.change_line(key, cart.lines.get().pk, 1, by=GUEST)
    assert Cart.objects.get().notices == []

    Cart.objects.update(notices=told)
    services.dismiss_notices(key)
    assert Cart.objects.get().notices == []


def test_a_refusal_inside_a_larger_transaction_leaves_the_rest_of_it_alone() -> None:
    shops, key = make_shops(), new_key()
    shirt, gone = make_variant(shops["apparel"]), make_variant(shops["apparel"], stock=0)

    with transaction.atomic():
        services.add_line(key, shops["apparel"], shirt.pk, 1, by=GUEST)
        with pytest.raises(services.SoldOut):
            services.add_line(key, shops["apparel"], gone.pk, 1, by=GUEST)

    assert contents(key) == [(shirt.pk, "apparel", 1)]
