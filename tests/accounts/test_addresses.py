"""The address book."""

import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Address, User
from accounts.services import addresses
from tests.accounts.shopper import Shopper, customer

pytestmark = pytest.mark.django_db
LONDON: dict[str, Any] = {
    "address_name": "",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "company": "",
    "address_1": "12 St James's Square",
    "address_2": "",
    "city": "London",
    "postal_code": "SW1Y 4JH",
    "province": "",
    "country_code": "gb",
    "phone": "+44 20 7946 0000",
}
BOTH = {"is_default_shipping": True, "is_default_billing": True}


def signed_in(shops: dict[str, Any]) -> Shopper:
    customer()
    ada = Shopper()
    ada.sign_in(shops["apparel"])
    return ada


def test_an_address_is_added_changed_and_removed(shops: dict[str, Any]) -> None:
    # Given
    ada = signed_in(shops)
    page = ada.page(shops["apparel"], "/account/addresses/new/")
    assert page.context["form"].initial["is_default_shipping"] is True

    # When
    page = ada.send(
        page, "/account/addresses/new/", **LONDON, is_default_shipping="on", is_default_billing="on"
    )

    # Then
    assert ada.url == "https://apparel.example/account/addresses/"
    address = Address.objects.get()
    assert (address.city, address.country_code, address.country) == (
        "London",
        "gb",
        "United Kingdom",
    )
    assert (address.is_default_shipping, address.is_default_billing) == (True, True)
    assert "12 St James&#x27;s Square" in page.content.decode()

    # When
    changed = {**LONDON, "city": "  Lon\tdon ", "address_name": "Home"}
    ada.fill(shops["apparel"], f"/account/addresses/{address.pk}/", **changed)

    # Then
    address.refresh_from_db()
    assert (address.city, str(address)) == ("Lon don", "Home")
    assert (address.is_default_shipping, address.is_default_billing) == (False, False)

    # When
    page = ada.page(shops["apparel"], "/account/addresses/")
    ada.send(page, f"/account/addresses/{address.pk}/remove/")

    # Then
    assert not Address.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("first_name", " ", "Please enter the first name."),
        ("last_name", "", "Please enter the last name."),
        ("address_1", "", "Please enter the street and number."),
        ("city", "", "Please enter the city."),
        ("postal_code", "", "Please enter the postal code."),
        ("country_code", "", "Please choose the country."),
        ("country_code", "xx", "Please choose a country of the list."),
        ("country_code", "us", "Please choose the state or province."),
        ("phone", "call me", "Please write the phone number with digits"),
        ("first_name", "x" * 151, "at most 150 characters"),
        ("city", "x\x00", "Null characters are not allowed."),
    ],
)
def test_what_is_wrong_is_said_next_to_the_field(
    shops: dict[str, Any], field: str, value: str, why: str
) -> None:
    ada = signed_in(shops)

    page = ada.fill(shops["apparel"], "/account/addresses/new/", **{**LONDON, field: value})

    assert why in page.content.decode()
    assert page.context["form"].errors
    assert not Address.objects.exists()


def test_anybody_elses_address_does_not_exist(shops: dict[str, Any]) -> None:
    # Given
    ada = signed_in(shops)
    bob = customer("bob@example.com")
    his = addresses.add_address(bob, **LONDON)
    page = ada.page(shops["apparel"], "/account/addresses/new/")

    # Then
    for path in (f"/account/addresses/{his.pk}/", f"/account/addresses/{his.pk}/remove/"):
        assert ada.send(page, path, **{**LONDON, "city": "Paris"}).status_code == 404
    assert ada.page(shops["apparel"], f"/account/addresses/{his.pk}/").status_code == 404
    his.refresh_from_db()
    assert his.city == "London"
    assert "12 St James" not in ada.page(shops["apparel"], "/account/addresses/").content.decode()


def test_a_form_cannot_give_an_address_to_somebody_else(shops: dict[str, Any]) -> None:
    ada = signed_in(shops)
    bob = customer("bob@example.com")

    ada.fill(shops["apparel"], "/account/addresses/new/", **LONDON, customer=bob.pk, id=7)

    assert Address.objects.get().customer.email == "ada@example.com"


def test_one_address_is_the_default() -> None:
    ada = User.objects.create_user("ada@example.com")
    first = addresses.add_address(ada, **LONDON, **BOTH)
    second = addresses.add_address(ada, **{**LONDON, "city": "Paris"}, is_default_shipping=True)

    first.refresh_from_db()
    assert (first.is_default_shipping, first.is_default_billing) == (False, True)

    addresses.change_address(second, is_default_billing=True)

    assert list(
        Address.objects.order_by("pk").values_list("is_default_shipping", "is_default_billing")
    ) == [(False, False), (True, True)]


def test_an_address_book_has_fifty_pages(shops: dict[str, Any]) -> None:
    ada = signed_in(shops)
    user = User.objects.get()
    Address.objects.bulk_create(
        Address(customer=user, **LONDON) for _number in range(addresses.MOST_ADDRESSES)
    )

    page = ada.fill(shops["apparel"], "/account/addresses/new/", **LONDON)

    assert "Your address book is full." in page.content.decode()
    assert user.addresses.count() == 50
    with pytest.raises(addresses.TooManyAddresses):
        addresses.add_address(user, **LONDON)


def test_the_database_refuses_what_no_address_is() -> None:
    ada = User.objects.create_user("ada@example.com")
    addresses.add_address(ada, **LONDON, **BOTH)
    for fields in (BOTH, {"country_code": "GB"}, {"country_code": "g"}, {"country_code": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Address.objects.create(customer=ada, **{**LONDON, **fields})
    assert Address.objects.count() == 1


def test_removing_twice_is_no_error() -> None:
    ada = User.objects.create_user("ada@example.com")
    address = addresses.add_address(ada, **LONDON)
    addresses.remove_address(address)
    addresses.remove_address(address)
    with pytest.raises(Address.DoesNotExist):
        addresses.change_address(address, city="Paris")
    assert not Address.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_at_once_leave_one_default() -> None:
    """Two tabs, a script: whoever comes last is the default, and nobody gets an error."""
    ada = User.objects.create_user("ada@example.com")
    failures: list[BaseException] = []

    def add(number: int) -> None:
        try:
            addresses.add_address(ada, **{**LONDON, "city": f"City {number}"}, **BOTH)
        except BaseException as failure:  # noqa: BLE001 - to be shown by the test
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert Address.objects.count() == 8
    assert Address.objects.filter(is_default_shipping=True).count() == 1
    assert Address.objects.filter(is_default_billing=True).count() == 1


def test_the_name_is_the_customers_to_choose(shops: dict[str, Any]) -> None:
    ada = signed_in(shops)

    page = ada.fill(
        shops["apparel"], "/account/name/", first_name="<b>Ada</b>", last_name="", is_staff="on"
    )

    user = User.objects.get()
    assert (user.first_name, user.is_staff) == ("<b>Ada</b>", False)
    assert "Hello, &lt;b&gt;Ada&lt;/b&gt;" in page.content.decode()
