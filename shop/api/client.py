"""A client of the Store API that remembers nobody.

    store = StoreClient("https://apparel.example", "pk_…")
    guest = store.as_guest()
    cart = guest.create_cart()
    guest.add_line(cart["id"], variant_id, 2)
    customer = store.as_customer(guest.log_in("ann@shop.example", "…"))

Whoever renders pages for others speaks for many people from one process. A client that keeps the
last token then speaks for the wrong one (docs/isolation.md). This one has no place to keep any:
each call is made by a caller, who is a guest or holds one token and cannot change, and a guest's
calls say so by an empty `Authorization`. No cookies are kept, no redirects followed, and nothing is
sent twice: whether to try again is the caller's to say. Connections are shared among threads and
callers, which they may be since identity is in each call.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPMethod
from typing import Any, cast
from urllib.parse import quote, urlencode

import urllib3

from shop.api.answers import Address, Cart, Completion, Customer, Order, Product, Region, TokenPair

TIMEOUT = urllib3.Timeout(connect=5, read=30)
"""Seconds."""

type Query = Mapping[str, str | int | bool | Sequence[str] | None]


class StoreError(Exception):
    """The shop's refusal. `message` is for people; `status` and `type` are for programs."""

    def __init__(self, status: int, type: str, message: str, code: str = "") -> None:  # noqa: A002
        super().__init__(f"{status} {type}: {message}")
        self.status, self.type, self.message, self.code = status, type, message, code


class NotReached(Exception):
    """No answer, or none that is the Store API's: whether the call was carried out is not known."""


@dataclass(frozen=True)
class StoreClient:
    """A shop's address (`https://apparel.example`) and the publishable key of one storefront."""

    base_url: str
    publishable_key: str
    connections: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(maxsize=10, retries=False, timeout=TIMEOUT),
        repr=False,
        compare=False,
    )

    def as_guest(self) -> "Caller":
        """Whoever has no token."""
        return Caller(self, "")

    def as_customer(self, token: str) -> "Caller":
        """Whoever this token speaks for. Raises ValueError for an empty one: that is a guest."""
        if not token.strip():
            raise ValueError("A customer has a token. Without one, it is as_guest().")
        return Caller(self, f"Bearer {token}")


