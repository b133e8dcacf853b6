"""Storefronts in the admin: there is always exactly one main site."""

import pytest
from django.test import Client
from django.utils import translation

from shop.storefronts.models import Storefront
from shop.storefronts.queries import all_storefronts
from tests.factories import NetworkFactory
from tests.staff import sign_in_staff

pytestmark = pytest.mark.django_db

LIST = "/admin/storefronts/storefront/"


@pytest.fixture
def network(db: None) -> dict[str, Storefront]:
    return NetworkFactory()


@pytest.fixture
def staff(network: dict[str, Storefront]) -> Client:
    return sign_in_staff(network["galleria"])


def mains() -> list[str]:
    return list(Storefront.objects.filter(is_main=True).values_list("slug", flat=True))


def test_list_and_form_open(staff: Client, network: dict[str, Storefront]) -> None:
    assert "apparel.example" in staff.get(LIST).content.decode()
    assert staff.get(f"{LIST}{network['home'].pk}/change/").status_code == 200


def test_a_storefront_is_added_and_changed(staff: Client) -> None:
    form = {"slug": "toys", "name": "Toys", "domain": "toys.example", "tagline": "",
            "theme": "home", "language": "en", "position": 9, "is_main": "on"}  # fmt: skip

    assert staff.post(LIST + "add/", form).status_code == 302
    toys = Storefront.objects.get(slug="toys")
    assert not toys.is_main
    changed = staff.post(f"{LIST}{toys.pk}/change/", form | {"domain": "Toys.example"})
    assert changed.status_code == 200
    assert staff.post(f"{LIST}{toys.pk}/change/", form | {"domain": "t.example"}).status_code == 302
    assert Storefront.objects.get(slug="toys").domain == "t.example"
    assert mains() == ["galleria"]


def test_a_tagline_is_translated(staff: Client, network: dict[str, Storefront]) -> None:
    home = network["home"]
    address = f"{LIST}{home.pk}/change/"
    form = {"slug": "home", "name": "Home", "domain": "home.example", "tagline": "Useful things.",
            "tagline_zh_hans": "实用的东西。", "theme": "home", "language": "en",
            "position": 3}  # fmt: skip

    assert staff.post(address, form).status_code == 302
    kept = Storefront.objects.get(slug="home")
    assert (kept.tagline, kept.translations) == (
        "Useful things.", {"zh-hans": {"tagline": "实用的东西。"}},
    )  # fmt: skip
    with translation.override("zh-hans"):
        assert kept.tagline == "实用的东西。"
        assert next(s for s in all_storefronts() if s.slug == "home").tagline == "实用的东西。"
    assert "实用的东西。" in staff.get(address).content.decode()

    assert staff.post(address, form | {"tagline_zh_hans": ""}).status_code == 302
    assert Storefront.objects.get(slug="home").translations == {}


def test_the_main_role_is_moved_by_an_action(staff: Client, network: dict[str, Storefront]) -> None:
    both = [network["home"].pk, network["apparel"].pk]

    refused = staff.post(LIST, {"action": "make_main_site", "_selected_action": both})
    assert (refused.status_code, mains()) == (302, ["galleria"])

    staff.post(LIST, {"action": "make_main_site", "_selected_action": both[:1]})
    assert mains() == ["home"]


def test_the_main_site_is_not_deleted(staff: Client, network: dict[str, Storefront]) -> None:
    galleria, home = network["galleria"].pk, network["home"].pk
    chosen = {"action": "delete_selected", "_selected_action": [galleria, home], "post": "yes"}

    assert staff.post(f"{LIST}{galleria}/delete/", {"post": "yes"}).status_code == 403
    staff.post(LIST, chosen)
    assert Storefront.objects.count() == 4

    assert staff.post(f"{LIST}{home}/delete/", {"post": "yes"}).status_code == 302
    assert Storefront.objects.count() == 3


def test_the_admin_is_on_the_main_site_only(staff: Client) -> None:
    assert staff.get(LIST, headers={"host": "home.example"}).status_code == 404
