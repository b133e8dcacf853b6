"""What people do at a checkout, and what goes wrong with them: drawn beforehand, done over HTTP."""

import re
import threading
import time
from dataclasses import dataclass
from html import unescape
from random import Random
from urllib.parse import urljoin, urlsplit

from tests.drills.checkout.browser import Browser, Notes, Page
from tests.drills.checkout.goods import CODE, SITES, Thing

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
WAITING = re.compile(r'http-equiv="refresh" content="(?P<seconds>\d+); url=(?P<address>[^"]+)"')
ORDER = re.compile(r"^/orders/([\w-]+)/$")

ENDS = {
    "pays": 40,
    "pays twice at once": 6,
    "pays and never comes back": 12,
    "is declined, pays again": 8,
    "is declined, pays on delivery": 4,
    "is declined, gives up": 4,
    "goes back to the cart": 5,
    "goes back to the cart, orders again": 5,
    "never decides": 4,
    "pays on delivery": 7,
    "pays by transfer": 5,
}
"""How often, in hundredths."""

NEWS = {"once": 30, "before": 15, "twice": 15, "mixed": 15, "late": 10, "slow": 5, "never": 10}
"""How the shop hears of it; see docs/payment.md."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A shopper's whole visit. twice: the button that orders is pressed in two tabs at once."""

    number: int
    things: list[tuple[Thing, int]]
    where: str
    end: str
    news: str
    twice: bool
    code: bool

    @classmethod
    def draw(cls, seed: int, number: int, things: list[Thing]) -> "Plan":
        """The same seed and number: the same visit."""
        chance = Random(f"{seed}:{number}")  # noqa: S311 - no secret
        wanted = chance.sample(things, chance.choice([1, 1, 2, 3]))
        return cls(
            number=number,
            things=[(each, chance.choice([1, 1, 1, 2])) for each in wanted],
            where=chance.choice(SITES),
            end=chance.choices(list(ENDS), list(ENDS.values()))[0],
            news=chance.choices(list(NEWS), list(NEWS.values()))[0],
            twice=chance.random() < 0.15,
            code=chance.random() < 0.15,
        )

    @property
    def email(self) -> str:
        """Nobody else has it."""
        return f"shopper-{self.number}@example.com"

    @property
    def orders(self) -> int:
        """How many orders they may come to, at most."""
        return 2 if self.end == "goes back to the cart, orders again" else 1

    @property
    def method(self) -> str:
        """How they mean to pay at first."""
        others = {"pays on delivery": "on-delivery", "pays by transfer": "bank-transfer"}
        return others.get(self.end, "sandbox")


class NotAsExpected(AssertionError):
    """A page came that this visit cannot lead to."""


