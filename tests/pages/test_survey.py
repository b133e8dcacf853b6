"""Every page: accessible, still, within its width, quiet and valid."""

from tests.pages.node import validate_html
from tests.pages.survey import NARROWEST, Survey
from tests.pages.words import NAMES, english_in

LARGEST_SHIFT = 0.02
"""Cumulative layout shift; 0.1 counts as good."""


def test_axe_finds_nothing(survey: Survey, figures: list[str]) -> None:
    found = [f"{view}: {each}" for view in survey.views for each in view.violations]
    rules = sum(view.rules for view in survey.views)
    figures.append(
        f"axe: {len(found)} violations in {len(survey.views)} views, {rules} rules passed"
    )

    assert found == []


def test_nothing_moves_while_a_page_loads(survey: Survey, figures: list[str]) -> None:
    worst = max(survey.views, key=lambda view: view.shift)
    figures.append(f"layout shift: {worst.shift:.4f} at most ({worst})")

    assert [f"{view}: {view.shift}" for view in survey.views if view.shift > LARGEST_SHIFT] == []


def test_no_page_is_wider_than_the_window(survey: Survey, figures: list[str]) -> None:
    seen = [(view, width, over) for view in survey.views for width, over in view.overflow.items()]
    widths = sorted({width for _view, width, _over in seen})
    figures.append(f"width: {len(seen)} views at {widths} pixels, none wider than its window")

    assert NARROWEST in widths
    assert [f"{view} at {width}: {over}" for view, width, over in seen if over > 0] == []


def test_the_console_stays_empty(survey: Survey, figures: list[str]) -> None:
    found = [f"{view}: {text}" for view in survey.views for text in view.complaints]
    figures.append(f"console: {len(found)} errors and warnings, the security policy's included")

    assert found == []


def test_the_html_is_valid(survey: Survey, figures: list[str]) -> None:
    found = validate_html(survey.folder)
    files = len(list(survey.folder.glob("*.html")))
    figures.append(f"html-validate: {len(found)} messages in {files} pages")

    assert found == []
    assert files > 40


def test_a_chinese_page_says_no_word_in_english(survey: Survey, figures: list[str]) -> None:
    views = [view for view in survey.views if view.shown.language == "zh-hans"]
    texts = {(text, view.shown.title) for view in views for text in view.said}
    found = sorted(
        {
            f"{page}: {words} in “{text}”"
            for text, page in texts
            for words in english_in(text, NAMES)
        }
    )
    chinese = sum(any("\u4e00" <= each <= "\u9fff" for each in text) for text, _page in texts)
    figures.append(
        f"Chinese: {len(views)} pages, {chinese} texts, {len(found)} with English words of ours"
    )

    assert found == []
    assert chinese > 300
