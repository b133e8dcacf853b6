"""The staff's first page: exact figures, the same number of queries for any number of orders."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from orders import fulfilment
from orders.cancelling import cancel_lines
from orders.models import Order, OrderLine
from shop.audit.actors import system
from shop.staff.figures import figures
from tests.carts.helpers import fill, make_shops, make_variant, new_key
from tests.orders.helpers import make_methods, place
from tests.staff import sign_in_staff

pytestmark = pytest.mark.django_db

BY = system("tests")


@pytest.fixture
def shops() -> Any:
    make_methods()
    return make_shops()


def buy(shops: Any, slug: str, days_ago: int = 0, quantity: int = 1, **changed: Any) -> Order:
    key, shop = new_key(), shops[slug]
    fill(key, (make_variant(shop, title=f"Thing of {slug}"), shop, quantity))
    order = place(key, shop, **changed)
    Order.objects.filter(pk=order.pk).update(placed_at=timezone.now() - timedelta(days=days_ago))
    return order


def test_figures_are_exact(shops: Any) -> None:
    buy(shops, "apparel", quantity=2)  # 20.00 and 4.90
    buy(shops, "apparel", days_ago=3)  # 10.00 and 4.90
    buy(shops, "home", days_ago=8)
    buy(shops, "home", payment_method="sandbox")  # waits for its payment
    key = new_key()
    fill(key, (make_variant(shops["home"]), shops["home"], 1))  # a cart that nobody has ordered

    found = figures(7)

    assert (found.orders, found.sales) == (2, Decimal("39.80"))
    assert found.average == Decimal("19.90")
    assert found.before == Decimal("14.90")
    assert len(found.days) == 7
    assert (found.days[-1].orders, found.days[-1].sales) == (1, Decimal("24.90"))
    assert found.days[3].orders == 1
    assert [(each.title, each.pieces) for each in found.sellers] == [
        ("Thing of apparel", 2),
        ("Thing of apparel", 1),
    ]
    told = {
        each.storefront.slug: (each.carts, each.orders, each.share) for each in found.conversions
    }
    assert told == {"galleria": (0, 0, 0), "apparel": (2, 2, 100), "home": (1, 0, 0)}
    assert found.work.to_send == 3
    only = figures(30, shops["home"])
    assert (only.orders, only.sales) == (1, Decimal("14.90"))


@pytest.mark.usefixtures("database")
def test_what_was_cancelled_is_not_sold(shops: Any) -> None:
    # Given an order of three things for 22.00, of which one was cancelled, and one without any left
    some, gone = buy(shops, "apparel", quantity=3), buy(shops, "apparel", quantity=2)
    line = gone.lines.get()
    fulfilment.fulfil(gone, {line.pk: 1}, by=BY)
    cancel_lines(gone, {line.pk: 1}, by=BY, key="a", reason="damaged")
    cancel_lines(some, {some.lines.get().pk: 1}, by=BY, key="a", reason="damaged")
    OrderLine.objects.filter(pk=line.pk).update(fulfilled_quantity=0, cancelled_quantity=2)
    OrderLine.objects.filter(order=some).update(discount_total=8, total=22)

    found = figures(7)

    assert (found.orders, found.sales) == (2, Decimal("39.80"))
    assert found.days[-1].sales == Decimal("39.80")
    assert sum(each.sales for each in found.conversions) == Decimal("39.80")
    (seller,) = found.sellers
    assert (seller.pieces, seller.sales) == (2, Decimal("14.67"))
    assert found.work.to_send == 1


def test_an_empty_shop_has_a_page(shops: Any) -> None:
    found = figures(90)
    assert (found.orders, len(found.days)) == (0, 90)
    assert found.sales == found.average == Decimal(0)


def test_the_number_of_queries_does_not_grow(
    shops: Any, django_assert_max_num_queries: Any
) -> None:
    for _ in range(5):
        buy(shops, "apparel")
    with django_assert_max_num_queries(9):
        figures(30)


def test_the_page_draws_them_and_takes_nonsense_for_the_usual(shops: Any) -> None:
    buy(shops, "apparel")
    client = sign_in_staff(shops["galleria"])
    for query in ["", "?days=7&shop=apparel", "?days=9999&shop=nowhere", "?days=x"]:
        told = client.get(f"/admin/{query}")
        assert told.status_code == 200
        assert "€14.90" in told.content.decode()
        assert '<svg class="chart"' in told.content.decode()
