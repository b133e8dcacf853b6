"""`make screenshots`: every page into docs/tour/, wide and narrow, light and dark.

python -m tests.pages.screenshots [FOLDER]
"""

import io
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.pages.running import ROOT, SLUGS, Demo, running_browser, running_demo
from tests.pages.shopper import (
    STOPPED,
    Shown,
    catalogue_pages,
    fill_cart,
    fill_checkout,
    open_page,
    place_order,
)

TOUR = ROOT / "docs" / "tour"
WIDTHS = {1280: 860, 390: 844}
"""Window widths and heights, in pixels."""
TALLEST = {1280: 1500, 390: 1500}
"""Pixels of a page that are shown: what goes on below is more of the same."""
COLOURS = 128
"""Colours a picture keeps; the pages are flat."""
LARGEST = 8_000_000
"""Bytes that the folder may take."""
NAMED = {
    "apparel.png": "apparel-home-1280-light.png",
    "cart.png": "galleria-cart-1280-light.png",
    "checkout-390.png": "galleria-checkout-390-light.png",
}
"""Pictures that the README shows, under names of their own."""


_COMPLETE = """[...document.images].every((image) =>
  image.complete || image.getBoundingClientRect().top > innerHeight)"""


def main(folder: Path = TOUR) -> int:
    """Take all pictures anew. Returns the exit status."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="galleria-tour-") as kept,
        running_demo(Path(kept)) as demo,
        running_browser() as browser,
    ):
        for width in WIDTHS:
            for scheme in ("light", "dark"):
                names += list(_take(demo, browser, folder, width, scheme))
    for name, source in NAMED.items():
        shutil.copy(folder / source, folder / name)
    (folder / "README.md").write_text(_index(names), encoding="utf-8")
    size = sum(file.stat().st_size for file in folder.iterdir())
    sys.stdout.write(f"{len(names)} pictures, {size / 1e6:.1f} MB, in {folder}\n")
    return 0 if size < LARGEST else 1


def _take(demo: Demo, browser: Browser, folder: Path, width: int, scheme: str) -> Iterator[str]:
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(20_000)
    page = context.new_page()
    for shown in _journey(page, demo):
        name = f"{shown.slug}-{shown.name}-{width}-{scheme}.png"
        _picture(page, folder / name, width)
        yield name
    context.close()


def _journey(page: Page, demo: Demo) -> Iterator[Shown]:
    """Open one page after another, as one shopper comes by them."""
    for slug in SLUGS:
        for shown in [*catalogue_pages(demo, slug), Shown("cart-empty", slug, "/cart/")]:
            if shown.name != "simple":
                page.goto(demo.url(slug, shown.path))
                yield shown
    product = catalogue_pages(demo, "apparel")[2].path
    page.goto(demo.url("apparel", product))
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("link", name="Go to the cart").wait_for()
    yield Shown("added", "apparel", product)
    page.goto(demo.url("apparel", "/cart/"))
    page.get_by_role("button", name="Remove").click()
    page.get_by_text("There is nothing in it yet").wait_for()
    fill_cart(page, demo)
    for slug in SLUGS:
        for name in ("cart", "checkout"):
            page.goto(demo.url(slug, f"/{name}/"))
            if name == "checkout":
                fill_checkout(page)
                page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
            yield Shown(name, slug, f"/{name}/")
    yield _opened(page, demo, Shown("checkout-refused", "galleria", "/checkout/"))
    order = place_order(page, demo, "galleria")
    for slug in SLUGS:
        page.goto(demo.url(slug, order))
        yield Shown("order", slug, order)
    yield _opened(page, demo, Shown("stopped", "galleria", STOPPED))
    page.goto(demo.url("galleria"))
    page.locator(".menu summary").first.click()
    yield Shown("menu", "galleria", "/")
    page.context.clear_cookies()
    yield _opened(page, demo, Shown("confirm", "apparel", "/cart/lines/"))
    page.context.clear_cookies()
    yield _opened(page, demo, Shown("no-cookies", "apparel", f"{product}?_nocookies=1"))


def _opened(page: Page, demo: Demo, shown: Shown) -> Shown:
    open_page(page, demo, shown)
    return shown


def _picture(page: Page, file: Path, width: int) -> None:
    height = min(TALLEST[width], page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": width, "height": max(height, WIDTHS[width])})
    for _wait in range(40):  # what is lazy has come into the window
        if page.evaluate(_COMPLETE):
            break
        page.wait_for_timeout(50)
    data = page.screenshot(animations="disabled")
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    picture.quantize(COLOURS, kmeans=2, dither=Image.Dither.NONE).save(file, optimize=True)


def _index(names: list[str]) -> str:
    lines = [
        "# A tour of the four shops",
        "",
        "Taken by `make screenshots` from a running demo. Long pages are cut off at the foot.",
        "",
    ]
    pages: dict[str, dict[str, dict[str, str]]] = {}
    for name in names:
        found = re.fullmatch(r"([a-z]+)-([a-z-]+)-(\d+-[a-z]+)\.png", name)
        if found:
            pages.setdefault(found[2], {}).setdefault(found[1], {})[found[3]] = name
    ways = [f"{width}-{scheme}" for width in WIDTHS for scheme in ("light", "dark")]
    for page, shops in pages.items():
        lines += [f"## {page.replace('-', ' ').capitalize()}", ""]
        lines += ["| | " + " | ".join(way.replace("-", ", ") for way in ways) + " |"]
        lines += ["| --- " * (len(ways) + 1) + "|"]
        for slug, taken in shops.items():
            cells = [f"![{slug} {page}, {way}]({taken[way]})" for way in ways]
            lines.append(f"| {slug} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else TOUR))
