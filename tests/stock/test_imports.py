"""An import writes to the ledger like everyone, and orders go on while it runs. Both databases."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command

from shop.audit.actors import Actor
from shop.catalogue.exchange.importing import import_products
from shop.catalogue.exchange.writing import BatchWriter
from shop.catalogue.models import Variant
from shop.stock import services
from shop.stock.checks import discrepancies
from shop.stock.models import StockMovement
from shop.storefronts.models import Storefront
from tests.catalogue.helpers import plain, product_file
from tests.factories import NetworkFactory
from tests.stock.helpers import BY, levels, movements, reserve

pytestmark = pytest.mark.usefixtures("database")

TRACKED = {"Variant Inventory Tracker": "shopify", "Variant Inventory Policy": "deny"}


@pytest.fixture(autouse=True)
def network(database: str) -> dict[str, Storefront]:
    return NetworkFactory()


def bring(*rows: dict[str, Any], **options: Any) -> None:
    content = product_file(*({**TRACKED, **row} for row in rows))
    import_products(io.BytesIO(content), Storefront.objects.get(slug="home"), **options)


def mug(stock: int, **cells: Any) -> dict[str, Any]:
    return plain("mug", **{"Variant Inventory Qty": str(stock), **cells})


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Let something happen after the importer has read a batch and before it writes."""

    def arrange(job: Callable[[], None]) -> None:
        write = BatchWriter.write_options

        def first(self: BatchWriter, batch: Any) -> None:
            job()
            write(self, batch)

        monkeypatch.setattr(BatchWriter, "write_options", first)

    return arrange


def test_new_and_changed_stock_is_in_the_ledger_with_who_and_from_which_file() -> None:
    by = Actor("staff", "staff-session", 7, request_id="req-1", channel="admin")
    bring(mug(5))
    bring(mug(3), by=by, file_name="autumn.csv")
    bring(mug(3, **{"Variant Price": "14.00"}))

    variant = Variant.objects.get()
    assert movements(variant) == [("imported", 5, 5, ""), ("imported", -2, 3, "")]
    moved = StockMovement.objects.order_by("pk")
    assert list(moved.values_list("actor", "customer_id", "request_id", "reason")) == [
        ("system", None, "import_products", ""),
        ("staff", 7, "req-1", "autumn.csv"),
    ]
    assert list(discrepancies()) == []


def test_the_command_names_its_file(tmp_path: Any) -> None:
    file = tmp_path / "autumn.csv"
    file.write_bytes(product_file({**TRACKED, **mug(4)}))

    call_command("import_products", str(file), storefront="home", verbosity=0)

    assert StockMovement.objects.get().reason == "autumn.csv"


def test_a_dry_run_leaves_nothing_in_the_ledger() -> None:
    bring(mug(5), dry_run=True)

    assert not StockMovement.objects.exists()


def test_what_a_file_no_longer_has_leaves_the_ledger_at_zero() -> None:
    bring(
        mug(5, **{"Option1 Name": "Size", "Option1 Value": "S"}),
        {"Handle": "mug", "Option1 Value": "L", "Variant Price": "9", "Variant Inventory Qty": "4"},
    )
    gone = Variant.objects.get(stock=4)

    bring(mug(5, **{"Option1 Name": "Size", "Option1 Value": "S"}))

    assert movements(gone) == [("imported", 4, 4, ""), ("removed", -4, 0, "")]
    assert list(discrepancies()) == []


def test_what_was_sold_while_the_file_was_read_stays_sold(meanwhile: Any) -> None:
    bring(mug(5))
    variant = Variant.objects.get()

    def sale() -> None:
        reserve("order-1", (variant, 2))
        services.sell("order-1", by=BY)

    meanwhile(sale)
    bring(mug(5, **{"Variant Price": "14.00"}))

    assert levels(variant) == [(3, 0)]
    assert movements(variant)[1:] == [("sold", -2, 3, "order-1")]


def test_what_is_promised_is_in_stock_whatever_the_file_says(meanwhile: Any) -> None:
    bring(mug(5))
    variant = Variant.objects.get()
    meanwhile(lambda: reserve("order-1", (variant, 3)))

    bring(mug(1))

    assert levels(variant) == [(3, 3)]
    services.sell("order-1", by=BY)
    assert levels(variant) == [(0, 0)]


def test_a_backorder_that_ends_while_more_is_promised_than_there_is(meanwhile: Any) -> None:
    bring(mug(5, **{"Variant Inventory Policy": "continue"}))
    variant = Variant.objects.get()
    meanwhile(lambda: reserve("order-1", (variant, 8)))

    bring(mug(5))

    assert levels(variant) == [(8, 8)]


def test_a_column_that_is_missing_leaves_stock_alone(meanwhile: Any) -> None:
    bring(mug(5))
    variant = Variant.objects.get()
    meanwhile(lambda: reserve("order-1", (variant, 2)))
    row = plain("mug", **{"Variant Price": "14.00"})
    content = product_file(row).replace(b"Variant Inventory Qty", b"Another Column")

    import_products(io.BytesIO(content), Storefront.objects.get(slug="home"))

    assert levels(variant) == [(5, 2)]
