"""Staff and stock: what is low, what came in, what was counted, and what they are kept from."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from sessionsync.models import Session
from shop.catalogue.models import Variant
from shop.stock import queries, services
from shop.stock.models import LowStockMark, StockMovement
from shop.storefronts.models import Storefront
from tests.carts.helpers import shopper
from tests.factories import NetworkFactory
from tests.staff import sign_in_staff
from tests.stock.helpers import BY, levels, movements, reserve, variant

pytestmark = pytest.mark.django_db

LIST = "/admin/stock/variantstock/"
LEDGER = "/admin/stock/stockmovement/"


@pytest.fixture
def network(db: None) -> dict[str, Storefront]:
    return NetworkFactory()


@pytest.fixture
def staff(network: dict[str, Storefront]) -> Client:
    return sign_in_staff(network["galleria"])


def page(variant: Variant) -> str:
    return f"{LIST}{variant.pk}/change/"


def post(client: Client, variant: Variant, do: str, **fields: Any) -> Any:
    return client.post(page(variant), {"do": do, "reason": "", **fields})


def shown(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_a_delivery_is_added_once_however_often_the_form_is_sent(staff: Client) -> None:
    shirt = variant(3)

    for _click in range(2):
        answer = post(staff, shirt, "receive", quantity=5, key="form-1", reason="Note 12")
        assert (answer.status_code, answer["location"]) == (302, page(shirt))

    assert levels(shirt) == [(8, 0)]
    movement = StockMovement.objects.get(kind="received")
    user = User.objects.get(email="staff@example.com")
    assert (movement.actor, movement.customer_id, movement.reason) == ("staff", user.pk, "Note 12")
    said = shown(staff, page(shirt))
    assert "5 units received." in said
    assert f"staff #{user.pk}" in said
    assert "<td>form-1</td>" not in said
    assert f">{shirt}</a>" in said


def test_a_second_form_adds_again(staff: Client) -> None:
    shirt = variant(3)

    for key in ("form-1", "form-2"):
        post(staff, shirt, "receive", quantity=5, key=key)

    assert levels(shirt) == [(13, 0)]


@pytest.mark.parametrize("quantity", ["0", "-1", "x", "", "1000001", "1.5"])
def test_a_delivery_that_cannot_be_is_refused_next_to_its_field(
    staff: Client, quantity: str
) -> None:
    shirt = variant(3)

    answer = post(staff, shirt, "receive", quantity=quantity, key="form-1")

    assert answer.status_code == 422
    assert 'class="errors form-field' in answer.content.decode()
    assert levels(shirt) == [(3, 0)]


def test_a_count_sets_the_stock(staff: Client) -> None:
    shirt = variant(3)

    answer = post(staff, shirt, "count", counted=2, seen=3, reason="one was torn")

    assert answer.status_code == 302
    assert movements(shirt)[-1] == ("corrected", -1, 2, "")


def test_a_count_of_what_was_sold_meanwhile_is_asked_for_again(staff: Client) -> None:
    shirt = variant(3)
    reserve("order-1", (shirt, 1))
    services.sell("order-1", by=BY)

    answer = post(staff, shirt, "count", counted=3, seen=3)

    assert answer.status_code == 422
    said = answer.content.decode()
    assert "It has changed meanwhile: 2 in stock now. Please count again." in said
    assert 'name="seen" value="2"' in said
    assert levels(shirt) == [(2, 0)]
    assert post(staff, shirt, "count", counted=3, seen=2).status_code == 302
    assert levels(shirt) == [(3, 0)]


def test_a_count_below_what_is_promised_waits(staff: Client) -> None:
    shirt = variant(3)
    reserve("order-1", (shirt, 2))

    answer = post(staff, shirt, "count", counted=1, seen=3)

    assert answer.status_code == 422
    assert "2 are promised to orders being paid now." in answer.content.decode()
    assert levels(shirt) == [(3, 2)]


@pytest.mark.parametrize(
    ("do", "fields"),
    [("receive", {"quantity": 1, "key": "k"}), ("count", {"counted": 1, "seen": 0})],
)
def test_what_is_not_tracked_is_not_counted(staff: Client, do: str, fields: dict[str, Any]) -> None:
    poster = variant(None)

    answer = post(staff, poster, do, **fields)

    assert answer.status_code == 422
    assert "is not tracked" in answer.content.decode()
    assert levels(poster) == [(0, 0)]


def test_each_variant_may_have_its_own_mark(staff: Client) -> None:
    shirt = variant(8)
    assert list(queries.low_stock()) == []

    post(staff, shirt, "low", low_at=8)
    assert [each.pk for each in queries.low_stock()] == [shirt.pk]

    post(staff, shirt, "low", low_at="")
    assert not LowStockMark.objects.exists()


def test_low_is_what_is_for_sale_on_the_shelf_and_published(settings: Any) -> None:
    settings.STOCK_LOW_AT = 2
    low, reserved, well, hidden = variant(2), variant(9), variant(3), variant(0)
    reserve("order-1", (reserved, 8))
    hidden.product.is_published = False
    hidden.product.save()
    variant(None)

    assert [each.pk for each in queries.low_stock()] == [reserved.pk, low.pk]
    assert well.pk


def test_the_list_and_its_levels(staff: Client, django_assert_num_queries: Any) -> None:
    shirt, chair, poster = variant(3), variant(0, allows_backorder=True), variant(None)
    reserve("order-1", (chair, 4))
    services.sell("order-1", by=BY)
    reserve("order-2", (shirt, 1))
    titles = {each: each.product.title for each in (shirt, chair, poster)}

    for level, found in {
        "": [shirt, chair, poster], "low": [shirt, chair], "out": [chair],
        "owed": [chair], "reserved": [shirt], "untracked": [poster],
    }.items():  # fmt: skip
        said = shown(staff, f"{LIST}?level={level}")
        assert [title in said for title in titles.values()] == [each in found for each in titles]


def test_the_lists_ask_the_same_number_of_questions_for_any_number(staff: Client) -> None:
    for address in (LIST, LEDGER):
        shown(staff, address)
        counts = []
        for _round in range(2):
            for _each in range(3):
                variant(3)
            with CaptureQueriesContext(connection) as asked:
                shown(staff, address)
            counts.append(len(asked))
        assert counts[0] == counts[1]


def test_the_story_asks_the_same_number_of_questions(django_assert_num_queries: Any) -> None:
    shirt = variant(1, allows_backorder=True)
    for number in range(5):
        reserve(f"order-{number}", (shirt, 30))
        if number % 2:
            services.sell(f"order-{number}", by=BY)

    with django_assert_num_queries(5):
        story = queries.story(shirt.pk)
        assert len(story.movements) == 1
        assert [row.reference for row in story.promises] == ["order-0", "order-2", "order-4"]
        assert [row.reference for row in story.owed] == ["order-1", "order-3"]


def test_pages_of_movements(staff: Client) -> None:
    shirt = variant(1)
    for stock in range(2, 62):
        Variant.objects.filter(pk=shirt.pk).update(stock=stock)

    assert 'href="?page=2"' in shown(staff, page(shirt))
    assert 'href="?page=1"' in shown(staff, page(shirt) + "?page=2")
    assert shown(staff, page(shirt) + "?page=999")


def test_the_ledger_shows_variants_that_are_gone_and_no_whole_reference(staff: Client) -> None:
    shirt, bowl = variant(3), variant(2)
    reserve("0123456789abcdef", (shirt, 1))
    services.sell("0123456789abcdef", by=BY)
    gone = bowl.pk
    bowl.delete()

    said = shown(staff, LEDGER)

    assert f"deleted variant {gone}" in said
    assert "01234567" in said
    assert "0123456789abcdef" not in said
    assert "0123456789abcdef" not in shown(staff, page(shirt))


@pytest.mark.parametrize(
    "address", [LIST + "0/change/", LIST + "x/change/", LIST + "9" * 30 + "/change/"]
)
def test_no_such_variant(staff: Client, address: str) -> None:
    assert staff.get(address).status_code == 404


def test_nothing_else_can_be_done(staff: Client) -> None:
    shirt = variant(3)
    movement = StockMovement.objects.get()

    assert post(staff, shirt, "steal").status_code == 404
    assert staff.get(LIST + "add/").status_code == 403
    assert staff.post(f"{LIST}{shirt.pk}/delete/", {"post": "yes"}).status_code == 403
    assert staff.get(LEDGER + "add/").status_code == 403
    assert staff.post(f"{LEDGER}{movement.pk}/delete/", {"post": "yes"}).status_code == 403
    assert staff.post(f"{LEDGER}{movement.pk}/change/", {"quantity": 1}).status_code == 403
    assert Variant.objects.get().stock == 3


def clerk(shop: Storefront, *permissions: str) -> Client:
    user = User.objects.create_user("clerk@example.com", "secret", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    Client(headers={"host": shop.domain}).force_login(user)
    session = Session.objects.get(state="open", principal=str(user.pk))
    return shopper(session.key, shop)


def test_who_may_look_may_not_change(network: dict[str, Storefront]) -> None:
    shirt = variant(3)
    client = clerk(network["galleria"], "view_variantstock")

    assert "Add to stock" not in shown(client, page(shirt))
    assert post(client, shirt, "receive", quantity=5, key="k").status_code == 403
    assert levels(shirt) == [(3, 0)]


def test_who_may_not_look_sees_nothing(network: dict[str, Storefront]) -> None:
    shirt = variant(3)
    client = clerk(network["galleria"], "view_product")

    assert client.get(LIST).status_code == 403
    assert client.get(page(shirt)).status_code == 403


def test_the_badge_counts_what_is_low_for_those_who_look_after_it() -> None:
    variant(3), variant(99)
    request = RequestFactory().get("/admin/")
    request.user = User.objects.create_superuser("ada@example.com", "secret")
    assert queries.low_stock_badge(request) == 1
    variant(2)
    assert queries.low_stock_badge(request) == 1  # for a minute
    cache.clear()
    assert queries.low_stock_badge(request) == 2
    request.user = User.objects.create_user("eve@example.com", "secret", is_staff=True)
    assert queries.low_stock_badge(request) is None
