"""However many lines and offers there are, a price takes the same queries."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from shop.pricing.models import (
    CustomerGroup,
    HomeCountry,
    ProductTax,
    QuantityBreak,
    StorefrontPrice,
    Voucher,
)
from shop.pricing.services import redeem
from tests.carts.helpers import make_shops, make_variant
from tests.factories import CategoryFactory
from tests.pricing.factories import STANDARD, D, adds_up, priced, promotion, tax

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("size", [1, 5, 40])
def test_a_price_takes_eleven_queries_at_most(size: int) -> None:
    shops, ada = make_shops(), User.objects.create_user("ada@example.com")
    HomeCountry.objects.create(storefront=shops["home"], country="DE")
    club = CustomerGroup.objects.create(name="Club")
    club.members.add(ada)
    books, codes, things = tax("DE", "7", "books"), [], []
    tax("DE", "19")
    for number in range(size):
        category = CategoryFactory()
        thing = make_variant(price="20.00", category=category)
        things.append(thing)
        ProductTax.objects.create(product=thing.product, tax_class=books)
        QuantityBreak.objects.create(variant=thing, minimum=2, price=D(19))
        StorefrontPrice.objects.create(variant=thing, storefront=shops["home"], price=D(18))
        offer = promotion(
            categories=[category],
            products=[thing.product],
            storefronts=[shops["home"]],
            groups=[club],
            usage_limit_per_customer=5,
        )
        hidden = promotion(automatic=False, kind="fixed", amount=D("0.10"))
        codes.append(Voucher.objects.create(code=f"CODE{number}", promotion=hidden).code)
        assert offer.automatic
    lines = [(thing, shops["home"], 3) for thing in things]

    with CaptureQueriesContext(connection) as queries:
        found = priced(*lines, codes=codes, customer=ada, country=None, shipping=STANDARD)

    adds_up(found)
    assert len(found.discounts) == 2 * size
    assert len(queries) == 11
    redeem(found, reference="order-1", customer=ada, email="")


def test_a_plain_purchase_takes_five() -> None:
    shops = make_shops()
    lines = [(make_variant(), shops["home"], 1) for _ in range(3)]

    with CaptureQueriesContext(connection) as queries:
        priced(*lines)

    assert len(queries) == 5