class Shopper:
    """One person, from their first page to their last."""

    def __init__(self, plan: Plan, port: int, notes: Notes) -> None:
        self.plan, self.port, self.notes = plan, port, notes
        self.browser = Browser(notes)

    def visit(self) -> str:
        """Do it all; what came of it. Raises NotAsExpected."""
        try:
            self._fill()
            if not self._order(self.plan.method):
                return "could not order: sold out"
            if self.plan.method == "sandbox":
                self._pay()
            return self.plan.end
        finally:
            self.browser.close()

    def _fill(self) -> None:
        for thing, quantity in self.plan.things:
            page = self.browser.open(self._url(thing.site, f"/product/{thing.slug}/"))
            fields = {**hidden(page), "variant": thing.variant, "quantity": quantity}
            self.browser.submit("/cart/lines/", fields)
        if self.plan.code:
            page = self.browser.open(self._url(self.plan.where, "/cart/"))
            self.browser.submit("/cart/voucher/", {**hidden(page), "code": CODE})

    def _order(self, method: str) -> bool:
        """Fill in the checkout and press the button, as often as it asks for another look."""
        page = self.browser.open(self._url(self.plan.where, "/checkout/"))
        for look in range(6):
            if look % 2 and self._path() == "/checkout/":
                # What it complains of may be sold out: then it leads to the cart.
                page = self.browser.open(self._url(self.plan.where, "/checkout/"))
            if self._path() == "/cart/":
                return self._without_what_is_gone(page) and self._order(method)
            if self._path() != "/checkout/":
                return True
            fields = {**hidden(page), **self._form(), "payment_method": method}
            page = self._submit("/checkout/", fields, twice=self.plan.twice)
        raise NotAsExpected(f"the checkout asks again and again: {problems(page)}")

    def _without_what_is_gone(self, page: Page) -> bool:
        """Take out of the cart what others were faster at; whether anything is left."""
        lines = re.findall(r'action="(/cart/lines/\d+/)"', page.text)
        if 'href="/checkout/"' in page.text:
            return True
        for line in dict.fromkeys(lines):
            page = self.browser.submit(line, {**hidden(page), "quantity": 0})
            if 'href="/checkout/"' in page.text:
                return True
        return False

    def _pay(self) -> None:
        end = self.plan.end
        if end == "never decides":
            return
        if end == "pays and never comes back":
            self._decide("vanish")
        elif end == "pays twice at once":
            self._decide("approve", twice=True)
        elif end.startswith("goes back to the cart"):
            self._decide("cancel", news="once")
            page = self.browser.open(self.browser.url)
            self.browser.submit(f"{self._path()}abandon/", hidden(page))
            if end.endswith("orders again") and self._order("on-delivery"):
                self._expect_order()
        elif end.startswith("is declined"):
            self._decide("decline", news="once")
            page = self._until_order()
            again = {"is declined, pays again": "", "is declined, pays on delivery": "on-delivery"}
            if end in again:
                fields = {**hidden(page), "payment_method": again[end]}
                self.browser.submit(f"{self._path()}pay/", fields)
                if end == "is declined, pays again":
                    self._decide("approve")
        else:
            self._decide("approve")

    def _decide(self, decision: str, *, news: str = "", twice: bool = False) -> None:
        """Press a button at the gateway."""
        if not self._path().startswith("/pay/"):
            raise NotAsExpected(f"not the gateway's page: {self.browser.url}")
        self._submit(
            self.browser.url, {"decision": decision, "news": news or self.plan.news}, twice=twice
        )

    def _until_order(self) -> Page:
        """Back from the gateway: the order's page comes as soon as the shop has its answer.

        Until then a page says that it waits, and looks again by itself.
        """
        page: Page = self.browser.open(self.browser.url)
        while again := WAITING.search(page.text):
            self.notes.counts["waits for the gateway"] += 1
            time.sleep(int(again["seconds"]))
            page = self.browser.open(urljoin(self.browser.url, unescape(again["address"])))
        self._expect_order()
        return page

    def _expect_order(self) -> None:
        if not ORDER.match(self._path()):
            raise NotAsExpected(f"not the page of an order: {self.browser.url}")

    def _submit(self, url: str, fields: dict[str, object], *, twice: bool) -> Page:
        """Send a form; twice: from another tab, too, at the same moment."""
        other = self.browser.twin()
        thread = threading.Thread(target=lambda: _quietly(other, url, fields))
        if twice:
            self.notes.counts["forms sent twice at once"] += 1
            thread.start()
        page: Page = self.browser.submit(url, fields)
        if twice:
            thread.join()
        return page

    def _form(self) -> dict[str, object]:
        return {
            "email": self.plan.email,
            "first_name": "Ada",
            "last_name": f"Number {self.plan.number}",
            "address_1": "Torstraße 1",
            "address_2": "",
            "city": "Berlin",
            "postal_code": "10115",
            "province": "",
            "country_code": "de",
            "phone": "",
            "shipping_method": "standard",
        }

    def _url(self, site: str, path: str) -> str:
        return f"http://{site}.localhost:{self.port}{path}"

    def _path(self) -> str:
        return urlsplit(self.browser.url).path


def hidden(page: Page) -> dict[str, object]:
    """The hidden fields of the forms on a page."""
    return {name: unescape(value) for name, value in HIDDEN.findall(page.text)}


def problems(page: Page) -> list[str]:
    """What a page complains of."""
    found = re.findall(r'class="[^"]*(?:error|notice)[^"]*"[^>]*>(.*?)</', page.text, re.DOTALL)
    return [" ".join(re.sub("<[^>]+>", " ", each).split()) for each in found]


def _quietly(browser: Browser, url: str, fields: dict[str, object]) -> None:
    """The other tab: where it ends up, its person does not look."""
    try:
        browser.submit(url, fields)
    except Exception as error:  # noqa: BLE001 - told at the end
        browser.notes.errors.append(f"the other tab: {error!r}")
    finally:
        browser.close()
