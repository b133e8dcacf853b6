"""An offer in words, for staff: what it takes off, from what, for whom and when."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from shop.catalogue.money import format_money
from shop.pricing.models import Promotion
from shop.pricing.templatetags.prices import percent

Kind = Promotion.Kind


def in_words(promotion: Promotion) -> str:
    """One line: "10 % off · from €50.00 · Shirts, Trousers · until June 30, 2026".

    Reads the promotion's limits: fetch those of many at once.
    """
    return " · ".join(_parts(promotion))


def _parts(promotion: Promotion) -> Iterator[str]:
    yield _worth(promotion)
    if promotion.minimum_total is not None:
        yield _("from %(amount)s") % {"amount": format_money(promotion.minimum_total)}
    goods = [*promotion.categories.all(), *promotion.products.all()]
    if goods:
        yield _(", ").join(map(str, goods))
    if shops := promotion.storefronts.all():
        yield _("put in at %(shops)s") % {"shops": _(", ").join(map(str, shops))}
    if groups := promotion.groups.all():
        yield _("for %(groups)s") % {"groups": _(", ").join(map(str, groups))}
    for text, moment in (
        (_("from %(day)s"), promotion.starts_at),
        (_("until %(day)s"), promotion.ends_at),
    ):
        if moment is not None:
            yield text % {"day": date_format(localtime(moment), "DATETIME_FORMAT")}
    if promotion.usage_limit is not None:
        yield _("%(most)d orders in all") % {"most": promotion.usage_limit}
    if promotion.usage_limit_per_customer is not None:
        yield _("%(most)d per customer") % {"most": promotion.usage_limit_per_customer}
    if not promotion.combinable:
        yield _("not with others")


def _when(moment: datetime) -> str:
    return date_format(localtime(moment), "DATETIME_FORMAT")


def _worth(promotion: Promotion) -> str:
    if promotion.kind == Kind.FIXED and promotion.amount is not None:
        return _("%(amount)s off") % {"amount": format_money(promotion.amount)}
    if promotion.kind == Kind.FREE_SHIPPING:
        if promotion.amount is None:
            return _("free delivery")
        return _("up to %(amount)s off delivery") % {"amount": format_money(promotion.amount)}
    off = percent(promotion.percent) if promotion.percent is not None else ""
    if promotion.kind == Kind.BUY_GET:
        return _("buy %(buy)d, get %(get)d at %(percent)s off") % {
            "buy": promotion.buy_quantity,
            "get": promotion.get_quantity,
            "percent": off,
        }
    return _("%(percent)s off") % {"percent": off}
