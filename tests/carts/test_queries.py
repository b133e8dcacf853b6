"""The badge and the cart page: what they show, and how many queries that takes."""

from decimal import Decimal

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries

from carts.context import cart_badge
from carts.models import Cart, CartLine
from carts.queries import cart_contents, cart_count, cart_page
from orders.models import ShippingMethod
from tests.carts.helpers import fill, make_shops, make_variant, new_key

pytestmark = pytest.mark.django_db


def test_the_badge_counts_pieces_with_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    shops, key = make_shops(), new_key()
    fill(key, *((make_variant(shops["home"]), shops["home"], n) for n in (1, 2, 3)))

    with django_assert_num_queries(1):
        assert cart_count(key) == 6
    with django_assert_num_queries(1):
        assert cart_count(new_key()) == 0
    with django_assert_num_queries(0):
        assert cart_count(None) == 0


class FakeSession:
    def __init__(self, session_key: str | None) -> None:
        self.session_key = session_key


def test_the_badge_asks_only_when_a_page_shows_it_and_once(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["home"]), shops["home"], 2))
    request = RequestFactory().get("/")
    page = Template(
        "{% load i18n %}{% if cart_count %}{{ cart_count }}: "
        "{% blocktranslate count n=cart_count %}{{ n }} item{% plural %}{{ n }} items"
        "{% endblocktranslate %}{% endif %}"
    )

    request.session = FakeSession(key)  # type: ignore[assignment]
    with django_assert_num_queries(0):
        context = cart_badge(request)
    with django_assert_num_queries(1):
        assert page.render(Context(context)) == "2: 2 items"

    request.session = FakeSession(None)  # type: ignore[assignment]
    with django_assert_num_queries(0):
        assert page.render(Context(cart_badge(request))) == ""
    del request.session
    with django_assert_num_queries(0):
        assert page.render(Context(cart_badge(request))) == ""


@pytest.mark.parametrize("size", [1, 5, 50])
def test_contents_take_five_queries_and_their_prices_eight_whatever_the_number_of_lines(
    size: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    shops, key = make_shops(), new_key()
    origins = [shops["apparel"], shops["home"], shops["galleria"]]
    fill(key, *((make_variant(origins[n % 3]), origins[n % 3], 1) for n in range(size)))
    ShippingMethod.objects.create(slug="standard", original_name="Standard", price=Decimal("4.90"))

    for read, queries in ((cart_contents, 5), (cart_page, 13)):
        with django_assert_num_queries(queries):
            page = read(key, shops["galleria"])
            assert len(page.lines) == size
            for line in page.lines:
                assert line.product.title
                assert line.storefront.name
                assert list(line.product.images_list) == []
                assert line.product.first_image is None


def test_no_session_no_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    shops = make_shops()
    with django_assert_num_queries(0):
        page = cart_page(None, shops["home"])
    assert (page.is_empty, page.can_check_out, page.count) == (True, False, 0)
    assert (page.breakdown.total, page.breakdown.lines, page.delivery_from) == (
        Decimal(0),
        (),
        None,
    )


def test_lines_are_grouped_by_origin_the_visited_one_first() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], price="19.90")
    bowl = make_variant(shops["home"], price="7.05")
    fill(key, (bowl, shops["home"], 2), (shirt, shops["galleria"], 1), (shirt, shops["apparel"], 3))

    page = cart_page(key, shops["home"])

    assert [
        (shop.slug, [(line.variant, line.quantity, price.total) for line, price in lines])
        for shop, lines in page.priced_groups
    ] == [
        ("home", [(bowl, 2, Decimal("14.10"))]),
        ("galleria", [(shirt, 1, Decimal("19.90"))]),
        ("apparel", [(shirt, 3, Decimal("59.70"))]),
    ]
    assert (page.count, page.breakdown.total) == (6, Decimal("93.70"))
    assert [line.unit_price for line in page.breakdown.lines] == [
        Decimal("7.05"),
        Decimal("19.90"),
        Decimal("19.90"),
    ]
    assert (page.is_empty, page.can_check_out, page.notices) == (False, True, ())


def test_prices_are_todays() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], price="19.90")
    fill(key, (shirt, shops["apparel"], 2))
    shirt.price = Decimal("15.00")
    shirt.save()

    assert cart_page(key, shops["home"]).breakdown.total == Decimal("30.00")


def test_stock_that_fell_is_a_problem_of_each_line_that_shares_it() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=4, title="Linen shirt")
    bowl = make_variant(shops["home"], stock=9)
    fill(key, (shirt, shops["apparel"], 3), (shirt, shops["galleria"], 2), (bowl, shops["home"], 1))

    page = cart_page(key, shops["apparel"])

    problem = "Only 4 of “Linen shirt” are left, and your cart holds 5. Please choose fewer."
    assert [(line.problem, line.available, line.max_quantity) for line in page.lines] == [
        (problem, 4, 2),
        (problem, 4, 1),
        (None, 9, 9),
    ]
    assert page.problems == [problem]
    assert not page.can_check_out


def test_sold_out_and_unpublished_are_problems() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=0, title="Linen shirt")
    bowl = make_variant(shops["home"], title="Bowl", is_published=False)
    fill(key, (shirt, shops["apparel"], 1), (bowl, shops["home"], 1))

    page = cart_page(key, shops["apparel"])

    assert page.problems == [
        "“Linen shirt” is sold out. Please remove it.",
        "“Bowl” is no longer sold. Please remove it.",
    ]
    assert page.lines[0].max_quantity == 0
    assert not page.can_check_out


def test_untracked_is_limited_by_the_cart_only() -> None:
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"])
    fill(key, (shirt, shops["apparel"], 10), (shirt, shops["galleria"], 20))

    lines = cart_page(key, shops["apparel"]).lines

    assert [(line.available, line.max_quantity, line.problem) for line in lines] == [
        (None, 79, None),
        (None, 89, None),
    ]


def test_reading_the_page_leaves_its_notices() -> None:
    shops, key = make_shops(), new_key()
    fill(key)
    told = [{"code": "joined", "count": 2}]
    Cart.objects.update(notices=told)

    first, second = cart_page(key, shops["home"]), cart_page(key, shops["home"])

    expected = ("2 items from your other visit were added to this cart.",)
    assert first.notices == second.notices == expected
    assert Cart.objects.get().notices == told
    assert not CartLine.objects.exists()
