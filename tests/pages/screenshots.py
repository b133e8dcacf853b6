"""`make screenshots`: every page into docs/tour/, wide and narrow, light and dark.

python -m tests.pages.screenshots [FOLDER]
"""

import io
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.pages.running import ROOT, Demo, running_browser, running_demo
from tests.pages.survey import Scheme, Way
from tests.pages.tour import Shown, take

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


def main(folder: Path = TOUR) -> int:
    """Take all pictures anew. Returns the exit status."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pictures: list[Taken] = []
    with (
        tempfile.TemporaryDirectory(prefix="galleria-tour-") as kept,
        running_demo(Path(kept)) as demo,
        running_browser() as browser,
    ):
        for way in WAYS:
            pictures += list(_take(demo, browser, folder, way))
    for name, source in NAMED.items():
        shutil.copy(folder / source, folder / name)
    (folder / "README.md").write_text(_index(pictures), encoding="utf-8")
    size = sum(file.stat().st_size for file in folder.iterdir())
    sys.stdout.write(f"{len(pictures)} pictures, {size / 1e6:.1f} MB, in {folder}\n")
    return 0 if size < LARGEST else 1


def _take(demo: Demo, browser: Browser, folder: Path, way: Way) -> Iterator[Taken]:
    context = browser.new_context(
        viewport={"width": way.width, "height": WIDTHS[way.width]},
        color_scheme=way.scheme,
        reduced_motion="reduce",
    )
    context.set_default_timeout(60_000)
    page = context.new_page()
    for visit in take(page, demo, way.language, lambda stop: stop.picture):
        taken = Taken(visit.shown, way)
        _picture(page, folder / taken.file, way.width)
        yield taken
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
    sys.exit(main(*map(Path, sys.argv[1:2])))
