"""Looks at every page of every site once for each way of seeing it, and notes what it finds."""

import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, ConsoleMessage, Error, Page

from tests.pages import node
from tests.pages.running import Demo
from tests.pages.tour import Shown, Visit, take
from tests.pages.words import SAID

type Scheme = Literal["light", "dark"]


@dataclass(frozen=True)
class Way:
    """How pages are seen: colour scheme, window in pixels, language."""

    scheme: Scheme
    width: int
    height: int
    language: str = "en"


WAYS = (
    Way("light", 1280, 900),
    Way("dark", 390, 844),
    Way("light", 390, 844, "zh-hans"),
)
"""Each page is seen in each of these ways; at the narrow ones also at 320."""
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
    """One page as it was seen once. shift: the cumulative layout shift, without a unit.

    said: its texts, those of attributes that are read out among them.
    """

    shown: Shown
    way: Way
    violations: list[str]
    rules: int
    shift: float
    overflow: dict[int, int]
    complaints: list[str]
    said: list[str]

    def __str__(self) -> str:
        return f"{self.shown.title} ({self.way.scheme}, {self.way.width})"


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
    """Go on the tour as one shopper a way."""
    survey = Survey(folder)
    axe = node.axe_source()
    for way in WAYS:
        context = browser.new_context(
            viewport={"width": way.width, "height": way.height},
            color_scheme=way.scheme,
            reduced_motion="reduce",
        )
        context.set_default_timeout(60_000)
        context.add_init_script(SHIFTS)
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", partial(_note, complaints))
        page.on("pageerror", partial(_note_error, complaints))
        for visit in take(page, demo, way.language, lambda stop: stop.survey):
            survey.views.append(_look(page, visit, way, axe, survey, complaints))
            complaints.clear()
        context.close()
    return survey


def _note(complaints: list[str], message: ConsoleMessage) -> None:
    # Chromium reports the status of a 404 page; that is what was asked for.
    if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
        complaints.append(message.text)


def _note_error(complaints: list[str], error: Error) -> None:
    complaints.append(str(error))


def _look(
    page: Page, visit: Visit, way: Way, axe: str, survey: Survey, complaints: list[str]
) -> View:
    shown = visit.shown
    (survey.folder / f"{shown.title}.html").write_text(visit.answer.text(), encoding="utf-8")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(100)
    shift = page.evaluate("window.shifts")
    page.evaluate("window.scrollTo(0, 0)")
    links = page.locator("a[href]").evaluate_all("links => links.map(link => link.href)")
    survey.links[shown] = {_HINT.sub("", link).rstrip("?&") for link in links}
    overflow = {way.width: page.evaluate(OVERFLOW)}
    said = page.evaluate(SAID)
    page.evaluate(axe)
    violations, rules = page.evaluate(AXE)
    if way.width < 1000:
        page.set_viewport_size({"width": NARROWEST, "height": way.height})
        overflow[NARROWEST] = page.evaluate(OVERFLOW)
        page.set_viewport_size({"width": way.width, "height": way.height})
    return View(shown, way, violations, rules, shift, overflow, list(complaints), said)
