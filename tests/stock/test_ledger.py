"""The database writes the ledger, whoever writes stock, and keeps it. On both databases."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from shop.audit.actors import Actor
from shop.audit.causes import because
from shop.audit.models import Cause
from shop.catalogue.models import Variant
from shop.stock.checks import discrepancies
from shop.stock.guards import TRIGGERS
from shop.stock.ledger import level
from shop.stock.models import StockMovement
from tests.audit.helpers import run
from tests.factories import ProductFactory
from tests.stock.helpers import BY, movements, variant

pytestmark = pytest.mark.usefixtures("database")

CLERK = Actor("staff", "staff-session", 7, request_id="req-1", channel="admin")


def test_however_stock_is_written_the_ledger_has_it() -> None:
    product = ProductFactory()
    one, two = Variant.objects.bulk_create(
        Variant(product=product, option_values=[size], original_title=size, price=1, stock=3)
        for size in ("S", "M")
    )
    one.stock = 5
    one.save()
    one.stock, two.stock = 6, 7
    Variant.objects.bulk_update([one, two], ["stock"])
    Variant.objects.update(stock=4)
    run("UPDATE catalogue_variant SET stock = stock + 1 WHERE id = %s", one.pk)
    Variant.objects.filter(pk=two.pk).delete()

    assert movements(one) == [
        ("initial", 3, 3, ""),
        ("unexplained", 2, 5, ""),
        ("unexplained", 1, 6, ""),
        ("unexplained", -2, 4, ""),
        ("unexplained", 1, 5, ""),
    ]
    assert movements(two) == [
        ("initial", 3, 3, ""),
        ("unexplained", 4, 7, ""),
        ("unexplained", -3, 4, ""),
        ("removed", -4, 0, ""),
    ]
    assert list(discrepancies()) == []


def test_what_changes_no_stock_moves_nothing() -> None:
    shirt = variant(3)
    shirt.price += 1
    shirt.save()
    Variant.objects.update(stock=3, reserved=2, allows_backorder=True)
    poster = variant(None)
    poster.delete()

    assert movements(shirt) == [("initial", 3, 3, "")]
    assert StockMovement.objects.count() == 1


def test_the_innermost_cause_counts_while_it_lasts() -> None:
    shirt = variant(3)

    def take() -> None:
        run("UPDATE catalogue_variant SET stock = stock - 1 WHERE id = %s", shirt.pk)

    with because("corrected", CLERK, reason="stocktaking"):
        with because("sold", BY, reference="order-1"):
            take()
        take()
    Variant.objects.update(stock=9)

    rows = StockMovement.objects.order_by("pk").values_list(
        "kind", "reference", "reason", "actor", "customer_id", "request_id"
    )
    assert list(rows)[1:] == [
        ("sold", "order-1", "", "system", None, "tests"),
        ("corrected", "", "stocktaking", "staff", 7, "req-1"),
        ("unexplained", "", "", "", None, ""),
    ]


def test_a_cause_ends_with_its_block_also_when_that_fails() -> None:
    shirt = variant(3)

    with pytest.raises(LookupError), because("sold", BY):
        raise LookupError
    Variant.objects.update(stock=9)

    assert movements(shirt)[-1] == ("unexplained", 6, 9, "")
    assert not Cause.objects.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stock_stockmovement SET quantity = 1",
        "UPDATE stock_stockmovement SET reason = 'x'",
        "DELETE FROM stock_stockmovement",
    ],
)
def test_nobody_changes_or_deletes_a_movement(statement: str) -> None:
    shirt = variant(3)

    with pytest.raises(IntegrityError, match="never changed or deleted"), transaction.atomic():
        run(statement)

    assert movements(shirt) == [("initial", 3, 3, "")]


def test_the_tables_of_a_shop_cannot_be_emptied() -> None:
    """They can in the tests, which say so when they connect."""
    shirt = variant(3)
    if connection.vendor == "sqlite":
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            run("DELETE FROM stock_stockmovement")
    else:
        for table in ("stock_stockmovement", "audit_entry", "audit_trail"):
            with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
                run(f"SET LOCAL galleria.tests = 'off'; TRUNCATE {table}")

    assert movements(shirt) == [("initial", 3, 3, "")]


def test_stock_from_before_the_ledger_is_written_down_when_the_triggers_come() -> None:
    TRIGGERS.uninstall(connection)
    old, none = variant(3), variant(0)
    TRIGGERS.install(connection)

    assert level() == 1
    assert level() == 0

    assert movements(old) == [("initial", 3, 3, "")]
    assert movements(none) == []


def test_what_changed_while_the_triggers_were_away_is_written_down_as_unexplained() -> None:
    shirt = variant(3)
    TRIGGERS.uninstall(connection)
    Variant.objects.update(stock=5)
    TRIGGERS.install(connection)

    assert level() == 1

    assert movements(shirt) == [("initial", 3, 3, ""), ("unexplained", 2, 5, "")]


def test_migrate_puts_back_what_is_missing_and_levels_only_then() -> None:
    shirt = variant(3)
    call_command("migrate", verbosity=0)
    assert not TRIGGERS.install(connection)

    TRIGGERS.uninstall(connection)
    Variant.objects.update(stock=5)
    call_command("migrate", verbosity=0)

    assert movements(shirt)[1:] == [("unexplained", 2, 5, "")]
    Variant.objects.update(stock=4)
    assert movements(shirt)[2:] == [("unexplained", -1, 4, "")]


def test_there_and_back() -> None:
    """The app can be taken out and put in; the catalogue works in between."""
    shirt = variant(3)
    with connection.constraint_checks_disabled():
        call_command("migrate", "stock", "zero", verbosity=0)
    Variant.objects.update(stock=5)
    call_command("migrate", verbosity=0)

    assert movements(shirt) == [("initial", 5, 5, "")]
    Variant.objects.update(stock=4)
    assert movements(shirt)[1:] == [("unexplained", -1, 4, "")]
