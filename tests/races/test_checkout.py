"""The checkout's races through its own services: real processes, a round at a time."""

from collections import Counter
from typing import Any

import pytest
from django.utils import timezone

from carts.models import Cart
from carts.services import add_line
from orders import fulfilment, lifecycle
from orders.auditing import services as auditing
from orders.checkout.errors import OrderError
from orders.checkout.forms import new_checkout_key
from orders.models import Order
from sessionsync import links
from sessionsync.tokens import Token
from shop.audit.actors import system
from shop.audit.trail import verify
from shop.catalogue.models import Variant
from shop.mailing.models import OutgoingMail
from shop.pricing.models import Promotion, Voucher
from shop.stock.checks import discrepancies
from shop.storefronts.models import Storefront
from tests.carts.helpers import contents, make_shops, make_variant, new_key
from tests.orders.helpers import make_methods, offer, place, shopper_of
from tests.races.processes import at_once, job, meet

pytestmark = pytest.mark.django_db(transaction=True)

BY = system("races")
ROUNDS = 8


def orders(keys: list[str], checkout_keys: list[str], agreed: list[str | None]) -> list[str]:
    """Press the button of one cart a round; the order's number, or the name of the refusal."""
    shop = Storefront.objects.get(slug="apparel")
    results = []
    for key, checkout_key, seen in zip(keys, checkout_keys, agreed, strict=True):
        meet()
        try:
            order = place(key, shop, checkout_key=checkout_key, agreed_offer=seen)
        except OrderError as refusal:
            results.append(type(refusal).__name__)
        else:
            results.append(order.number)
    return results


def merges(losers: list[str], winners: list[str]) -> list[str]:
    """One browser presents both of its tokens, a pair a round."""
    kept = []
    for loser, winner in zip(losers, winners, strict=True):
        meet()
        linked = links.settle([Token.from_key(loser), Token.from_key(winner)])
        kept.append(linked.key if linked else "")
    return kept


def deeds(ids: list[int], deed: str) -> list[str]:
    """Staff do the same to one order a round; how that ended."""
    act: dict[str, Any] = {
        "cancel": lifecycle.cancel,
        "send": fulfilment.fulfil,
        "expire": lifecycle.expire,
    }
    results = []
    for pk in ids:
        order = Order.objects.get(pk=pk)
        meet()
        try:
            act[deed](order, by=BY)
        except (lifecycle.LifecycleError, fulfilment.FulfilmentError) as refusal:
            results.append(type(refusal).__name__)
        else:
            results.append("done")
    return results


def shop_with(stock: int) -> tuple[dict[str, Storefront], Variant]:
    """Shops that deliver, and a shirt."""
    make_methods()
    shops = make_shops()
    return shops, make_variant(shops["apparel"], stock=stock)


def all_in_order() -> None:
    """The audit finds nothing, the ledger agrees, every chain holds."""
    assert list(auditing.audit(auditing.orders_since())) == []
    assert list(discrepancies()) == []
    for trail in Order.objects.values_list("trail", flat=True):
        assert verify(trail) == []


def test_the_last_unit_through_the_checkout_is_one_shoppers() -> None:
    shops, shirt = shop_with(stock=1)
    keys = [new_key() for _shopper in range(16)]
    for key in keys:
        add_line(key, shops["apparel"], shirt.pk, 1, by=shopper_of(key))

    outcomes = at_once(*(job(orders, [key], [new_checkout_key()], [None]) for key in keys))

    assert [each.error for each in outcomes] == [""] * 16
    number = Order.objects.get().number
    results = Counter(each.value[0] for each in outcomes)
    assert results == {number: 1, "ItemsUnavailable": 15}
    shirt.refresh_from_db()
    assert (shirt.stock, shirt.reserved) == (0, 0)
    # Who was too late still has it in the cart.
    assert sum(len(contents(key)) for key in keys) == 15
    assert OutgoingMail.objects.count() == 1
    all_in_order()


def test_the_last_use_of_a_voucher_is_one_orders() -> None:
    shops, shirt = shop_with(stock=99)
    promotion = Promotion.objects.create(
        original_name="Half off", kind="percentage", percent=50, automatic=False
    )
    Voucher.objects.create(promotion=promotion, code="HALF", usage_limit=1)
    keys = [new_key() for _shopper in range(12)]
    for key in keys:
        add_line(key, shops["apparel"], shirt.pk, 2, by=shopper_of(key))
    Cart.objects.update(codes=["HALF"])
    # Each has seen a page with the voucher's price.
    agreed = [offer(key, shops["apparel"]) for key in keys]

    outcomes = at_once(
        *(
            job(orders, [key], [new_checkout_key()], [seen])
            for key, seen in zip(keys, agreed, strict=True)
        )
    )

    assert [each.error for each in outcomes] == [""] * 12
    order = Order.objects.get()
    refused = {each.value[0] for each in outcomes} - {order.number}
    assert refused <= {"VoucherUsedUp", "OfferChanged"}
    assert [(each.code, str(each.amount)) for each in order.discounts.all()] == [("HALF", "10.00")]
    assert Voucher.objects.get().used == 1
    shirt.refresh_from_db()
    assert (shirt.stock, shirt.reserved) == (97, 0)
    assert sum(len(contents(key)) for key in keys) == 11
    all_in_order()


