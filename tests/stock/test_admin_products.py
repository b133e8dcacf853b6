"""The product's page in the admin gives a variant its first stock, and never touches it again."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from shop.catalogue.models import Product, Variant
from shop.stock import services
from shop.stock.models import StockMovement
from shop.storefronts.models import Storefront
from tests.catalogue.test_admin import PRODUCTS, inline, product_form
from tests.factories import NetworkFactory
from tests.staff import sign_in_staff
from tests.stock.helpers import BY, levels, movements, reserve, variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db: None) -> Client:
    network: dict[str, Storefront] = NetworkFactory()
    return sign_in_staff(network["galleria"])


def row(of: Variant | None = None, **changes: Any) -> dict[str, object]:
    fields = {"id": of.pk, "product": of.product_id} if of else {}
    return {
        "values": "", "price": "10", "weight_grams": "0", "position": "1", "tracks_stock": "on",
        **fields, **changes,
    }  # fmt: skip


def save(staff: Client, variant: Variant, **changes: Any) -> Any:
    product = variant.product
    form = product_form(slug=product.slug, **inline("variants", row(variant, **changes), initial=1))
    return staff.post(f"{PRODUCTS}{product.pk}/change/", form)


def test_a_new_variant_has_its_first_stock_and_the_ledger_says_who_gave_it(staff: Client) -> None:
    answer = staff.post(PRODUCTS + "add/", product_form(**inline("variants", row(stock="4"))))

    assert answer.status_code == 302
    movement = StockMovement.objects.get()
    user = User.objects.get(email="staff@example.com")
    assert (movement.kind, movement.quantity, movement.actor, movement.customer_id) == (
        "initial", 4, "staff", user.pk,
    )  # fmt: skip


def test_what_was_sold_while_the_page_was_open_stays_sold(staff: Client) -> None:
    shirt = variant(5)
    reserve("order-1", (shirt, 2))
    reserve("order-2", (shirt, 1))
    services.sell("order-1", by=BY)

    answer = save(staff, shirt, price="12", stock="5")

    assert answer.status_code == 302
    assert levels(shirt) == [(3, 1)]
    assert Variant.objects.get().price == 12
    assert [kind for kind, *_rest in movements(shirt)] == ["initial", "sold"]


def test_a_sale_between_reading_and_saving_stays_sold(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    shirt = variant(5)
    write = Variant.save

    def rival_first(self: Variant, *args: Any, **kwargs: Any) -> None:
        if not StockMovement.objects.filter(kind="sold").exists():
            reserve("order-1", (shirt, 2))
            reserve("order-2", (shirt, 1))
            services.sell("order-1", by=BY)
        write(self, *args, **kwargs)

    monkeypatch.setattr(Variant, "save", rival_first)
    answer = save(staff, shirt, price="12")

    assert answer.status_code == 302
    assert levels(shirt) == [(3, 1)]
    assert Variant.objects.get().price == 12


def test_the_page_shows_the_stock_and_leads_to_where_it_is_changed(staff: Client) -> None:
    shirt = variant(5)

    page = staff.get(f"{PRODUCTS}{shirt.product_id}/change/").content.decode()

    assert f'href="/admin/stock/variantstock/{shirt.pk}/change/"' in page
    assert 'name="variants-0-stock"' not in page


def test_no_backorder_ends_while_more_is_promised_than_there_is(staff: Client) -> None:
    chair = variant(1, allows_backorder=True)
    reserve("order-1", (chair, 3))

    answer = save(staff, chair)

    assert answer.status_code == 200
    assert "More than there is in stock is promised" in answer.content.decode()
    assert Variant.objects.get().allows_backorder


def test_a_product_that_is_deleted_leaves_its_ledger_at_zero(staff: Client) -> None:
    shirt = variant(5)

    answer = staff.post(f"{PRODUCTS}{shirt.product_id}/delete/", {"post": "yes"})

    assert answer.status_code == 302
    assert not Product.objects.exists()
    assert movements(shirt) == [("initial", 5, 5, ""), ("removed", -5, 0, "")]
    assert StockMovement.objects.order_by("pk").values_list("actor", flat=True).last() == "staff"


def test_a_variant_is_deleted_with_its_product_only(staff: Client) -> None:
    shirt = variant(5)

    answer = staff.post(f"/admin/catalogue/variant/{shirt.pk}/delete/", {"post": "yes"})

    assert answer.status_code == 403
    assert levels(shirt) == [(5, 0)]
