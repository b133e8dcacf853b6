"""Exactly one main site, domains as they are looked up."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from shop.storefronts.models import Storefront
from shop.storefronts.services import make_main
from tests.factories import NetworkFactory, StorefrontFactory

pytestmark = pytest.mark.django_db


def mains() -> list[str]:
    return list(Storefront.objects.filter(is_main=True).values_list("slug", flat=True))


def test_a_network_without_a_main_site_is_refused() -> None:
    first = Storefront(slug="a", name="A", domain="a.example")

    with pytest.raises(ValidationError, match="One site must be the main site"):
        first.full_clean()


def test_the_main_site_cannot_step_down_by_itself() -> None:
    main = NetworkFactory()["galleria"]
    main.is_main = False

    with pytest.raises(ValidationError, match="One site must be the main site"):
        main.full_clean()


def test_a_second_main_site_is_refused_by_form_and_database() -> None:
    NetworkFactory()
    second = Storefront(slug="b", name="B", domain="b.example", is_main=True)

    with pytest.raises(ValidationError, match="Another site is the main site"):
        second.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save()
    assert mains() == ["galleria"]


def test_make_main_moves_the_role() -> None:
    network = NetworkFactory()

    made = make_main(network["home"])

    assert made.is_main
    assert mains() == ["home"]
    assert make_main(network["home"]).is_main
    assert mains() == ["home"]


def test_the_main_site_cannot_be_deleted() -> None:
    network = NetworkFactory()

    with pytest.raises(models.ProtectedError, match="main site cannot be deleted"):
        network["galleria"].delete()
    assert Storefront.objects.count() == 4


@pytest.mark.parametrize(
    "domain",
    ["Shop.example", "https://shop.example", "shop.example:8000", "shop.example/", "-a.b", ""],
)
def test_a_domain_is_a_bare_lower_case_host(domain: str) -> None:
    StorefrontFactory(slug="main", is_main=True)
    storefront = Storefront(slug="s", name="S", domain=domain)

    with pytest.raises(ValidationError) as refusal:
        storefront.full_clean()
    assert "domain" in refusal.value.message_dict or "__all__" in refusal.value.message_dict


def test_currency_is_the_networks(settings: object) -> None:
    settings.SHOP_CURRENCY = "USD"  # type: ignore[attr-defined]

    assert Storefront().currency == "USD"
