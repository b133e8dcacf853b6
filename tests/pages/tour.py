"""All pages of the shop, in an order in which one shopper can come by them.

To add a page, add a line to TOUR: the survey (`make test-pages`) and the pictures
(`make screenshots`) follow it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, Response

from tests.pages import shopper
from tests.pages.running import SLUGS, Demo

MAIN = ("galleria",)
ONE = ("apparel",)
PAY = ("pay",)
"""The sandbox payment company's site."""


@dataclass(frozen=True)
class Shown:
    """A page to look at: its name, the site it is on, its path with query, and its language."""

    name: str
    slug: str
    path: str
    language: str = "en"

    @property
    def title(self) -> str:
        """What files about it are called."""
        return f"{self.slug}-{self.name}" + ("" if self.language == "en" else f"-{self.language}")


@dataclass
class Shopper:
    """Who goes on the tour. order: the path of the order they placed last."""

    page: Page
    demo: Demo
    language: str = "en"
    order: str = ""


type Act = Callable[[Shopper], None]


@dataclass(frozen=True)
class Stop:
    """A page of the tour.

    path: its path, or what finds it on a site (empty: this site has no such page). sites: where it
    is looked at. first: what the shopper does before, once for all sites. then: what they do on
    the page before it is looked at; it may lead to another page. anew: they come as a stranger,
    without cookies. survey: whether it is checked; picture: whether it is photographed.
    """

    name: str
    path: str | Callable[[Shopper, str], str]
    sites: tuple[str, ...] = SLUGS
    first: Act | None = None
    then: Act | None = None
    anew: bool = False
    survey: bool = True
    picture: bool = True


@dataclass
class Visit:
    """A page that is open now. answer: what the server said."""

    shown: Shown
    stop: Stop
    answer: Response


def _category(who: Shopper, slug: str) -> str:
    return shopper.category_paths(who.demo, slug)[0]


def _product(kind: str) -> Callable[[Shopper, str], str]:
    return lambda who, slug: shopper.kinds_of_products(who.demo, slug).get(kind, "")


def _order(who: Shopper, slug: str) -> str:
    return who.order


def _fill_cart(who: Shopper) -> None:
    shopper.fill_cart(who.page, who.demo)


def _add(who: Shopper) -> None:
    shopper.add(who.page)


def _empty_the_cart(who: Shopper) -> None:
    shopper.empty_cart(who.page, who.demo)


def _fill_checkout(who: Shopper) -> None:
    shopper.fill_checkout(who.page)
    who.page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


def _send_it_empty(who: Shopper) -> None:
    who.page.fill('[name="email"]', "")
    with who.page.expect_navigation():
        shopper.order_button(who.page).click()
    who.page.locator(".error-summary").wait_for()


def _next_step(who: Shopper) -> None:
    with who.page.expect_navigation():
        who.page.locator(".checkout__steer button").click()


def _step(name: str, *, payment: str = "sandbox") -> Act:
    """What is to be done so that this step of the checkout can be opened."""

    def enter(who: Shopper) -> None:
        who.page.goto(who.demo.url("apparel", f"/checkout/{name}/"))
        shopper.fill(who.page)
        if name == "payment":
            who.page.locator(f'[name="payment_method"][value="{payment}"]').check()
        _next_step(who)

    return enter


def _agree_and_order(who: Shopper) -> None:
    who.page.locator('[name="consent"]').check()
    _next_step(who)


def _decide(how: str) -> Act:
    """Say on the payment company's page what becomes of the payment, and come back."""

    def say(who: Shopper) -> None:
        with who.page.expect_navigation(url="**/orders/**"):
            who.page.locator(f'[name="decision"][value="{how}"]').click()

    return say


def _keep_order(who: Shopper) -> None:
    who.order = "/orders/" + who.page.url.split("/orders/")[1]


def _abandon(who: Shopper) -> None:
    with who.page.expect_navigation():
        who.page.locator('form[action$="/abandon/"] button').click()


def _sign_in(who: Shopper) -> None:
    """As the demo's administrator, who is a customer as well."""
    page = who.page
    page.goto(who.demo.url("jewelry", "/account/login/"))
    page.fill('[name="login"]', "admin@galleria.localhost")
    page.fill('[name="password"]', "galleria")
    with page.expect_navigation():
        page.locator(".entrance__form [type=submit]").click()


def _begin_work(who: Shopper) -> None:
    """Sign in as staff, on a day on which something has been sold."""
    page = who.page
    if who.demo.folder != Path():
        who.demo.manage("demo_orders", "--count", "40", "--seed", "7")
    page.goto(who.demo.url("galleria", "/admin/"))
    if page.locator('[name="password"]').count():
        page.fill('[name="username"]', "admin@galleria.localhost")
        page.fill('[name="password"]', "galleria")
        with page.expect_navigation():
            page.keyboard.press("Enter")


def _an_order(who: Shopper) -> None:
    with who.page.expect_navigation():
        who.page.locator('#result_list a[href*="/change/"]').first.click()


def _place_order(who: Shopper) -> None:
    who.order = shopper.place_order(who.page, who.demo, "galleria")


def _open_menu(who: Shopper) -> None:
    who.page.locator(".menu summary").first.click()


