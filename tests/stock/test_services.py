"""Promised, sold, given up, put back, received, counted: on PostgreSQL and on SQLite."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shop.catalogue.models import Variant
from shop.stock import services
from tests.stock.helpers import BY, levels, movements, reserve, states, variant

pytestmark = pytest.mark.usefixtures("database")


def test_what_is_reserved_stays_in_stock_and_cannot_be_bought_by_others() -> None:
    shirt, bowl = variant(5), variant(3)

    reserve("order-1", (shirt, 4), (bowl, 3))

    assert levels(shirt, bowl) == [(5, 4), (3, 3)]
    shirt.refresh_from_db()
    assert (shirt.sellable, shirt.available) == (1, True)
    bowl.refresh_from_db()
    assert (bowl.sellable, bowl.available, bowl.is_sold_out) == (0, False, True)
    assert movements(shirt) == [("initial", 5, 5, "")]


def test_all_or_none_is_reserved() -> None:
    shirt, bowl = variant(5), variant(2)

    with pytest.raises(services.OutOfStock) as refused:
        reserve("order-1", (shirt, 4), (bowl, 3))

    assert (refused.value.variant_id, refused.value.available) == (bowl.pk, 2)
    assert levels(shirt, bowl) == [(5, 0), (2, 0)]
    assert states("order-1") == []


def test_a_sale_takes_what_was_reserved_once() -> None:
    shirt = variant(5)
    reserve("order-1", (shirt, 4))

    services.sell("order-1", by=BY)
    services.sell("order-1", by=BY)

    assert levels(shirt) == [(1, 0)]
    assert states("order-1") == [("sold", 4, 0, 0, 0)]
    assert movements(shirt) == [("initial", 5, 5, ""), ("sold", -4, 1, "order-1")]


def test_a_release_gives_back_once_and_never_what_was_sold() -> None:
    shirt = variant(5)
    reserve("order-1", (shirt, 2))
    reserve("order-2", (shirt, 3))
    services.sell("order-2", by=BY)

    for _again in range(2):
        services.release("order-1", by=BY)
        services.release("order-2", by=BY)

    assert levels(shirt) == [(2, 0)]
    assert [*states("order-1"), *states("order-2")] == [
        ("released", 2, 0, 0, 0), ("sold", 3, 0, 0, 0),
    ]  # fmt: skip


def test_a_repeated_reservation_changes_nothing() -> None:
    shirt = variant(5)
    reserve("order-1", (shirt, 2))

    reserve("order-1", (shirt, 3))

    assert levels(shirt) == [(5, 2)]
    services.sell("order-1", by=BY)
    reserve("order-1", (shirt, 3))
    assert levels(shirt) == [(3, 0)]


def test_what_expired_is_sold_if_it_is_still_there() -> None:
    shirt = variant(3)
    reserve("order-1", (shirt, 2), minutes=-1)
    assert services.release_expired(by=BY) == ["order-1"]
    reserve("order-2", (shirt, 1))

    services.sell("order-1", by=BY)

    assert levels(shirt) == [(1, 1)]
    assert states("order-1") == [("sold", 2, 0, 0, 0)]


def test_what_expired_and_was_bought_by_another_is_out_of_stock() -> None:
    shirt = variant(2)
    reserve("order-1", (shirt, 2), minutes=-1)
    services.release_expired(by=BY)
    reserve("order-2", (shirt, 1))

    with pytest.raises(services.OutOfStock) as refused:
        services.sell("order-1", by=BY)

    assert refused.value.available == 1
    assert levels(shirt) == [(2, 1)]
    assert states("order-1") == [("released", 2, 0, 0, 0)]


def test_after_a_release_a_reference_reserves_anew() -> None:
    shirt, bowl = variant(2), variant(2)
    reserve("order-1", (shirt, 2))
    services.release("order-1", by=BY)

    reserve("order-1", (shirt, 1), (bowl, 2))

    assert levels(shirt, bowl) == [(2, 1), (2, 2)]
    assert states("order-1") == [("open", 1, 1, 0, 0), ("open", 2, 2, 0, 0)]


def test_only_promises_that_are_over_are_given_up() -> None:
    shirt = variant(9)
    reserve("over", (shirt, 1), minutes=-1)
    reserve("lasts", (shirt, 2), minutes=1)
    reserve("extended", (shirt, 4), minutes=-1)
    services.extend("extended", timezone.now() + timedelta(minutes=5))

    assert services.release_expired(by=BY) == ["over"]
    assert services.release_expired(by=BY) == []

    assert levels(shirt) == [(9, 6)]


def test_what_is_not_tracked_is_promised_and_sold_without_end() -> None:
    poster = variant(None)

    reserve("order-1", (poster, 1000))
    services.sell("order-1", by=BY)

    assert levels(poster) == [(0, 0)]
    assert states("order-1") == [("sold", 1000, 0, 0, 0)]
    assert movements(poster) == []


def test_backorder_goes_down_to_zero_and_the_rest_is_owed() -> None:
    chair = variant(3, allows_backorder=True)
    reserve("order-1", (chair, 5))
    assert levels(chair) == [(3, 5)]

    services.sell("order-1", by=BY)

    assert levels(chair) == [(0, 0)]
    assert states("order-1") == [("sold", 5, 0, 2, 0)]


def test_what_arrives_goes_to_those_who_are_owed_in_the_order_of_their_sales() -> None:
    chair = variant(0, allows_backorder=True)
    for reference, quantity in (("first", 2), ("second", 3)):
        reserve(reference, (chair, quantity))
        services.sell(reference, by=BY)

    assert services.receive(chair.pk, 4, by=BY) == 0
    assert services.receive(chair.pk, 4, by=BY) == 3

    assert states("first") == [("sold", 2, 0, 0, 0)]
    assert states("second") == [("sold", 3, 0, 0, 0)]
    assert movements(chair) == [
        ("received", 4, 4, ""),
        ("sold", -2, 2, "first"),
        ("sold", -2, 0, "second"),
        ("received", 4, 4, ""),
        ("sold", -1, 3, "second"),
    ]


def test_a_backorder_takes_nothing_that_is_promised_to_another() -> None:
    chair = variant(3, allows_backorder=True)
    reserve("first", (chair, 3))
    reserve("second", (chair, 2))

    services.sell("second", by=BY)

    assert levels(chair) == [(3, 3)]
    assert states("second") == [("sold", 2, 0, 2, 0)]
    services.release("first", by=BY)
    assert levels(chair) == [(1, 0)]
    assert states("second") == [("sold", 2, 0, 0, 0)]


@pytest.mark.parametrize(
    ("kind", "stock", "row"),
    [("returned", 1, ("sold", 5, 0, 1, 1)), ("cancelled", 0, ("sold", 5, 0, 1, 1))],
)
def test_what_comes_back(kind: str, stock: int, row: tuple[object, ...]) -> None:
    """Returned goods fill what is owed; a cancelled unit is first one that never arrived."""
    chair = variant(3, allows_backorder=True)
    reserve("order-1", (chair, 5))
    services.sell("order-1", by=BY)

    services.put_back("order-1", {chair.pk: 1}, by=BY, kind=kind)  # type: ignore[arg-type]

    assert levels(chair) == [(0, 0)]
    assert states("order-1") == [row]
    assert stock == sum(quantity > 0 for _k, quantity, _s, _r in movements(chair)[1:])


def test_no_more_comes_back_than_went() -> None:
    shirt = variant(3)
    reserve("order-1", (shirt, 2))
    services.sell("order-1", by=BY)
    services.put_back("order-1", {shirt.pk: 1}, by=BY, reason="too small")

    with pytest.raises(services.NotSold):
        services.put_back("order-1", {shirt.pk: 2}, by=BY)

    assert levels(shirt) == [(2, 0)]
    assert movements(shirt)[-1] == ("returned", 1, 2, "order-1")


def test_a_count_sets_the_stock_but_never_below_what_is_promised() -> None:
    shirt = variant(5)
    reserve("order-1", (shirt, 3))

    with pytest.raises(services.Promised):
        services.correct(shirt.pk, 2, by=BY, reason="counted")
    assert services.correct(shirt.pk, 4, by=BY, reason="one was torn") == 4

    assert levels(shirt) == [(4, 3)]
    assert movements(shirt) == [("initial", 5, 5, ""), ("corrected", -1, 4, "")]


def test_what_cannot_be_meant_is_refused() -> None:
    shirt = variant(5)
    until = timezone.now()

    for wanted in ({}, {shirt.pk: 0}, {shirt.pk: -1}):
        with pytest.raises(ValueError, match="one or more"):
            services.reserve("order-1", wanted, until=until, by=BY)
    with pytest.raises(services.OutOfStock) as gone:
        services.reserve("order-1", {987654: 1}, until=until, by=BY)
    assert (gone.value.variant_id, gone.value.available) == (987654, 0)
    with pytest.raises(services.NotReserved):
        services.sell("order-1", by=BY)
    with pytest.raises(services.NotReserved):
        services.put_back("order-1", {shirt.pk: 1}, by=BY)
    services.release("order-1", by=BY)
    assert not services.extend("order-1", until)
    for quantity in (0, -1):
        with pytest.raises(ValueError, match="one or more"):
            services.receive(shirt.pk, quantity, by=BY)
        with pytest.raises(ValueError, match="one or more"):
            services.put_back("order-1", {shirt.pk: quantity}, by=BY)
    with pytest.raises(ValueError, match="fewer than none"):
        services.correct(shirt.pk, -1, by=BY)
    with pytest.raises(Variant.DoesNotExist):
        services.receive(987654, 1, by=BY)

    assert levels(shirt) == [(5, 0)]
    assert movements(shirt) == [("initial", 5, 5, "")]


def test_what_was_promised_is_sold_even_if_the_catalogue_no_longer_has_it() -> None:
    shirt, bowl = variant(5), variant(5)
    reserve("order-1", (shirt, 2), (bowl, 1))
    reserve("order-2", (shirt, 1), (bowl, 1))
    pk = shirt.pk
    shirt.delete()

    services.sell("order-1", by=BY)
    services.release("order-2", by=BY)
    services.put_back("order-1", {pk: 1, bowl.pk: 1}, by=BY)

    assert levels(bowl) == [(5, 0)]
    assert states("order-1") == [("sold", 2, 0, 0, 1), ("sold", 1, 0, 0, 1)]


def test_what_was_given_up_cannot_be_sold_once_the_catalogue_no_longer_has_it() -> None:
    shirt = variant(5)
    reserve("order-1", (shirt, 2))
    services.release("order-1", by=BY)
    shirt.delete()

    with pytest.raises(services.OutOfStock):
        services.sell("order-1", by=BY)


def test_tracking_that_begins_or_ends_while_an_order_is_paid() -> None:
    begins, ends = variant(None), variant(5)
    reserve("order-1", (begins, 2), (ends, 2))
    Variant.objects.filter(pk=begins.pk).update(tracks_stock=True, stock=3)
    Variant.objects.filter(pk=ends.pk).update(tracks_stock=False)

    services.sell("order-1", by=BY)

    assert levels(begins, ends) == [(1, 0), (5, 0)]


def queries_of(many: int) -> list[int]:
    """How many queries each step of an order with so many things costs, savepoints left out."""
    wanted = [(variant(9), 2) for _each in range(many)]
    steps: list[Callable[[], object]] = [
        lambda: reserve(f"order-{many}", *wanted),
        lambda: services.sell(f"order-{many}", by=BY),
        lambda: services.put_back(f"order-{many}", {each.pk: 1 for each, _n in wanted}, by=BY),
        lambda: reserve(f"another-{many}", *wanted),
        lambda: services.release(f"another-{many}", by=BY),
    ]
    counts = []
    with transaction.atomic():
        for step in steps:
            with CaptureQueriesContext(connection) as asked:
                step()
            counts.append(sum("SAVEPOINT" not in each["sql"] for each in asked.captured_queries))
    return counts


def test_no_step_costs_more_queries_for_more_things() -> None:
    assert queries_of(1) == queries_of(6) == [5, 6, 7, 5, 5]