def test_a_form_that_is_sent_by_six_at_once_is_one_order() -> None:
    shops, shirt = shop_with(stock=99)
    keys = [new_key() for _round in range(ROUNDS)]
    for key in keys:
        add_line(key, shops["apparel"], shirt.pk, 2, by=shopper_of(key))
    agreed = [offer(key, shops["apparel"]) for key in keys]
    checkout_keys = [new_checkout_key() for _round in range(ROUNDS)]

    outcomes = at_once(*[job(orders, keys, checkout_keys, agreed)] * 6)

    # Then each click leads to the same order
    numbers = [Order.objects.get(checkout_key=each).number for each in checkout_keys]
    assert [each.value for each in outcomes] == [numbers] * 6
    assert Order.objects.count() == OutgoingMail.objects.count() == ROUNDS
    shirt.refresh_from_db()
    assert (shirt.stock, shirt.reserved) == (99 - 2 * ROUNDS, 0)
    all_in_order()


def test_two_tabs_with_a_form_each_are_one_order() -> None:
    shops, shirt = shop_with(stock=99)
    keys = [new_key() for _round in range(ROUNDS)]
    for key in keys:
        add_line(key, shops["apparel"], shirt.pk, 2, by=shopper_of(key))
    agreed = [offer(key, shops["apparel"]) for key in keys]
    forms = [[new_checkout_key() for _round in range(ROUNDS)] for _tab in range(3)]

    outcomes = at_once(*(job(orders, keys, each, agreed) for each in forms))

    assert [each.error for each in outcomes] == [""] * 3
    for tabs in zip(*(each.value for each in outcomes), strict=True):
        [number] = set(tabs) - {"CartEmpty"}
        assert Counter(tabs) == {number: 1, "CartEmpty": 2}
    assert Order.objects.count() == ROUNDS
    shirt.refresh_from_db()
    assert (shirt.stock, shirt.reserved) == (99 - 2 * ROUNDS, 0)
    all_in_order()


def test_a_merge_against_the_checkout_neither_loses_nor_doubles() -> None:
    """Given two visits that turn out to be one shopper's, while one of them orders; then what was
    in the carts is ordered or in the cart that remains, and never both or neither.
    """
    shops, shirt = shop_with(stock=99)
    bowl = make_variant(shops["home"], stock=99)
    pairs = [sorted([new_key(), new_key()], key=Token.from_key) for _round in range(ROUNDS)]
    losers, winners = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    for loser, winner in pairs:
        add_line(loser, shops["apparel"], shirt.pk, 2, by=shopper_of(loser))
        add_line(winner, shops["home"], bowl.pk, 3, by=shopper_of(winner))
    checkout_keys = [new_checkout_key() for _round in range(ROUNDS)]
    agreed = [offer(key, shops["apparel"]) for key in losers]

    ordered, merged = at_once(
        job(orders, losers, checkout_keys, agreed), job(merges, losers, winners)
    )

    assert (ordered.error, merged.error) == ("", "")
    assert merged.value == winners
    sold = 0
    for loser, winner, checkout_key, result in zip(
        losers, winners, checkout_keys, ordered.value, strict=True
    ):
        assert contents(loser) == []
        order = Order.objects.filter(checkout_key=checkout_key).first()
        if order is None:  # the merge came first: the shopper is asked again
            assert result == "OfferChanged"
            assert sorted(contents(winner)) == [(shirt.pk, "apparel", 2), (bowl.pk, "home", 3)]
        else:
            assert [(x.variant_id, x.quantity) for x in order.lines.all()] == [(shirt.pk, 2)]
            assert contents(winner) == [(bowl.pk, "home", 3)]
            sold += 2
    shirt.refresh_from_db()
    bowl.refresh_from_db()
    assert (shirt.stock, bowl.stock, shirt.reserved, bowl.reserved) == (99 - sold, 99, 0, 0)
    all_in_order()


def test_cancelled_or_sent_but_never_both() -> None:
    shops, shirt = shop_with(stock=99)
    ids = []
    for _round in range(ROUNDS):
        key = new_key()
        add_line(key, shops["apparel"], shirt.pk, 2, by=shopper_of(key))
        ids.append(place(key, shops["apparel"]).pk)

    cancelled, sent, again = at_once(
        job(deeds, ids, "cancel"), job(deeds, ids, "send"), job(deeds, ids, "cancel")
    )

    assert (cancelled.error, sent.error, again.error) == ("", "", "")
    gone = 0
    for pk, *results in zip(ids, cancelled.value, sent.value, again.value, strict=True):
        order = Order.objects.get(pk=pk)
        if order.status == "fulfilled":
            assert results == ["AlreadySent", "done", "AlreadySent"]
            assert order.fulfilments.count() == 1
            gone += 2
        else:
            assert order.status == "cancelled"
            assert results == ["done", results[1], "done"]
            assert results[1] not in {"done", "AlreadySent"}
            assert order.fulfilments.count() == 0
    shirt.refresh_from_db()
    assert (shirt.stock, shirt.reserved) == (99 - gone, 0)
    all_in_order()


def test_a_time_that_is_over_ends_an_order_once() -> None:
    shops, shirt = shop_with(stock=99)
    ids, keys = [], [new_key() for _round in range(ROUNDS)]
    for key in keys:
        add_line(key, shops["apparel"], shirt.pk, 2, by=shopper_of(key))
        ids.append(place(key, shops["apparel"], payment_method="sandbox").pk)
    Order.objects.update(expires_at=timezone.now())

    outcomes = at_once(*[job(deeds, ids, "expire")] * 3, job(deeds, ids, "cancel"))

    assert [(each.error, each.value) for each in outcomes] == [("", ["done"] * ROUNDS)] * 4
    assert set(Order.objects.values_list("status", flat=True)) == {"cancelled"}
    # Then the goods are in the cart again, once
    assert [contents(key) for key in keys] == [[(shirt.pk, "apparel", 2)]] * ROUNDS
    shirt.refresh_from_db()
    assert (shirt.stock, shirt.reserved) == (99, 0)
    assert OutgoingMail.objects.filter(template__endswith="/cancelled").count() == ROUNDS
    all_in_order()
