"""How descriptions are cleaned and amounts are written."""

from decimal import Decimal
from typing import Any

import pytest
from django.template import Context, Template
from django.utils import translation

from shop.catalogue.money import format_money
from shop.catalogue.text import clean_html, plain_text


@pytest.mark.parametrize(
    ("source", "clean"),
    [
        ("<p>Soft <b>wool</b></p>", "<p>Soft <b>wool</b></p>"),
        ("plain & simple", "plain &amp; simple"),
        ("<script>alert(1)</script><p>x</p>", "<p>x</p>"),
        ('<p onclick="x()" style="color: red" class="a">x</p>', "<p>x</p>"),
        ('<a href="javascript:x()">y</a>', '<a rel="noopener noreferrer">y</a>'),
        ('<img src=x onerror="x()">', ""),
        ("<iframe src='//evil.test'></iframe><form><input></form>", ""),
        ("<p>open", "<p>open</p>"),
        ("", ""),
    ],
)
def test_clean_html(source: str, clean: str) -> None:
    assert clean_html(source) == clean


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>One</p><p>two</p>", "One two"),
        ("<ul><li>a</li><li>b &amp; c</li></ul>", "a b & c"),
        ("1 &lt; 2", "1 < 2"),
        ("<p>a<br>b\xa0c\n d</p>", "a b c d"),
        ("<script>x()</script>y", "y"),
    ],
)
def test_plain_text(source: str, text: str) -> None:
    assert plain_text(source) == text


@pytest.mark.parametrize(
    ("amount", "currency", "language", "written"),
    [
        ("1299", "EUR", "en", "€1,299.00"),
        ("0", "EUR", "en", "€0.00"),
        ("9.995", "EUR", "en", "€10.00"),
        ("-5.5", "EUR", "en", "−€5.50"),
        ("1234567.8", "USD", "en", "$1,234,567.80"),
        ("1299", "CHF", "en", "CHF 1,299.00"),
        ("1299.4", "JPY", "en", "¥1,299"),
        ("1299", "EUR", "zh-hans", "€1,299.00"),
    ],
)
def test_format_money(amount: str, currency: str, language: str, written: str) -> None:
    with translation.override(language):
        assert format_money(Decimal(amount), currency) == written


def test_the_money_filter(settings: Any) -> None:
    settings.SHOP_CURRENCY = "GBP"
    template = Template("{% load money %}{{ a|money }} {{ b|money }} [{{ c|money }}]")

    assert template.render(Context({"a": Decimal("1.5"), "b": 2, "c": None})) == "£1.50 £2.00 []"
