"""Writers to one trail at the same time: real threads on PostgreSQL."""

import pytest
from django.db import transaction

from shop.audit import trail
from shop.audit.models import Entry
from tests.audit.helpers import GUEST
from tests.carts.helpers import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_entry_is_lost_and_the_chain_holds() -> None:
    def write() -> None:
        for number in range(10):
            with transaction.atomic():
                trail.record("cart-1", "cart.line_added", GUEST, number=number)

    assert together(*[write] * 8) == [None] * 8

    assert list(Entry.objects.values_list("seq", flat=True)) == list(range(1, 81))
    assert trail.head("cart-1").length == 80
    assert trail.verify("cart-1") == []


def test_one_that_is_undone_leaves_its_number_to_the_next() -> None:
    def write(*, undo: bool) -> None:
        for _number in range(10):
            with transaction.atomic():
                trail.record("cart-1", "undone" if undo else "kept", GUEST)
                transaction.set_rollback(undo)

    together(*[lambda: write(undo=True), lambda: write(undo=False)] * 3)

    assert list(Entry.objects.values_list("seq", "action")) == [
        (number, "kept") for number in range(1, 31)
    ]
    assert trail.verify("cart-1") == []


def test_writers_to_other_trails_do_not_wait() -> None:
    with transaction.atomic():
        trail.record("cart-1", "one", GUEST)

        def write() -> None:
            with transaction.atomic():
                trail.record("cart-2", "one", GUEST)

        assert together(write) == [None]
    assert trail.head("cart-2").length == 1
