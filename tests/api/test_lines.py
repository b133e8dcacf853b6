"""Lines of a cart in the Store API: quantities, stock, and what is not sold there."""

from typing import Any

import pytest

from carts.models import MAX_LINES, MAX_QUANTITY, CartLine
from carts.refusals import NotEnoughStock, QuantityOutOfRange, SoldOut
from shop.catalogue.models import Variant
from tests.api.shopping import begin, everything, held, put
from tests.carts.helpers import make_variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def shirt(shops: Any) -> Variant:
    return make_variant(shops["apparel"], price="12.50", stock=5, title="Shirt")


@pytest.fixture
def cart(call: Any) -> str:
    return begin(call, shop="apparel")


def test_a_line_has_all_that_storefronts_read(call: Any, cart: str, shirt: Variant) -> None:
    told = put(call, cart, shirt, 2, shop="apparel").body["cart"]

    [line] = told["items"]
    assert line["id"] == f"cali_{CartLine.objects.get().pk}"
    assert (line["title"], line["product_title"]) == ("Shirt", "Shirt")
    assert (line["product_handle"], line["quantity"]) == (shirt.product.slug, 2)
    assert (line["unit_price"], line["total"], line["original_total"]) == (12.5, 25, 25)
    assert line["subtotal"] == 25
    assert line["created_at"].startswith("20")
    assert line["thumbnail"].startswith("http://apparel.example/")
    assert line["variant"]["id"] == line["variant_id"] == f"variant_{shirt.pk}"
    assert line["variant"]["manage_inventory"] is True
    assert line["variant"]["product"]["images"] == []
    assert line["metadata"] == {"storefront": "apparel", "problem": None}
    assert (told["item_total"], told["total"]) == (25, 25)


def test_putting_in_again_adds_up(call: Any, cart: str, shirt: Variant) -> None:
    put(call, cart, shirt, 2, shop="apparel")
    told = put(call, cart, shirt, 1, shop="apparel").body["cart"]
    assert held(told) == [(f"variant_{shirt.pk}", 3)]


def test_a_quantity_is_set_and_a_line_taken_out(call: Any, cart: str, shirt: Variant) -> None:
    line = put(call, cart, shirt, 2, shop="apparel").body["cart"]["items"][0]["id"]
    path = f"/store/carts/{cart}/line-items/{line}"
    assert held(call("POST", path, {"quantity": 4}).body["cart"]) == [(f"variant_{shirt.pk}", 4)]

    gone = call("DELETE", path)

    assert (gone.status, gone.body["id"]) == (200, line)
    assert (gone.body["object"], gone.body["deleted"]) == ("line-item", True)
    assert (gone.body["parent"]["id"], gone.body["parent"]["items"]) == (cart, [])
    again = call("DELETE", path)
    assert (again.status, again.body["message"]) == (404, "This item is no longer in your cart.")


def test_a_quantity_of_none_takes_a_line_out(call: Any, cart: str, shirt: Variant) -> None:
    line = put(call, cart, shirt, 2, shop="apparel").body["cart"]["items"][0]["id"]
    path = f"/store/carts/{cart}/line-items/{line}"
    assert call("POST", path, {"quantity": 0}).body["cart"]["items"] == []
    assert CartLine.objects.count() == 0


@pytest.mark.parametrize(
    "quantity",
    [-1, 1.5, "1.5", "two", "", None, True, [1], {"a": 1}, 100, 10**30, "1" * 2000, "٣٣٣", 1e300],
)
def test_a_quantity_that_is_none_changes_nothing(
    call: Any, cart: str, shirt: Variant, quantity: Any
) -> None:
    line = put(call, cart, shirt, 2, shop="apparel").body["cart"]["items"][0]["id"]
    before = everything()
    for path, more in [
        (f"/store/carts/{cart}/line-items", {"variant_id": f"variant_{shirt.pk}"}),
        (f"/store/carts/{cart}/line-items/{line}", {}),
    ]:
        answer = call("POST", path, {"quantity": quantity, **more}, shop="apparel")
        assert (answer.status, answer.body["type"]) == (400, "invalid_data"), path
        assert answer.body["message"]
    assert everything() == before


