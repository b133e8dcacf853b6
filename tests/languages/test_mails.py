"""A mail speaks the language of its order, whoever causes it and in whatever language."""

import pytest
from django.utils import translation

from tests.orders.sales import mails_about, sold
from tests.orders.test_mails import everything
from tests.pages.words import NAMES, english_in

pytestmark = pytest.mark.django_db

OF_THE_ORDER = {
    "Ada", "ukasiewicz", "St James's Square", "London", "SW", "JH", "Home & Garden", "Standard",
    "UPS", "Spring", "SPRING", "VAT", "reduced",
}  # fmt: skip
"""Names that were given to shops, offers, taxes and people."""


@pytest.mark.parametrize("active", ["en", "zh-hans"])
def test_a_chinese_orders_mails_say_no_word_in_english(active: str) -> None:
    with translation.override(active):
        order = sold(language="zh-hans")
        everything(order)
    titles = {line.product_title for line in order.lines.all()}
    titles |= {line.variant_title for line in order.lines.all()}

    mails = mails_about(order)

    names = NAMES | OF_THE_ORDER | {title for title in titles if title}
    assert {mail.template: english_in(f"{mail.subject}\n{mail.text}", names) for mail in mails} == {
        mail.template: [] for mail in mails
    }
    assert len({mail.template for mail in mails}) == 10


def test_an_english_orders_mails_are_english_for_chinese_staff() -> None:
    with translation.override("zh-hans"):
        order = sold(language="en")
        everything(order)

    said = "".join(f"{mail.subject}{mail.text}{mail.html}" for mail in mails_about(order))
    assert not any("\u4e00" <= each <= "\u9fff" for each in said)
