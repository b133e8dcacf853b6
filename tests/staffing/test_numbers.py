"""Numbers that are too large, or none, in the addresses and forms of the admin."""

import pytest
from django.test import Client

from accounts.models import User
from shop.catalogue.models import Product, ProductFile
from shop.storefronts.models import Storefront
from tests.factories import NetworkFactory
from tests.staff import sign_in_staff

pytestmark = pytest.mark.django_db

ODD = ("9" * 5000, "9" * 25, "9" * 19, "0", "-1", "²", "x", "")


@pytest.fixture
def network() -> dict[str, Storefront]:
    shops: dict[str, Storefront] = NetworkFactory()
    return shops


@pytest.fixture
def staff(network: dict[str, Storefront]) -> Client:
    return sign_in_staff(network["galleria"])


@pytest.mark.parametrize("hours", ODD)
def test_the_charts_of_no_span_are_those_of_a_day(staff: Client, hours: str) -> None:
    response = staff.get("/admin/sessionsync/session/overview/", {"hours": hours})

    assert response.status_code == 200
    assert response.context["hours"] == 24


@pytest.mark.parametrize("number", ODD)
def test_no_file_is_imported_by_a_number_that_is_none(
    network: dict[str, Storefront], staff: Client, number: str
) -> None:
    ProductFile.objects.create(
        staff_id=User.objects.get().pk,
        name="a.csv", content=b"Handle,Title\na,A\n", storefront=network["home"],
    )  # fmt: skip

    answer = staff.post("/admin/catalogue/product/exchange/confirm/", {"file": number})

    assert answer.status_code == 404
    assert ProductFile.objects.count() == 1
    assert Product.objects.count() == 0


@pytest.mark.parametrize("page", ODD)
def test_the_admins_search_has_no_such_page(staff: Client, page: str) -> None:
    assert staff.get("/admin/search/", {"s": "order", "page": page}).status_code == 404
    assert staff.get("/admin/search/", {"s": "order"}).status_code == 200