def test_none_at_all_cannot_be_put_in(call: Any, cart: str, shirt: Variant) -> None:
    before = everything()
    answer = put(call, cart, shirt, 0, shop="apparel")
    assert (answer.status, answer.body["message"]) == (400, str(QuantityOutOfRange()))
    for sent in ({}, {"quantity": 1}, {"variant_id": f"variant_{shirt.pk}"}):
        assert call("POST", f"/store/carts/{cart}/line-items", sent).status == 400
    assert everything() == before


def test_more_than_there_are_is_refused_as_on_the_web(call: Any, cart: str, shirt: Variant) -> None:
    line = put(call, cart, shirt, 4, shop="apparel").body["cart"]["items"][0]["id"]
    before = everything()

    more = put(call, cart, shirt, 2, shop="apparel")
    most = call("POST", f"/store/carts/{cart}/line-items/{line}", {"quantity": 6})

    assert (more.status, more.body) == (
        400,
        {
            "type": "not_allowed",
            "message": str(NotEnoughStock(shirt, available=5, in_cart=4)),
            "code": "insufficient_inventory",
        },
    )
    assert (most.status, most.body["message"]) == (400, str(NotEnoughStock(shirt, available=5)))
    assert everything() == before
    Variant.objects.filter(pk=shirt.pk).update(stock=0)
    gone = put(call, cart, shirt, 1, shop="apparel")
    assert (gone.status, gone.body["message"]) == (400, str(SoldOut(shirt)))
    told = call("GET", f"/store/carts/{cart}").body["cart"]
    assert "sold out" in told["items"][0]["metadata"]["problem"]
    assert told["metadata"]["problems"] == [told["items"][0]["metadata"]["problem"]]


def test_a_cart_takes_so_many_of_one_thing_and_so_many_lines(
    call: Any, cart: str, shops: Any
) -> None:
    thing = make_variant(shops["apparel"])
    assert put(call, cart, thing, MAX_QUANTITY, shop="apparel").status == 200
    assert put(call, cart, thing, 1, shop="apparel").status == 400
    others = [make_variant(shops["apparel"]) for _ in range(MAX_LINES - 1)]
    owner = CartLine.objects.get().cart
    CartLine.objects.bulk_create(
        CartLine(cart=owner, variant=each, storefront=shops["apparel"], quantity=1)
        for each in others
    )
    before = everything()
    full = put(call, cart, make_variant(shops["apparel"]), shop="apparel")
    assert (full.status, full.body["type"]) == (400, "not_allowed")
    assert everything() == before


@pytest.mark.parametrize(
    "name", ["variant_999999", "variant_0", "variant_1x", "prod_1", "1", "", "x" * 41, "ü", 5, [1]]
)
def test_what_is_not_there_is_not_put_in(call: Any, cart: str, name: Any) -> None:
    before = everything()
    sent = {"variant_id": name, "quantity": 1}
    answer = call("POST", f"/store/carts/{cart}/line-items", sent, shop="apparel")
    readable = isinstance(name, str | int) and 0 < len(str(name)) <= 40
    assert answer.status == (404 if readable else 400)
    assert answer.body["type"] == ("not_found" if readable else "invalid_data")
    assert everything() == before


def test_what_another_storefront_sells_is_not_there(call: Any, cart: str, shops: Any) -> None:
    lamp = make_variant(shops["home"])
    draft = make_variant(shops["apparel"], is_published=False)
    before = everything()
    for variant in (lamp, draft):
        answer = put(call, cart, variant, shop="apparel")
        assert (answer.status, answer.body["type"]) == (404, "not_found")
    assert everything() == before
    assert put(call, cart, lamp, shop="galleria").status == 200


def test_a_line_of_another_cart_is_not_there(call: Any, cart: str, shirt: Variant) -> None:
    line = put(call, cart, shirt, 2, shop="apparel").body["cart"]["items"][0]["id"]
    other = begin(call)
    before = everything()
    for name in (line, "cali_999999", "cali_x", "1"):
        path = f"/store/carts/{other}/line-items/{name}"
        assert call("POST", path, {"quantity": 1}).status == 404
        assert call("POST", path, {"quantity": 0}).status == 404
        assert call("DELETE", path).status == 404
    assert everything() == before
