"""What does not agree is found, on both databases; nothing else is."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from shop.catalogue.models import Variant
from shop.stock import services
from shop.stock.checks import Discrepancy, discrepancies
from shop.stock.guards import TRIGGERS
from shop.stock.models import Reservation, StockMovement
from tests.stock.helpers import BY, reserve, variant

pytestmark = pytest.mark.usefixtures("database")


def test_whatever_the_shop_does_agrees() -> None:
    shirt, chair, poster = variant(9), variant(1, allows_backorder=True), variant(None)
    for number in range(4):
        reserve(f"order-{number}", (shirt, 2), (chair, 2), (poster, 1))
    services.sell("order-0", by=BY)
    services.sell("order-1", by=BY)
    services.release("order-2", by=BY)
    services.put_back("order-0", {shirt.pk: 1, chair.pk: 1}, by=BY, kind="cancelled")
    services.receive(chair.pk, 3, by=BY)
    services.correct(shirt.pk, 8, by=BY)
    Variant.objects.filter(pk=shirt.pk).update(stock=7)
    poster.delete()

    assert list(discrepancies()) == []


def test_stock_that_is_not_what_its_movements_say() -> None:
    shirt, bowl = variant(9), variant(5)
    TRIGGERS.uninstall(connection)
    Variant.objects.filter(pk=shirt.pk).update(stock=7)
    TRIGGERS.install(connection)

    assert list(discrepancies()) == [Discrepancy(shirt.pk, "ledger", 9, 7)]
    assert bowl.pk


def test_a_movement_of_a_variant_that_is_gone() -> None:
    shirt = variant(9)
    pk = shirt.pk
    TRIGGERS.uninstall(connection)
    shirt.delete()
    TRIGGERS.install(connection)

    assert list(discrepancies()) == [Discrepancy(pk, "ledger", 9, 0)]


def test_reserved_units_that_nobody_was_promised() -> None:
    shirt = variant(9)
    reserve("order-1", (shirt, 2))
    Variant.objects.filter(pk=shirt.pk).update(reserved=3)

    assert list(discrepancies()) == [Discrepancy(shirt.pk, "reserved", 2, 3)]


def test_a_promise_that_nobody_counts() -> None:
    shirt = variant(9)
    reserve("order-1", (shirt, 2))
    Variant.objects.filter(pk=shirt.pk).update(reserved=0)

    assert list(discrepancies()) == [Discrepancy(shirt.pk, "reserved", 2, 0)]


def test_a_promise_that_should_long_be_given_up() -> None:
    shirt = variant(9)
    reserve("order-1", (shirt, 2), minutes=30)
    now = timezone.now()

    assert list(discrepancies(now + timedelta(minutes=40))) == []
    assert list(discrepancies(now + timedelta(minutes=46))) == [
        Discrepancy(shirt.pk, "overdue", 0, 2)
    ]


def test_four_queries_for_any_number(django_assert_num_queries: Any) -> None:
    for number in range(20):
        reserve(f"order-{number}", (variant(number + 1), 1))

    with django_assert_num_queries(4):
        assert list(discrepancies()) == []
    assert StockMovement.objects.count() == Reservation.objects.count() == 20
