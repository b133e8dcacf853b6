"""Somebody who buys by the Store API, step by step, for tests of what comes after the cart."""

from dataclasses import dataclass, field
from typing import Any

from orders.models import Order, ShippingMethod
from tests.api.shopping import HOME, begin, put

EMAIL = "guest@example.com"


@dataclass
class Buyer:
    """`headers` go with each call: `token=`, `shop=`, `user_agent=`."""

    call: Any
    headers: dict[str, Any] = field(default_factory=dict)
    cart: str = ""

    def begins(self, **headers: Any) -> "Buyer":
        """A new cart, the customer's own where the call has a token."""
        self.cart = begin(self.call, **{**self.headers, **headers})
        return self

    def puts_in(self, variant: Any, quantity: int = 1, **headers: Any) -> "Buyer":
        """Something goes in."""
        answer = put(self.call, self.cart, variant, quantity, **{**self.headers, **headers})
        assert answer.status == 200, answer.body
        return self

    def types(self, email: str = EMAIL, **headers: Any) -> "Buyer":
        """Address and e-mail address."""
        body = {"email": email, "shipping_address": HOME, "billing_address": HOME}
        return self._does("", body, **headers)

    def chooses_delivery(self, **headers: Any) -> "Buyer":
        """The standard way."""
        method = ShippingMethod.objects.get(slug="standard")
        return self._does("/shipping-methods", {"option_id": f"so_{method.pk}"}, **headers)

    def chooses_payment(self, provider: str = "pp_system_default", **headers: Any) -> "Buyer":
        """A collection, and a session in it."""
        made = self.asks("/store/payment-collections", {"cart_id": self.cart}, **headers)
        assert made.status == 200, made.body
        collection = made.body["payment_collection"]["id"]
        path = f"/store/payment-collections/{collection}/payment-sessions"
        chosen = self.asks(path, {"provider_id": provider}, **headers)
        assert chosen.status == 200, chosen.body
        return self

    def is_ready(self, variant: Any, quantity: int = 1, **headers: Any) -> "Buyer":
        """All but the last call."""
        self.begins(**headers).puts_in(variant, quantity, **headers).types(**headers)
        return self.chooses_delivery(**headers).chooses_payment(**headers)

    def completes(self, **headers: Any) -> Any:
        """The answer of the last call."""
        return self.asks(f"/store/carts/{self.cart}/complete", **headers)

    def orders(self, **headers: Any) -> Order:
        """The last call, and what came of it."""
        answer = self.completes(**headers)
        assert (answer.status, answer.body["type"]) == (200, "order"), answer.body
        return Order.objects.get(public_id=answer.body["order"]["id"].removeprefix("order_"))

    def asks(self, path: str, body: Any = None, **headers: Any) -> Any:
        """A POST; its answer."""
        return self.call("POST", path, body, **{**self.headers, **headers})

    def _does(self, what: str, body: Any, **headers: Any) -> "Buyer":
        answer = self.asks(f"/store/carts/{self.cart}{what}", body, **headers)
        assert answer.status == 200, answer.body
        return self
