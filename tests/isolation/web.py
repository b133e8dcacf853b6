"""What people do on the pages of the shop."""

from collections.abc import Callable

from tests.isolation.browsing import Browser, Page, Trouble
from tests.isolation.mailbox import Mailbox
from tests.isolation.people import PASSWORD, Person

SITES = tuple(f"https://{slug}.localhost" for slug in ("galleria", "apparel", "jewelry", "home"))
MOST_TRIES = 5
"""Products looked at until one is for sale, and times that a changed offer is agreed to."""


class Shopper:
    """One person at a time before one browser."""

    def __init__(self, browser: Browser, mailbox: Mailbox) -> None:
        self.browser = browser
        self.mailbox = mailbox
        self.signed_in = False
        self.left_open = False
        """Whether the last visit ended halfway: signed in, or with an address typed in."""

    @property
    def person(self) -> Person:
        """Who sits there."""
        return self.browser.person

    def site(self) -> str:
        """Any of the four."""
        return self.browser.chance.choice(SITES)

    def begin(self) -> None:
        """A visit. After one that ended halfway it is in another browser."""
        if self.left_open:
            self.browser.jars = {}
        self.signed_in, self.left_open = False, True

    def leave(self) -> None:
        """Nothing of one's own is left in the browser."""
        self.left_open = False

    # What anybody does.

    def look_around(self) -> None:
        """A home page, a category, a search of one's own, a page that is not there."""
        browser, site = self.browser, self.site()
        home = browser.open(f"{site}/")
        if categories := home.links("/category/"):
            browser.open(site + browser.chance.choice(categories))
        browser.fetch(f"{site}/search/suggest/?q={self.person.mark}")
        browser.open(f"{site}/search/?q={self.person.wish.replace(' ', '+')}")
        missing = browser.open(f"{site}/product/no-such-thing/?ref={self.person.mark}")
        browser.watch.expect(missing.reply.status == 404, f"404 expected: {missing.url}")
        browser.fetch(f"{site}/sitemap.xml")
        browser.fetch(f"{site}/robots.txt")
        browser.watch.did("looks around")

    def fill_cart(self) -> None:
        """Something from one site, then a walk to another one, and something from there."""
        for site in self.browser.chance.sample(SITES, 2):
            self._put_in(site)
        cart = self.browser.open(f"{self.site()}/cart/")
        self.browser.watch.expect(
            bool(cart.links('[^"]*/product/')), f"{self.person.mark} finds the cart empty"
        )
        self.browser.watch.did("carts filled on two sites")

    def _put_in(self, site: str) -> Page:
        browser = self.browser
        shelf = browser.open(f"{site}/")
        products = shelf.links("/product/")
        for path in browser.chance.sample(products, min(MOST_TRIES, len(products))):
            page = browser.open(site + path)
            try:
                return browser.submit(page, "/cart/lines/", quantity="1")
            except Trouble:
                continue  # sold out
        raise Trouble(f"nothing for sale among {len(products)} products on {site}")

    def order(self) -> None:
        """Fill in the whole checkout on one page, look at the order, come back to it later."""
        browser, person = self.browser, self.person
        self.fill_cart()
        address = person.address
        if not self.signed_in:
            address["company"] = ""  # what is left empty must stay so
        page = browser.open(f"{self.site()}/checkout/")
        for _ in range(MOST_TRIES):
            page = browser.submit(
                page, "/checkout/", **address, email=person.email, shipping_method="standard"
            )
            if page.path.startswith("/orders/"):
                break
        else:
            raise Trouble(f"no order at {page.url}: {page.reply.status}")
        browser.watch.order(page.path.split("/")[2], person, signed_in=self.signed_in)
        browser.watch.expect(
            person.mark in page.reply.text, f"{person.mark} does not find the name in the order"
        )
        browser.open(page.path)
        browser.fetch(f"{page.path}invoice.pdf")

    # What goes wrong.

    def stumble(self) -> None:
        """Requests given up, forms that are none, far too much at once, a token of nobody's."""
        browser, site = self.browser, self.site()
        for path in ("/", "/cart/", "/checkout/", "/account/", f"/search/?q={self.person.mark}"):
            browser.give_up(site + path)
        cart = browser.open(f"{site}/cart/")
        forged = {"csrfmiddlewaretoken": "x" * 64, "email": self.person.email}
        browser.send(f"{site}/checkout/", forged)
        browser.send(f"{site}/cart/lines/", {"variant": self.person.mark, "quantity": "-1"})
        browser.send(f"{site}/cart/voucher/", {"code": self.person.mark})
        browser.open(cart.url)
        browser.open(f"{site}/orders/{'0' * 32}/")
        browser.open(f"{site}/sessionsync/consume_auth_code/?code={self.person.mark}&flow=x")
        too_much = browser.announce(f"{site}/search/", 11 * 1024 * 1024)
        browser.watch.expect(too_much.status == 413, f"413 expected, {too_much.status} came")
        browser.watch.did("stumbles")

    # What only people with an account do.

    def sign_in(self) -> None:
        """With address and password, on any site."""
        browser = self.browser
        page = browser.open(f"{self.site()}/account/login/")
        page = browser.submit(page, "/account/login/", login=self.person.email, password=PASSWORD)
        if page.path != "/account/":
            raise Trouble(f"not signed in: {page.path} {page.reply.status}")
        self.signed_in = True
        browser.watch.did("sign-ins")

    def sign_up(self) -> None:
        """An account, confirmed by the mail that comes for it."""
        browser, person = self.browser, self.person
        page = browser.open(f"{self.site()}/account/signup/")
        browser.submit(page, "/account/signup/", email=person.email, password1=PASSWORD)
        page = browser.open(self.mailbox.link_for(person, "/account/confirm-email/"))
        browser.submit(page, "/account/confirm-email/")
        page = browser.open("/account/name/")
        if page.path != "/account/name/":
            raise Trouble(f"not signed up: {page.path}")
        self.signed_in = True
        browser.submit(page, "/account/name/", **person.name)
        browser.watch.did("sign-ups")

    def look_after_account(self) -> None:
        """One's own pages: name, addresses, orders, devices, everything the shop knows."""
        browser, site = self.browser, self.site()
        overview = browser.open(f"{site}/account/")
        browser.watch.expect(
            self.person.mark in overview.reply.text,
            f"{self.person.mark} does not find the account: {overview.path}",
        )
        page = browser.open(f"{site}/account/addresses/new/")
        browser.submit(page, "/account/addresses/new/", **self.person.address)
        for path in ("addresses/", "orders/", "devices/", "data/", "email/", "2fa/"):
            browser.open(f"{site}/account/{path}")
        browser.give_up(f"{site}/account/addresses/")
        browser.watch.did("accounts looked after")

    def sign_out(self) -> None:
        """And look again: nothing of the account may be left."""
        browser, site = self.browser, self.site()
        page = browser.open(f"{site}/account/logout/")
        browser.submit(page, "/account/logout/")
        self.signed_in = False
        self.is_nobody()
        browser.watch.did("sign-outs")

    def is_nobody(self) -> None:
        """The account's pages ask a guest to sign in; cart and home page are a guest's."""
        for path in ("/account/", "/account/orders/"):
            page = self.browser.open(self.site() + path)
            self.browser.watch.expect(
                page.path == "/account/login/", f"{path} is open to a guest: {page.path}"
            )
        for path in ("/", "/cart/"):
            self.browser.open(self.site() + path)

    def hand_over_to(self, person: Person) -> None:
        """Somebody else sits down before the same browser."""
        self.begin()
        self.browser.person = person
        self.is_nobody()
        self.browser.watch.did("browsers handed over")


def as_guest(shopper: Shopper) -> list[Callable[[], None]]:
    """A guest's visit: steps in their order."""
    return [
        shopper.begin,
        shopper.is_nobody,
        shopper.look_around,
        shopper.stumble,
        shopper.order,
        shopper.is_nobody,
        shopper.leave,
    ]


def as_customer(shopper: Shopper, *, new: bool = False) -> list[Callable[[], None]]:
    """A customer's; a new one's sign up."""
    return [
        shopper.begin,
        shopper.sign_up if new else shopper.sign_in,
        shopper.order,
        shopper.look_after_account,
        shopper.look_around,
        shopper.stumble,
        shopper.sign_out,
        shopper.leave,
    ]
