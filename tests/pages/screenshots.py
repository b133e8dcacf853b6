"""`make screenshots`: every page into docs/tour/, wide and narrow, light and dark.

python -m tests.pages.screenshots                # all of them
python -m tests.pages.screenshots home search    # those of these pages; the rest stay
"""

import io
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.pages.running import ROOT, Demo, running_browser, running_demo
from tests.pages.survey import Scheme, Way
from tests.pages.tour import TOUR as TOUR_STOPS
from tests.pages.tour import Shown, Stop, take

TOUR = ROOT / "docs" / "tour"
WIDTHS = {1280: 860, 390: 844}
"""Window widths and heights, in pixels."""
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
WAYS = [
    *(Way(scheme, width, WIDTHS[width]) for width in WIDTHS for scheme in SCHEMES),
    Way("light", 1280, WIDTHS[1280], "zh-hans"),
    Way("dark", 390, WIDTHS[390], "zh-hans"),
]
TALLEST = 1400
"""Pixels of a page that are shown: what goes on below is more of the same."""
COLOURS = 128
"""Colours a picture keeps; the pages are flat."""
LARGEST = 16_000_000
"""Bytes that the folder may take."""
NAMED = {
    "apparel.webp": "apparel-home-1280-light.webp",
    "cart.webp": "galleria-cart-1280-light.webp",
    "checkout-390.webp": "galleria-checkout-390-light.webp",
}
"""Pictures that the README shows, under names of their own."""


@dataclass(frozen=True)
class Taken:
    """A picture of a page."""

    shown: Shown
    way: Way

    @property
    def file(self) -> str:
        """Its name in the folder."""
        return f"{self.shown.title}-{self.way.width}-{self.way.scheme}.webp"

    @property
    def way_name(self) -> str:
        """Its column in the index."""
        return f"{self.way.width}, {self.way.scheme}"


_COMPLETE = """[...document.images].every((image) =>
  image.complete || image.getBoundingClientRect().top > innerHeight)"""


def main(names: Sequence[str] = (), folder: Path = TOUR) -> int:
    """Take the pictures of these pages anew, or all. Returns the exit status."""
    if unknown := set(names) - {stop.name for stop in TOUR_STOPS if stop.picture}:
        sys.stderr.write(f"No such page: {', '.join(sorted(unknown))}\n")
        return 2
    if not names:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="galleria-tour-") as kept,
        running_demo(Path(kept)) as demo,
        running_browser() as browser,
    ):
        for way in WAYS:
            _take(demo, browser, folder, way, names)
    for name, source in NAMED.items():
        shutil.copy(folder / source, folder / name)
    pictures = [taken for taken in _all() if (folder / taken.file).exists()]
    (folder / "README.md").write_text(_index(pictures), encoding="utf-8")
    size = sum(file.stat().st_size for file in folder.iterdir())
    sys.stdout.write(f"{len(pictures)} pictures, {size / 1e6:.1f} MB, in {folder}\n")
    return 0 if size < LARGEST else 1


def _all() -> Iterator[Taken]:
    """All pictures there may be, in the order of the tour; some sites lack a page."""
    for stop in TOUR_STOPS:
        for way in WAYS:
            for slug in stop.sites if way.language == "en" else stop.sites[:1]:
                yield Taken(Shown(stop.name, slug, "", way.language), way)


def _take(demo: Demo, browser: Browser, folder: Path, way: Way, names: Sequence[str]) -> None:
    context = browser.new_context(
        viewport={"width": way.width, "height": WIDTHS[way.width]},
        color_scheme=way.scheme,
        reduced_motion="reduce",
    )
    context.set_default_timeout(60_000)
    page = context.new_page()

    def wanted(stop: Stop) -> bool:
        return stop.picture and (not names or stop.name in names)

    for visit in take(page, demo, way.language, wanted):
        _picture(page, folder / Taken(visit.shown, way).file, way.width)
    context.close()


def _picture(page: Page, file: Path, width: int) -> None:
    height = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": width, "height": max(height, WIDTHS[width])})
    for _wait in range(40):  # what is lazy has come into the window
        if page.evaluate(_COMPLETE):
            break
        page.wait_for_timeout(50)
    data = page.screenshot(animations="disabled")
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    picture.quantize(COLOURS, kmeans=2, dither=Image.Dither.NONE).convert("RGB").save(
        file, "WEBP", lossless=True, quality=80, method=4
    )


def _index(pictures: list[Taken]) -> str:
    """The page that shows all pictures: a table for each page, a row for each site."""
    lines = [
        "# A tour of the four shops",
        "",
        "Taken by `make screenshots` from a running demo. Long pages are cut off at the foot.",
        "",
    ]
    pages: dict[str, dict[str, dict[str, str]]] = {}
    for taken in pictures:
        shops = pages.setdefault(taken.shown.name, {})
        row = taken.shown.slug + ("" if taken.shown.language == "en" else ", in Chinese")
        shops.setdefault(row, {})[taken.way_name] = taken.file
    columns = [f"{width}, {scheme}" for width in WIDTHS for scheme in SCHEMES]
    for page, shops in pages.items():
        lines += [f"## {page.replace('-', ' ').capitalize()}", ""]
        lines += ["| | " + " | ".join(columns) + " |"]
        lines += ["| --- " * (len(columns) + 1) + "|"]
        for row, files in shops.items():
            cells = [
                f"![{row} {page}, {column}]({files[column]})" if column in files else ""
                for column in columns
            ]
            lines.append(f"| {row} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
