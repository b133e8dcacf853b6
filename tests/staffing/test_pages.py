"""Every page of the admin opens for whoever may see it, and for nobody else."""

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import RequestFactory
from django.urls import NoReverseMatch

from accounts.models import User
from carts.models import Cart
from orders.models import Order
from sessionsync.models import Session
from shop.catalogue.models import Product
from shop.mailing.models import OutgoingMail
from shop.pricing.models import Redemption
from shop.staff.roles import MERCHANDISER, OWNER, ROLES, SUPPORT
from shop.stock.models import StockMovement
from shop.storefronts.models import Storefront
from tests.factories import StorefrontFactory
from tests.staffing.rows import address, one_of_everything, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def main() -> Storefront:
    return StorefrontFactory(slug="galleria", is_main=True)


@pytest.fixture
def shop(main: Storefront) -> Product:
    return one_of_everything()


def may_view(user: User, model: type[Model]) -> bool:
    own = f"{model._meta.app_label}.{{}}_{model._meta.model_name}"
    return user.has_perm(own.format("view")) or user.has_perm(own.format("change"))


@pytest.mark.parametrize("role", ROLES)
def test_every_page_opens_for_whoever_may_see_it(
    role: str, main: Storefront, shop: Product
) -> None:
    # Given
    user, client = somebody(role, main)
    client.raise_request_exception = False
    request = RequestFactory().get("/")
    request.user = user
    wanted, found = {}, {}

    # When
    for model, model_admin in admin.site._registry.items():
        seen = 200 if may_view(user, model) else 403
        row = model._default_manager.first()
        assert row is not None, f"no row of {model} to look at"
        wanted[address(model, "changelist")] = seen
        wanted[address(model, "changelist") + "?q=ada"] = seen
        if model is Session:  # its key is a secret, and would be in the address
            with pytest.raises(NoReverseMatch):
                address(model, "change", row.pk)
            continue
        may_add = model_admin.has_add_permission(request)
        wanted[address(model, "add")] = 200 if may_add else 403
        wanted[address(model, "change", row.pk)] = seen
        wanted[address(model, "history", row.pk)] = seen
    for url in wanted:
        found[url] = client.get(url).status_code

    # Then
    assert found == wanted
    assert {"Owner": 200, "Merchandiser": 403, "Support": 200}[role] == found[
        address(OutgoingMail, "changelist")
    ]
    assert found[address(Product, "add")] == (403 if role == SUPPORT else 200)
    assert found[address(Cart, "changelist")] == (403 if role == MERCHANDISER else 200)
    assert found[address(User, "add")] == (200 if role == OWNER else 403)


def test_who_may_only_read_a_product_reads_its_variants_and_translations(
    main: Storefront, shop: Product
) -> None:
    _user, client = somebody(SUPPORT, main)

    told = client.get(address(Product, "change", shop.pk)).content.decode()

    for text in ("Small", "小号", "衬衫"):
        assert text in told
    assert ">None<" not in told
    assert 'name="title"' not in told


def test_who_may_not_see_orders_learns_no_orders_key(main: Storefront, shop: Product) -> None:
    # Given
    order = Order.objects.get()
    _user, client = somebody(MERCHANDISER, main)
    pages = {}

    # When every page of every list is opened that a merchandiser may see
    for model in admin.site._registry:
        urls = [address(model, "changelist")]
        if model is not Session:
            for row in model._default_manager.all():
                urls += [address(model, page, row.pk) for page in ("change", "history", "delete")]
        for url in urls:
            answer = client.get(url)
            if answer.status_code == 200:
                pages[url] = answer.content.decode()

    # Then none tells the key; orders are told apart by its beginning
    assert len(pages) > 40
    assert [url for url, told in pages.items() if order.token in told] == []
    for model in (Redemption, StockMovement):
        named = model.objects.filter(reference=order.token).first()
        assert named is not None
        for url in (address(model, "changelist"), address(model, "change", named.pk)):
            assert order.token[:8] in pages[url]


@pytest.mark.parametrize("model", [Redemption, StockMovement])
def test_no_search_tries_an_orders_key_out(
    model: type[Model], main: Storefront, shop: Product
) -> None:
    order = Order.objects.get()
    _user, client = somebody(MERCHANDISER, main)
    list_url = address(model, "changelist")
    rows = model._default_manager.filter(reference=order.token).count()

    def found(query: str) -> int:
        answer = client.get(f"{list_url}?q={query}")
        assert answer.status_code == 200
        return len(answer.context["cl"].result_list)

    assert found(order.token[:8]) == rows > 0
    assert [found(order.token[:length]) for length in (7, 9, 15, len(order.token))] == [0] * 4
    for lookup in ("reference", "reference__startswith", "reference__regex"):
        refused = client.get(list_url, {lookup: order.token[:9]})
        assert refused.status_code == 400