def _send_from_nowhere(who: Shopper) -> None:
    """A form of nobody knows whom."""
    action = who.demo.url("apparel", "/cart/lines/")
    who.page.goto(
        f'data:text/html,<form method="post" action="{action}"><input name="quantity" '
        'value="1"><button>Send</button></form>'
    )
    with who.page.expect_navigation(url="**/sessionsync/resume/**"):
        who.page.get_by_role("button").click()


TOUR: tuple[Stop, ...] = (
    Stop("home", "/"),
    Stop("category", _category),
    Stop("collection", "/collection/small-gifts/"),
    Stop("product", _product("product")),
    Stop("simple", _product("simple"), picture=False),
    Stop("sold-out", _product("sold-out")),
    Stop("search", "/search/?q=a"),
    Stop("nothing-found", "/search/?q=zzzz"),
    Stop("not-found", "/nothing/here/"),
    Stop("styleguide", "/styleguide/", MAIN),
    Stop("menu", "/", MAIN, then=_open_menu),
    Stop("cart-empty", "/cart/"),
    Stop("stopped", shopper.STOPPED, MAIN),
    Stop("added", _product("product"), ONE, then=_add),
    Stop("cart", "/cart/", first=_fill_cart),
    Stop("checkout-refused", "/checkout/", MAIN, then=_send_it_empty),
    Stop("checkout-1-contact", "/checkout/contact/"),
    Stop("checkout-2-address", "/checkout/address/", first=_step("contact")),
    Stop("checkout-3-delivery", "/checkout/shipping/", first=_step("address")),
    Stop("checkout-4-payment", "/checkout/payment/", first=_step("shipping")),
    Stop("checkout-5-review", "/checkout/review/", first=_step("payment")),
    Stop("pay", "/checkout/review/", ONE, then=_agree_and_order),
    Stop("checkout", "/checkout/", first=_fill_cart, then=_fill_checkout),
    Stop("order", _order, first=_place_order),
    Stop("terms", "/terms/", ONE),
    Stop("privacy", "/privacy/", ONE),
    Stop("returns", "/returns/", ONE),
    Stop("sign-in", "/account/login/"),
    Stop("sign-up", "/account/signup/", ONE),
    Stop("password-forgotten", "/account/password/reset/", ONE),
    Stop("account", "/account/", ONE, first=_sign_in),
    Stop("account-orders", "/account/orders/", ONE),
    Stop("account-addresses", "/account/addresses/", ONE),
    Stop("account-address", "/account/addresses/new/", ONE),
    Stop("account-devices", "/account/devices/", ONE),
    Stop("account-data", "/account/data/", ONE),
    Stop("account-two-step", "/account/2fa/", ONE),
    Stop("staff-dashboard", "/admin/", MAIN, first=_begin_work, survey=False),
    Stop("staff-orders", "/admin/orders/order/", MAIN, survey=False),
    Stop("staff-order", "/admin/orders/order/?status__exact=placed", MAIN, then=_an_order,
         survey=False),
    Stop("staff-products", "/admin/catalogue/product/", MAIN, survey=False),
    Stop("staff-stock", "/admin/stock/variantstock/", MAIN, survey=False),
    Stop("staff-promotions", "/admin/pricing/promotion/", MAIN, survey=False),
    Stop("confirm", "/", ONE, then=_send_from_nowhere, anew=True),
    Stop("no-cookies", lambda who, slug: f"{_product('product')(who, slug)}?_nocookies=1", ONE,
         anew=True),
)  # fmt: skip


def take(
    page: Page, demo: Demo, language: str = "en", wanted: Callable[[Stop], bool] = lambda _: True
) -> Iterator[Visit]:
    """Go on the tour; each page is open while its visit is looked at.

    In another language than English, each page is seen on the first of its sites only.
    """
    who = Shopper(page, demo, language)
    if language != "en":
        page.goto(demo.url("galleria"))
        with page.expect_navigation(url=f"**/{language}/"):
            page.locator(f'[name="language"][value="{language}"]').click()
    for stop in TOUR:
        if not wanted(stop):
            continue
        if stop.first:
            stop.first(who)
        for slug in stop.sites if language == "en" else stop.sites[:1]:
            path = stop.path if isinstance(stop.path, str) else stop.path(who, slug)
            if path:
                yield _open(who, stop, Shown(stop.name, slug, path, language))


def _open(who: Shopper, stop: Stop, shown: Shown) -> Visit:
    if stop.anew:
        who.page.context.clear_cookies()
        if who.language != "en":
            domain = f"{shown.slug}.localhost"
            who.page.context.add_cookies(
                [{"name": "django_language", "value": who.language, "domain": domain, "path": "/"}]
            )
    answers: list[Response] = []

    def listen(answer: Response) -> None:
        if answer.request.is_navigation_request() and not 300 <= answer.status < 400:
            answers.append(answer)

    answer = who.page.goto(who.demo.url(shown.slug, shown.path), wait_until="load")
    if stop.then:
        who.page.on("response", listen)
        stop.then(who)
        who.page.wait_for_load_state("load")
        who.page.remove_listener("response", listen)
    found = answers[-1] if answers else answer
    assert found
    return Visit(shown, stop, found)
