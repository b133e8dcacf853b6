"""Ways of delivery, and the command that seeds them."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from orders.countries import NAMES, country_name, delivery_countries
from orders.models import ShippingMethod

pytestmark = pytest.mark.django_db


def test_seeding_twice_is_seeding_once_and_keeps_what_staff_changed() -> None:
    call_command("seed_shipping", verbosity=0)
    ShippingMethod.objects.filter(slug="express").update(price="15.00")
    call_command("seed_shipping", verbosity=0)

    assert list(ShippingMethod.objects.offered().values_list("slug", "price")) == [
        ("standard", Decimal("4.90")),
        ("express", Decimal("15.00")),
        ("pick-up", Decimal("0.00")),
    ]


def test_a_method_serves_its_countries_in_either_case_or_all() -> None:
    assert ShippingMethod(countries=["DE", "fr"]).serves("de")
    assert ShippingMethod(countries=["DE", "fr"]).serves("FR")
    assert not ShippingMethod(countries=["DE", "fr"]).serves("gb")
    assert ShippingMethod(countries=[]).serves("gb")


@pytest.mark.parametrize("countries", ["de", {"de": 1}, ["deu"], ["de", 1], [""], ["d3"]])
def test_a_list_of_countries_that_is_none_is_refused(countries: object) -> None:
    method = ShippingMethod(slug="x", name="X", price=Decimal(1), countries=countries)
    with pytest.raises(ValidationError) as refusal:
        method.full_clean()
    assert list(refusal.value.message_dict) == ["countries"]


def test_countries_have_names_and_come_in_their_order(settings: pytest.FixtureRequest) -> None:
    assert all(code in NAMES for code, _name in delivery_countries())
    settings.SHOP_COUNTRIES = ["US", "at", "XK"]  # type: ignore[attr-defined]
    assert delivery_countries() == [("at", "Austria"), ("us", "United States"), ("xk", "XK")]
    assert country_name("GB") == "United Kingdom"
