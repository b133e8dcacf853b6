"""That the checks would notice: each instrument is shown something that is wrong."""

from pathlib import Path

from playwright.sync_api import Page

from tests.pages import node
from tests.pages.running import Demo
from tests.pages.survey import AXE, OVERFLOW, SHIFTS
from tests.pages.words import NAMES, SAID, english_in

BAD = '<p id="x" id="x"><img src="x.png"></p><div style="inline-size: 3000px">wide</div>'


def test_axe_notices_a_picture_without_words(page: Page, demo: Demo) -> None:
    page.goto(demo.url("home"))
    page.evaluate(
        "html => document.querySelector('main').insertAdjacentHTML('beforeend', html)", BAD
    )
    page.evaluate(node.axe_source())

    violations, _rules = page.evaluate(AXE)

    assert [each.partition(":")[0] for each in violations] == ["image-alt"]


def test_a_shift_and_a_wide_element_are_measured(page: Page) -> None:
    page.add_init_script(SHIFTS)
    page.goto("data:text/html,<h1>Still</h1><p>Text</p>")
    page.wait_for_timeout(100)
    assert page.evaluate("window.shifts") == 0
    assert page.evaluate(OVERFLOW) == 0

    page.evaluate(
        "document.querySelector('h1').style.cssText = 'margin-block: 300px; width: 3000px'"
    )
    page.wait_for_timeout(200)

    assert page.evaluate("window.shifts") > 0.02
    assert page.evaluate(OVERFLOW) > 0


def test_html_validate_notices_what_a_browser_forgives(tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text(f"<!doctype html><title>Bad</title>{BAD}<b></i>")

    rules = {message.split()[1] for message in node.validate_html(tmp_path)}

    assert {"no-dup-attr:", "no-inline-style:", "close-order:", "wcag/h37:"} <= rules


def test_english_words_are_noticed_where_people_see_or_hear_them(page: Page) -> None:
    page.set_content(
        """<!doctype html><html lang="zh-hans"><title>购物车 Cart</title>
        <body><p>现价 <span hidden>Now</span></p><img alt="A lamp" src="data:,">
        <svg><title>Bag</title></svg>
        <input placeholder="Search"><button lang="en">English</button><script>let word</script>
        <p>Galleria：guest@example.com，€1,299.00，TW-100-XL</p></body></html>"""
    )

    said = page.evaluate(SAID)

    words = [words for text in said for words in english_in(text, NAMES)]
    assert sorted(words) == ["Cart", "Now", "Search", "lamp"]


def test_names_are_names_only_as_a_whole() -> None:
    assert english_in("来自 Lumen & Stone", {"Lumen & Stone"}) == []
    assert english_in("Stonework", {"Stone"}) == ["Stonework"]
    assert english_in("Don’t go", set()) == ["Don’t go"]
