"""What to tell a shopper whose cart was changed by something else than their own click.

A notice is kept in `Cart.notices` as a code and its data, and put into words when it is shown, in
the language of the page that shows it.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NotRequired, TypedDict

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carts.models import MAX_LINES, MAX_QUANTITY
from shop.catalogue.models import Variant
from shop.catalogue.money import format_money

MAX_NOTICES = 20
"""The most notices one cart keeps; beyond it the oldest go."""
NAMED = 5
"""The most items that one notice names."""

Reason = Literal["stock", "quantity", "lines"]


class Notice(TypedDict):
    """One thing to tell.

    code: "joined" (a merge brought `count` items in), "saved" (at a login, `items`, each a name
    and a number, came from the cart kept with the account, and `count` more) or "reduced" (of
    `item`, `wanted` were in the merged carts together and `kept` remain, because of `reason`).
    """

    code: Literal["joined", "saved", "reduced"]
    items: NotRequired[list[tuple[str, int]]]
    count: NotRequired[int]
    item: NotRequired[str]
    wanted: NotRequired[int]
    kept: NotRequired[int]
    reason: NotRequired[Reason]


def joined(count: int) -> Notice:
    """So many items of another visit came into the cart."""
    return {"code": "joined", "count": count}


def saved(items: Sequence[tuple[str, int]]) -> Notice:
    """So many of each item were in the cart that the account had kept."""
    rest = sum(count for _item, count in items[NAMED:])
    return {"code": "saved", "items": list(items[:NAMED]), "count": rest}


def reduced(variant: Variant, wanted: int, kept: int, reason: Reason) -> Notice:
    """Not all that the two carts held could stay."""
    return {
        "code": "reduced",
        "item": str(variant),
        "wanted": wanted,
        "kept": kept,
        "reason": reason,
    }


def text(notice: Notice) -> str:
    """The notice as a sentence, in the active language."""
    if notice["code"] == "joined":
        return ngettext(
            "%(count)d item from your other visit was added to this cart.",
            "%(count)d items from your other visit were added to this cart.",
            notice["count"],
        ) % {"count": notice["count"]}
    if notice["code"] == "saved":
        return _saved_text(notice)
    values = {
        "item": notice["item"],
        "wanted": notice["wanted"],
        "kept": notice["kept"],
        "most": MAX_LINES if notice["reason"] == "lines" else MAX_QUANTITY,
    }
    return _reduced_text(notice) % values


def price_changed(variant: Variant, before: Decimal, now: Decimal) -> str:
    """Says that an item costs something else than when the shopper last looked."""
    return _("“%(item)s” costs %(now)s now. It was %(before)s when you last looked.") % {
        "item": variant,
        "now": format_money(now),
        "before": format_money(before),
    }


def _saved_text(notice: Notice) -> str:
    items = _(", ").join(
        _("%(count)d × “%(item)s”") % {"count": count, "item": item}
        for item, count in notice["items"]
    )
    if notice["count"]:
        return ngettext(
            "Saved with your account and in this cart again: %(items)s, and %(count)d more.",
            "Saved with your account and in this cart again: %(items)s, and %(count)d more.",
            notice["count"],
        ) % {"items": items, "count": notice["count"]}
    return _("Saved with your account and in this cart again: %(items)s.") % {"items": items}


def _reduced_text(notice: Notice) -> str:
    if notice["reason"] == "lines":
        return _(
            "“%(item)s” (%(wanted)d) from your other visit was left out: a cart takes at most "
            "%(most)d different entries."
        )
    if notice["reason"] == "quantity":
        return _(
            "“%(item)s”: your two visits added up to %(wanted)d. We kept %(kept)d, as one order "
            "takes at most %(most)d."
        )
    if notice["kept"] == 0:
        return _(
            "“%(item)s” (%(wanted)d in your cart) was left out when your two visits came "
            "together: it is sold out."
        )
    return _(
        "“%(item)s”: your two visits added up to %(wanted)d. We kept %(kept)d, as no more are "
        "available."
    )
