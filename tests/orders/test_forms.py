"""The checkout form: each mistake is told in words, and filling it in is made easy."""

from typing import Any

import pytest

from orders.models import Order
from shop.catalogue.models import Variant
from tests.carts.helpers import fill, make_shops, make_variant, new_key
from tests.orders.helpers import make_methods
from tests.orders.test_views import filled, shopper

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("changed", "field", "message"),
    [
        ({"email": ""}, "email",
         "Please enter your e-mail address: we send the confirmation there."),
        ({"email": "ada@"}, "email",
         "This is not a complete e-mail address, like name@example.com."),
        ({"email": "a@b.c\nBcc: x@y.z"}, "email",
         "This is not a complete e-mail address, like name@example.com."),
        ({"first_name": "  "}, "first_name", "Please enter your first name."),
        ({"last_name": ""}, "last_name", "Please enter your last name."),
        ({"address_1": ""}, "address_1", "Please enter the street and number the parcel goes to."),
        ({"city": ""}, "city", "Please enter the city."),
        ({"postal_code": ""}, "postal_code", "Please enter the postal code."),
        ({"country_code": ""}, "country_code", "Please choose the country the parcel goes to."),
        ({"country_code": "xx"}, "country_code",
         "We do not deliver there. Please choose a country of the list."),
        ({"country_code": "us", "postal_code": "94607"}, "province",
         "Please choose the state or province."),
        ({"country_code": "us", "province": "CA"}, "postal_code",
         "“SW1Y 4JH” is no postal code of United States. One looks like this: 95014."),
        ({"phone": "call me"}, "phone",
         "Please write the phone number with digits, for example +49 30 1234567."),
        ({"shipping_method": ""}, "shipping_method",
         "Please choose how your order should reach you."),
        ({"shipping_method": "pigeon"}, "shipping_method",
         "This way of delivery is no longer offered. Please choose again."),
        ({"shipping_method": "courier"}, "shipping_method",
         "“Courier” does not go to United Kingdom. Please choose another way."),
        ({"payment_method": "cheque"}, "payment_method",
         "This way to pay is not offered. Please choose again."),
    ],
)  # fmt: skip
def test_each_mistake_is_told_at_its_field_and_nothing_is_ordered(
    changed: dict[str, str], field: str, message: str
) -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    shirt = make_variant(shops["apparel"], stock=5)
    fill(key, (shirt, shops["apparel"], 1))
    client = shopper(key, shops["apparel"])

    answer = client.post("/checkout/", filled(client, **changed))

    assert answer.status_code == 200
    assert {name: list(texts) for name, texts in answer.context["form"].errors.items()} == {
        field: [message]
    }
    assert not Order.objects.exists()
    assert Variant.objects.get().stock == 5


def test_what_is_typed_is_tidied() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["apparel"]), shops["apparel"], 1))
    client = shopper(key, shops["apparel"])

    client.post(
        "/checkout/",
        filled(
            client,
            first_name=" Ada \n Augusta ",
            country_code="IE",
            postal_code="",
            email=" a@b.ie ",
        ),
    )

    order = Order.objects.get()
    assert (order.first_name, order.country_code, order.email) == ("Ada Augusta", "ie", "a@b.ie")


def test_the_form_helps_browsers_and_phones_to_fill_it_in() -> None:
    make_methods()
    shops, key = make_shops(), new_key()
    fill(key, (make_variant(shops["apparel"]), shops["apparel"], 1))

    form = shopper(key, shops["apparel"]).get("/checkout/").context["form"]

    given: dict[str, Any] = {
        field.name: field.field.widget.attrs.get("autocomplete") for field in form.visible_fields()
    }
    assert given == {
        "email": "email",
        "first_name": "given-name",
        "last_name": "family-name",
        "company": "organization",
        "address_1": "address-line1",
        "address_2": "address-line2",
        "city": "address-level2",
        "postal_code": "postal-code",
        "province": "address-level1",
        "country_code": "country",
        "phone": "tel",
        "shipping_method": None,
        "payment_method": None,
    }
    assert form.fields["email"].widget.attrs["inputmode"] == "email"
    assert form.fields["phone"].widget.attrs["inputmode"] == "tel"
