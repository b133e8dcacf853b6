"""The admin's sidebar: all that somebody may see, and numbers of what waits."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from sessionsync.models import Session
from tests.carts.helpers import make_shops, shopper
from tests.staff import sign_in_staff
from tests.stock.helpers import variant

pytestmark = pytest.mark.django_db


def sidebar(client: Client) -> dict[str, str]:
    """Where its items lead, with all that is written there."""
    page = client.get("/admin/").content.decode()
    aside = page[page.index('id="nav-sidebar-apps"') :]
    items = re.findall(r'<li [^>]*>\s*<a href="(/admin/[^"]+)"[^>]*>(.*?)</a>', aside, re.DOTALL)
    return {address: " ".join(re.sub(r"<[^>]+>", " ", text).split()) for address, text in items}


def test_it_shows_every_app_and_how_much_runs_low() -> None:
    variant(3)
    items = sidebar(sign_in_staff(make_shops()["galleria"]))

    assert items["/admin/stock/variantstock/"] == "Stock 1"
    assert items["/admin/catalogue/product/"] == "Products"
    assert {"/admin/audit/entry/", "/admin/orders/order/", "/admin/carts/cart/"} <= items.keys()


def test_no_number_where_nothing_waits() -> None:
    variant(99)

    items = sidebar(sign_in_staff(make_shops()["galleria"]))

    assert items["/admin/stock/variantstock/"] == "Stock"


def test_it_shows_what_this_member_of_staff_may_see() -> None:
    shop = make_shops()["galleria"]
    user = User.objects.create_user("clerk@example.com", "secret", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_product"))
    Client(headers={"host": shop.domain}).force_login(user)
    key = Session.objects.get(state="open", principal=str(user.pk)).key

    assert sidebar(shopper(key, shop)) == {"/admin/catalogue/product/": "Products"}
