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
    """One person's calls. A guest's say so, by an empty header or by none; `token` is a customer's."""

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
        if reply.status >= 500:
            raise Trouble(f"{request}: {reply.status}")
        self.watch.expect(
            reply.status == status, f"{request}: {reply.status} for {status}: {reply.text[:200]}"
        )
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

    # What only people with an account do.

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


def as_guest(caller: Caller) -> list[Callable[[], None]]:
    """A guest's calls: steps in their order."""
    return [caller.begin, caller.look_around, caller.stumble, caller.who_am_i]


def as_customer(caller: Caller) -> list[Callable[[], None]]:
    """A customer's calls."""
    enter = caller.log_in if caller.person.has_account else caller.register
    steps = [enter, caller.look_after_account, caller.look_around, caller.stumble]
    return [*steps, caller.log_out]
