"""What programs that render a shop ask the Store API for, on behalf of guests and customers."""

import json
import random
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from tests.isolation.browsing import Trouble
from tests.isolation.connections import Connections, Request
from tests.isolation.people import PASSWORD, Person
from tests.isolation.watching import Watch

SIGNED_OUT = {"type": "unauthorized", "message": "Unauthorized"}


class Caller:
    """One person's calls; a guest's have an empty header or none. token: of a customer."""

    def __init__(
        self,
        connections: Connections,
        watch: Watch,
        person: Person,
        chance: random.Random,
        keys: dict[str, str],
    ) -> None:
        self.connections = connections
        self.watch = watch
        self.person = person
        self.chance = chance
        self.shop, self.key = chance.choice(sorted(keys.items()))
        self.token = ""

    def call(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        """Call, and return what was told. Raises Trouble where another status came, HungUp."""
        request = self._request(method, path, body)
        self.watch.sent()
        reply = self.connections.ask(request)
        self.watch.saw(self.person, request, reply)
        self.watch.expect(not reply.header("Set-Cookie"), f"{request} set a cookie")
        if reply.status != status:
            what = f"{request}: {reply.status} for {status}: {reply.text[:200]}"
            self.watch.expect(reply.status >= 500, what)
            raise Trouble(what)
        return json.loads(reply.body)

    def give_up(self, method: str, path: str) -> None:
        """Call, and hang up."""
        self.watch.sent()
        self.watch.did("requests given up")
        self.connections.give_up(self._request(method, path), self.chance.choice((0, 1, 200)))

    def _request(self, method: str, path: str, body: Any = None) -> Request:
        headers = {
            "x-publishable-api-key": self.key,
            "content-type": "application/json",
            "accept": "application/json",
            "user-agent": "node",
        }
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        elif self.chance.random() < 0.5:
            headers["authorization"] = ""
        sent = b"" if body is None else json.dumps(body).encode()
        return Request(method, "galleria.localhost", path, headers, sent)

    def begin(self) -> None:
        """Before a guest's visit: the last one may have ended before its log-out."""
        self.token = ""

    # What anybody does.

    def look_around(self) -> None:
        """What every page of such a shop begins with; and who am I, which a guest is not told."""
        for path in ("regions", "collections", "product-categories", "locales"):
            self.call("GET", f"/store/{path}")
        wish = urlencode({"q": self.person.wish, "limit": 5})
        self.call("GET", f"/store/products?{wish}")
        self.call("GET", "/store/products?limit=12")
        self.who_am_i()
        self.watch.did("looks around by the API")

    def who_am_i(self) -> None:
        """A customer is told; a guest is refused."""
        if self.token:
            me = self.call("GET", "/store/customers/me")
            self.watch.expect(
                me.get("customer", {}).get("email") == self.person.email,
                f"/store/customers/me does not know {self.person.mark}",
            )
        else:
            told = self.call("GET", "/store/customers/me", status=401)
            self.watch.expect(told == SIGNED_OUT, f"/store/customers/me told a guest {told}")
            self.call("GET", "/store/customers/me/addresses", status=401)

    def stumble(self) -> None:
        """Calls given up, addresses that are none, bodies that are none."""
        self.give_up("GET", "/store/customers/me")
        self.give_up("GET", "/store/products?limit=50")
        self.call("GET", f"/store/nothing/{'0' * 8}?q={self.person.mark}", status=404)
        wrong = {"email": self.person.email, "password": "not-my-password"}
        token, self.token = self.token, ""
        self.call("POST", "/auth/customer/emailpass", wrong, status=401)
        self.call("POST", "/auth/customer/emailpass", {"email": self.person.mark}, status=400)
        self.token = f"{self.person.mark}.is.no.token"
        self.call("GET", "/store/customers/me", status=401)
        self.token = token
        self.watch.did("stumbles by the API")

    def order(self) -> None:
        """From an empty cart to an order that can be read again."""
        self._complete(self._filled_cart())

    def pry(self) -> None:
        """Orders of customers, by their ids: they do not exist for anybody else."""
        for each in list(self.watch.ordered)[-20:]:
            others = each.signed_in and each.person != self.person
            if others and each.reference.startswith("order_"):
                self.call("GET", f"/store/orders/{each.reference}", status=404)
                self.watch.did("looks for other people's orders")
                return

    def _filled_cart(self) -> str:
        region = self.call("GET", "/store/regions")["regions"][0]["id"]
        products = self.call("GET", f"/store/products?limit=50&region_id={region}")["products"]
        buyable = [
            variant["id"]
            for product in products
            for variant in product["variants"]
            if not variant["manage_inventory"] or variant["inventory_quantity"] > 10
        ]
        cart: str = self.call("POST", "/store/carts", {"region_id": region})["cart"]["id"]
        for variant in self.chance.sample(buyable, 2):
            line = {"variant_id": variant, "quantity": 1}
            self.call("POST", f"/store/carts/{cart}/line-items", line)
        self.watch.did("carts filled by the API")
        return cart

    def _complete(self, cart: str) -> None:
        """Address, delivery, payment, order; the last call twice, which is one order."""
        path, address = f"/store/carts/{cart}", self.person.address
        addresses = {"shipping_address": address, "billing_address": address}
        self.call("POST", path, {"email": self.person.email, **addresses})
        options = self.call("GET", f"/store/shipping-options?cart_id={cart}")["shipping_options"]
        self.call("POST", f"{path}/shipping-methods", {"option_id": options[0]["id"]})
        collection = self.call("POST", "/store/payment-collections", {"cart_id": cart})
        sessions = f"/store/payment-collections/{collection['payment_collection']['id']}"
        provider = {"provider_id": "pp_system_default"}
        self.call("POST", f"{sessions}/payment-sessions", provider)
        self.give_up("GET", path)
        told = self.call("POST", f"{path}/complete")
        again = self.call("POST", f"{path}/complete")
        first, second = as_bought(told), as_bought(again)
        changed = [name for name, was in first.items() if second.get(name) != was]
        self.watch.expect(not changed, f"an order of {self.person.mark} told twice: {changed}")
        if told.get("type") != "order":
            raise Trouble(f"no order: {told}")
        number = told["order"]["id"]
        self.watch.order(number, self.person, signed_in=bool(self.token))
        order = self.call("GET", f"/store/orders/{number}")["order"]
        self.watch.expect(order["email"] == self.person.email, f"{number} has another's e-mail")
        self.call("GET", "/store/orders?limit=10", status=200 if self.token else 401)

    # What only people with an account do.

    def order_halfway(self) -> None:
        """As a guest first; then they log in, and the cart becomes theirs."""
        cart = self._filled_cart()
        self.log_in()
        told = self.call("POST", f"/store/carts/{cart}/customer")
        self._complete(told["cart"]["id"])

    def log_in(self) -> None:
        """With address and password."""
        known = {"email": self.person.email, "password": PASSWORD}
        self.token = self.call("POST", "/auth/customer/emailpass", known)["token"]
        self.watch.did("log-ins by the API")

    def register(self) -> None:
        """In the two steps that this format has."""
        known = {"email": self.person.email, "password": PASSWORD}
        self.token = self.call("POST", "/auth/customer/emailpass/register", known)["token"]
        self.call("POST", "/store/customers", {**self.person.name, "phone": ""})
        self.token = ""
        self.log_in()
        self.watch.did("registrations by the API")

    def look_after_account(self) -> None:
        """An address is added, changed, listed and removed."""
        self.who_am_i()
        self.call("POST", "/store/customers/me", self.person.name)
        told = self.call("POST", "/store/customers/me/addresses", self.person.address)
        path = f"/store/customers/me/addresses/{told['customer']['addresses'][-1]['id']}"
        self.call("POST", path, {"company": f"Co {self.person.mark}"})
        self.call("GET", "/store/customers/me/addresses")
        if self.chance.random() < 0.5:
            self.call("DELETE", path)
        self.watch.did("accounts looked after by the API")

    def log_out(self) -> None:
        """The token is worth nothing afterwards; who then calls without is a guest."""
        self.call("POST", "/auth/token/revoke", {})
        self.call("GET", "/store/customers/me", status=401)
        self.token = ""
        self.who_am_i()
        self.watch.did("log-outs by the API")


def as_bought(told: dict[str, Any]) -> dict[str, Any]:
    """What completing told, without the variants: their stock is what others leave of it."""
    order = told.get("order", {})
    lines = [{**line, "variant": None} for line in order.get("items", [])]
    return {"type": told["type"], **order, "items": lines}


def as_guest(caller: Caller) -> list[Callable[[], None]]:
    """A guest's calls: steps in their order."""
    return [
        caller.begin,
        caller.look_around,
        caller.order,
        caller.stumble,
        caller.who_am_i,
        caller.pry,
    ]


def as_customer(caller: Caller, *, new: bool = False) -> list[Callable[[], None]]:
    """A customer's calls; a new one's register first."""
    return [
        caller.begin,
        caller.register if new else caller.log_in,
        caller.look_after_account,
        caller.look_around,
        caller.order,
        caller.stumble,
        caller.pry,
        caller.log_out,
        caller.order_halfway,
        caller.log_out,
    ]
