"""Reading orders."""

import pytest
from pytest_django import DjangoAssertNumQueries

from orders.queries import order_by_token
from tests.carts.helpers import fill, make_shops, make_variant, new_key
from tests.orders.helpers import make_methods, place

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("size", [1, 5, 50])
def test_an_order_takes_five_queries_whatever_its_lines(
    size: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    fill(key, *((make_variant(shops["home"]), shops["home"], 1) for _ in range(size)))
    token = place(key, shops["apparel"]).token

    with django_assert_num_queries(5):
        order = order_by_token(token)
        assert order is not None
        assert order.storefront.slug == "apparel"
        assert [line.storefront.slug for line in order.lines.all()] == ["home"] * size


def test_an_unknown_token_names_no_order() -> None:
    assert order_by_token("nothing") is None
