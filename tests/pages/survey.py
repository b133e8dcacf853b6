"""Looks at every page of every site once for each way of seeing it, and notes what it finds."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.pages import node
from tests.pages.running import SLUGS, Demo
from tests.pages.shopper import (
    STOPPED,
    Shown,
    catalogue_pages,
    fill_cart,
    open_page,
    place_order,
)

type Scheme = Literal["light", "dark"]

WAYS: list[tuple[Scheme, int, int]] = [("light", 1280, 900), ("dark", 390, 844)]
"""How each page is seen: colour scheme, width and height; at the narrow one also at 320."""
NARROWEST = 320

SHIFTS = """
  window.shifts = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
AXE = """() => axe.run(document, { resultTypes: ["violations"] }).then((found) => [
  found.violations.map((each) =>
    each.id + ": " + each.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(" | ")),
  found.passes.length,
])"""
_HINT = re.compile(r"(?<=[?&])_ss?=[^&#\"]*")


@dataclass(frozen=True)
class View:
    """One page as it was seen once. shift: the cumulative layout shift, without a unit."""

    shown: Shown
    scheme: Scheme
    width: int
    violations: list[str]
    rules: int
    shift: float
    overflow: dict[int, int]
    complaints: list[str]

    def __str__(self) -> str:
        return f"{self.shown.slug} {self.shown.name} ({self.scheme}, {self.width})"


@dataclass
class Survey:
    """All views, and the folder with each page's HTML as `<site>-<name>.html`."""

    folder: Path
    views: list[View] = field(default_factory=list)
    links: dict[Shown, set[str]] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        """Which pages there are."""
        return {view.shown.name for view in self.views}


def look_at_everything(demo: Demo, browser: Browser, folder: Path) -> Survey:
    """Visit all pages as one shopper a way: catalogue, empty cart, then a purchase."""
    survey = Survey(folder)
    axe = node.axe_source()
    for scheme, width, height in WAYS:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        context.set_default_timeout(20_000)
        context.add_init_script(SHIFTS)
        page = context.new_page()
        for shown in _journey(page, demo):
            survey.views.append(_look(page, demo, shown, scheme, width, height, axe, survey))
        context.close()
    _without_cookies(demo, browser, axe, survey)
    return survey


def _journey(page: Page, demo: Demo) -> Any:
    """Each page in an order in which it can be seen; what lies between happens here."""
    for slug in SLUGS:
        yield from catalogue_pages(demo, slug)
        yield Shown("cart-empty", slug, "/cart/")
    yield Shown("stopped", "galleria", STOPPED)
    fill_cart(page, demo)
    for slug in SLUGS:
        yield Shown("cart", slug, "/cart/")
        yield Shown("checkout", slug, "/checkout/")
        yield Shown("checkout-refused", slug, "/checkout/")
    order = place_order(page, demo, "galleria")
    for slug in SLUGS:
        yield Shown("order", slug, order)


def _look(
    page: Page,
    demo: Demo,
    shown: Shown,
    scheme: Scheme,
    width: int,
    height: int,
    axe: str,
    survey: Survey,
) -> View:
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # Chromium reports the status of a 404 page; that is what was asked for.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    answer = open_page(page, demo, shown)
    name = f"{shown.slug}-{shown.name}.html"
    (survey.folder / name).write_text(answer.text(), encoding="utf-8")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(100)
    shift = page.evaluate("window.shifts")
    page.evaluate("window.scrollTo(0, 0)")
    links = page.locator("a[href]").evaluate_all("links => links.map(link => link.href)")
    survey.links[shown] = {_HINT.sub("", link).rstrip("?&") for link in links}
    overflow = {width: page.evaluate(OVERFLOW)}
    page.evaluate(axe)
    violations, rules = page.evaluate(AXE)
    if width < 1000:
        page.set_viewport_size({"width": NARROWEST, "height": height})
        overflow[NARROWEST] = page.evaluate(OVERFLOW)
        page.set_viewport_size({"width": width, "height": height})
    page.remove_listener("console", listen)
    return View(shown, scheme, width, violations, rules, shift, overflow, complaints)


def _without_cookies(demo: Demo, browser: Browser, axe: str, survey: Survey) -> None:
    """What a browser without cookies sees, and one that a foreign form has sent here."""
    path = catalogue_pages(demo, "apparel")[2].path
    for scheme, width, height in WAYS:
        context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        context.add_init_script(SHIFTS)
        page = context.new_page()
        for shown in (
            Shown("confirm", "apparel", "/cart/lines/"),
            Shown("no-cookies", "apparel", f"{path}?_nocookies=1"),
        ):
            survey.views.append(_look(page, demo, shown, scheme, width, height, axe, survey))
            context.clear_cookies()
        context.close()