@dataclass(frozen=True)
class Caller:
    """A guest or one customer. Every call raises StoreError for a refusal, and NotReached."""

    store: StoreClient
    authorization: str = field(repr=False)

    # Catalogue: the same whoever asks

    def regions(self) -> list[Region]:
        """Where the shop delivers to."""
        return cast("list[Region]", self._get("/store/regions")["regions"])

    def products(self, **query: str | int | bool | Sequence[str] | None) -> list[Product]:
        """A page of what the storefront sells: `q`, `handle`, `limit`, `offset`, `order`."""
        return cast("list[Product]", self._get("/store/products", query)["products"])

    def product(self, product_id: str) -> Product:
        """One product."""
        return cast("Product", self._get(f"/store/products/{_part(product_id)}")["product"])

    def categories(self, **query: str | int | None) -> list[dict[str, Any]]:
        """A page of the categories."""
        found = self._get("/store/product-categories", query)["product_categories"]
        return cast("list[dict[str, Any]]", found)

    def collections(self, **query: str | int | None) -> list[dict[str, Any]]:
        """A page of the collections."""
        found = self._get("/store/collections", query)["collections"]
        return cast("list[dict[str, Any]]", found)

    # Signing in

    def register(self, email: str, password: str) -> str:
        """Keep an address and a password; the token makes a customer by `create_customer`."""
        body = {"email": email, "password": password}
        return str(self._post("/auth/customer/emailpass/register", body)["token"])

    def create_customer(self, **details: str) -> Customer:
        """Make the identity a customer: `first_name`, `last_name`, `phone`. Log in afterwards."""
        return cast("Customer", self._post("/store/customers", details)["customer"])

    def log_in(self, email: str, password: str, code: str = "") -> str:
        """A token of seven days. code: of the second factor, where the account has one."""
        body = {"email": email, "password": password, "code": code}
        return str(self._post("/auth/customer/emailpass", body)["token"])

    def log_in_briefly(self, email: str, password: str, code: str = "") -> TokenPair:
        """A token of minutes and a refresh token, which is good for one `refresh`."""
        body = {"email": email, "password": password, "code": code, "refresh": True}
        return cast("TokenPair", self._post("/auth/customer/emailpass", body))

    def refresh(self, refresh_token: str) -> TokenPair:
        """The next pair. A refresh token that comes twice ends the whole login."""
        return cast(
            "TokenPair", self._post("/auth/token/refresh", {"refresh_token": refresh_token})
        )

    def log_out(self, *, everywhere: bool = False) -> None:
        """End this token; everywhere: each of the customer's."""
        self._post("/auth/token/revoke", {"everywhere": everywhere})

    # The customer

    def me(self) -> Customer:
        """Who calls. A guest gets StoreError 401."""
        return cast("Customer", self._get("/store/customers/me")["customer"])

    def change_me(self, **details: str) -> Customer:
        """Change the name or the phone number."""
        return cast("Customer", self._post("/store/customers/me", details)["customer"])

    def add_address(self, address: Address) -> Customer:
        """Add an entry to the address book."""
        return cast("Customer", self._post("/store/customers/me/addresses", address)["customer"])

    def change_address(self, address_id: str, address: Address) -> Customer:
        """Change what is named of an entry."""
        path = f"/store/customers/me/addresses/{_part(address_id)}"
        return cast("Customer", self._post(path, address)["customer"])

    def remove_address(self, address_id: str) -> Customer:
        """Remove an entry."""
        path = f"/store/customers/me/addresses/{_part(address_id)}"
        return cast("Customer", self._call(HTTPMethod.DELETE, path)["parent"])

    # The cart

    def create_cart(self, **fields: Any) -> Cart:
        """A new cart of the guest's, or the customer's own: `region_id`, `email`, `locale`."""
        return cast("Cart", self._post("/store/carts", fields)["cart"])

    def cart(self, cart_id: str) -> Cart:
        """A cart that the caller may see; else StoreError 404."""
        return cast("Cart", self._get(_cart(cart_id))["cart"])

    def change_cart(self, cart_id: str, **fields: Any) -> Cart:
        """Set `email`, `shipping_address`, `billing_address`, `promo_codes`, `locale`."""
        return cast("Cart", self._post(_cart(cart_id), fields)["cart"])

    def add_line(self, cart_id: str, variant_id: str, quantity: int = 1) -> Cart:
        """Put a variant into the cart."""
        body = {"variant_id": variant_id, "quantity": quantity}
        return cast("Cart", self._post(f"{_cart(cart_id)}/line-items", body)["cart"])

    def change_line(self, cart_id: str, line_id: str, quantity: int) -> Cart:
        """Set how many; 0 removes the line."""
        path = f"{_cart(cart_id)}/line-items/{_part(line_id)}"
        return cast("Cart", self._post(path, {"quantity": quantity})["cart"])

    def remove_line(self, cart_id: str, line_id: str) -> Cart:
        """Take a line out of the cart."""
        path = f"{_cart(cart_id)}/line-items/{_part(line_id)}"
        return cast("Cart", self._call(HTTPMethod.DELETE, path)["parent"])

    def take_cart(self, cart_id: str) -> Cart:
        """Make a guest's cart the customer's, who holds its secret. A guest gets StoreError 401."""
        return cast("Cart", self._post(f"{_cart(cart_id)}/customer")["cart"])

    # Checkout

    def shipping_options(self, cart_id: str) -> list[dict[str, Any]]:
        """The ways of delivery for this cart; `amount` in major units."""
        found = self._get("/store/shipping-options", {"cart_id": cart_id})["shipping_options"]
        return cast("list[dict[str, Any]]", found)

    def choose_shipping(self, cart_id: str, option_id: str) -> Cart:
        """Choose a way of delivery, instead of an earlier one."""
        path = f"{_cart(cart_id)}/shipping-methods"
        return cast("Cart", self._post(path, {"option_id": option_id})["cart"])

    def payment_providers(self, region_id: str) -> list[str]:
        """The ids of the ways to pay."""
        found = self._get("/store/payment-providers", {"region_id": region_id})
        return [str(each["id"]) for each in found["payment_providers"]]

    def choose_payment(self, cart_id: str, provider_id: str) -> dict[str, Any]:
        """Begin to pay this way, instead of an earlier one; the payment collection."""
        made = self._post("/store/payment-collections", {"cart_id": cart_id})["payment_collection"]
        path = f"/store/payment-collections/{_part(made['id'])}/payment-sessions"
        chosen = self._post(path, {"provider_id": provider_id})["payment_collection"]
        return cast("dict[str, Any]", chosen)

    def complete(self, cart_id: str) -> Completion:
        """Order what is in the cart. Repeated, it gives the same order."""
        return cast("Completion", self._post(f"{_cart(cart_id)}/complete"))

    # Orders

    def order(self, order_id: str) -> Order:
        """An order that the caller may see; else StoreError 404."""
        return cast("Order", self._get(f"/store/orders/{_part(order_id)}")["order"])

    def orders(self, limit: int = 10, offset: int = 0) -> list[Order]:
        """A page of the customer's orders, the newest first. A guest gets StoreError 401."""
        query: Query = {"limit": limit, "offset": offset, "order": "-created_at"}
        return cast("list[Order]", self._get("/store/orders", query)["orders"])

    def request_transfer(self, order_id: str) -> None:
        """Ask for a guest's order to become the caller's; a link goes to the order's address."""
        self._post(f"/store/orders/{_part(order_id)}/transfer/request")

    def accept_transfer(self, order_id: str, token: str) -> Order:
        """Say yes, by the mailed token."""
        path = f"/store/orders/{_part(order_id)}/transfer/accept"
        return cast("Order", self._post(path, {"token": token})["order"])

    def decline_transfer(self, order_id: str, token: str) -> Order:
        """Say no, by the mailed token."""
        path = f"/store/orders/{_part(order_id)}/transfer/decline"
        return cast("Order", self._post(path, {"token": token})["order"])

    def _get(self, path: str, query: Query | None = None) -> dict[str, Any]:
        return self._call(HTTPMethod.GET, path + _query(query or {}))

    def _post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return self._call(HTTPMethod.POST, path, body or {})

    def _call(
        self, method: HTTPMethod, path: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Make one call, and give the answer's body."""
        try:
            answer = self.store.connections.request(
                method,
                self.store.base_url.rstrip("/") + path,
                body=None if body is None else json.dumps(body).encode(),
                headers={
                    "accept": "application/json",
                    "content-type": "application/json",
                    "x-publishable-api-key": self.store.publishable_key,
                    "authorization": self.authorization,
                },
                redirect=False,
            )
            told = json.loads(answer.data)
        except (urllib3.exceptions.HTTPError, ValueError) as problem:
            raise NotReached(f"{method} {path.partition('?')[0]}: {problem}") from problem
        if not isinstance(told, dict):
            raise NotReached(f"{method} {path.partition('?')[0]}: not an answer of the Store API")
        if answer.status >= 300:
            raise StoreError(
                answer.status,
                str(told.get("type", "unknown_error")),
                str(told.get("message", "")),
                str(told.get("code", "")),
            )
        return told


def _cart(cart_id: str) -> str:
    return f"/store/carts/{_part(cart_id)}"


def _part(text: str) -> str:
    """One part of a path, whatever is in it. Raises ValueError for none: it would be another."""
    if text in {"", ".", ".."}:
        raise ValueError("An id is empty, or is none.")
    return quote(text, safe="")


def _query(query: Query) -> str:
    """A query string as `qs` writes it: lists with their indexes, nothing for None."""
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        if isinstance(value, bool):
            pairs.append((name, str(value).lower()))
        elif isinstance(value, str | int):
            pairs.append((name, str(value)))
        elif value is not None:
            pairs += [(f"{name}[{index}]", each) for index, each in enumerate(value)]
    return f"?{urlencode(pairs)}" if pairs else ""
