"""Numbers, money, dates and plurals as each language writes them."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from allauth.account.adapter import get_adapter as accounts
from allauth.mfa.adapter import get_adapter as factors
from allauth.socialaccount.adapter import get_adapter as services
from django.template import engines
from django.utils import translation

NOVEMBER = dt.datetime(2026, 11, 21, 9, 5, tzinfo=dt.UTC)


def written(source: str, language: str, **context: object) -> str:
    """What a template says in a language."""
    with translation.override(language):
        template = engines["django"].from_string("{% load i18n money %}" + source)
        return str(template.render(context))


@pytest.mark.parametrize(
    ("source", "english", "chinese"),
    [
        ("{{ amount|money }}", "€1,234.50", "€1,234.50"),
        ("{{ day|date:'DATE_FORMAT' }}", "Nov. 21, 2026", "2026年11月21日"),
        ("{{ day|date:'SHORT_DATE_FORMAT' }}", "11/21/2026", "2026年11月21日"),
        ("{{ day|date:'DATETIME_FORMAT' }}", "Nov. 21, 2026, 9:05 a.m.", "2026年11月21日 09:05"),
        ("{{ day|date:'TIME_FORMAT' }}", "9:05 a.m.", "09:05"),
        ("{{ number }}", "1234.5", "1234.5"),
    ],
)
def test_values_are_written_in_the_languages_way(source: str, english: str, chinese: str) -> None:
    context = {"amount": Decimal("1234.5"), "day": NOVEMBER, "number": 1234.5}

    assert written(source, "en", **context) == english
    assert written(source, "zh-hans", **context) == chinese


@pytest.mark.parametrize(
    ("count", "english", "chinese"),
    [(0, "0 products", "0 件商品"), (1, "1 product", "1 件商品"), (2, "2 products", "2 件商品")],
)
def test_what_is_counted_agrees_with_its_number(count: int, english: str, chinese: str) -> None:
    source = (
        "{% blocktranslate count count=count %}{{ count }} product{% plural %}{{ count }} products"
        "{% endblocktranslate %}"
    )

    assert written(source, "en", count=count) == english
    assert written(source, "zh-hans", count=count) == chinese


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        ("This field is required.", "该字段是必填项。"),  # Django's
        (
            "The password is too similar to the %(verbose_name)s.",
            "密码跟 %(verbose_name)s 太相似了。",
        ),
        ("Did you send this?", "这是您发送的吗？"),  # sessionsync's
    ],
)
def test_other_packages_words_are_translated_too(text: str, chinese: str) -> None:
    with translation.override("zh-hans"):
        assert translation.gettext(text) == chinese


@pytest.mark.parametrize("adapter", [accounts, factors, services])
def test_every_refusal_of_allauth_is_chinese(adapter: Callable[[], Any]) -> None:
    with translation.override("zh-hans"):
        said = [str(text) for text in adapter().error_messages.values()]

    assert [text for text in said if not any("\u4e00" <= each <= "\u9fff" for each in text)] == []
    assert len(said) > 1
