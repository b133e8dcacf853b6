"""What shoppers do by the Store API, for tests of carts and what follows."""

from typing import Any

from carts.models import Cart, CartLine
from orders.models import Checkout
from shop.audit.models import Entry

HOME: dict[str, Any] = {
    "first_name": "Ann",
    "last_name": "Lee",
    "company": "",
    "address_1": "Main St 1",
    "address_2": "",
    "city": "Berlin",
    "postal_code": "10115",
    "province": "",
    "country_code": "de",
    "phone": "+49 30 1234567",
}


def begin(call: Any, **options: Any) -> str:
    """A new cart's id."""
    answer = call("POST", "/store/carts", {"region_id": "reg_eur"}, **options)
    assert answer.status == 200, answer.body
    return str(answer.body["cart"]["id"])


def put(call: Any, cart: str, variant: Any, quantity: int = 1, **options: Any) -> Any:
    """Put something in; the answer."""
    body = {"variant_id": f"variant_{variant.pk}", "quantity": quantity}
    return call("POST", f"/store/carts/{cart}/line-items", body, **options)


def everything() -> list[Any]:
    """All rows that a call about a cart could change."""
    return [
        list(kind.objects.order_by("pk").values()) for kind in (Cart, CartLine, Checkout, Entry)
    ]


def held(cart: dict[str, Any]) -> list[tuple[str, int]]:
    """What a cart tells of its lines: variant and quantity."""
    return [(each["variant_id"], each["quantity"]) for each in cart["items"]]
