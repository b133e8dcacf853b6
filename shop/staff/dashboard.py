"""The first page of the admin: how the shop does, and what waits for somebody."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from orders.auditing.services import open_count
from shop.catalogue.money import format_money
from shop.mailing.models import OutgoingMail
from shop.staff.charts import bars
from shop.staff.figures import RANGES, figures
from shop.stock.queries import low_stock_badge
from shop.storefronts.queries import all_storefronts

USUAL = 30


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the figures to the page's context, for those who may see orders.

    `?days=` and `?shop=` choose; what they do not name is left at the usual.
    """
    if not request.user.has_perm("orders.view_order"):
        return context
    days = next((each for each in RANGES if str(each) == request.GET.get("days")), USUAL)
    shops = all_storefronts()
    shop = next((each for each in shops if each.slug == request.GET.get("shop")), None)
    found = figures(days, shop)
    chart = bars(
        [
            (
                date_format(each.day, pgettext("date format, below a chart", "M j")),
                each.sales,
                f"{date_format(each.day)}: {format_money(each.sales)}, {each.orders}",
            )
            for each in found.days
        ],
        _("Sales by day"),
    )
    return context | {
        "figures": found,
        "chart": chart,
        "days": days,
        "ranges": RANGES,
        "shop": shop,
        "shops": shops,
        "work": _work(request, found),
    }


def _work(request: HttpRequest, found: Any) -> list[tuple[str, int, str]]:
    """What waits: a name, how many, and where to look. Only what this member of staff may see."""
    orders = reverse("admin:orders_order_changelist")
    cards = [
        (
            _("To be sent"),
            found.work.to_send,
            f"{orders}?status__exact=placed",
            "orders.view_order",
        ),
        (
            _("Waiting for payment"),
            found.work.to_be_paid,
            f"{orders}?payment_status__exact=awaiting",
            "orders.view_order",
        ),
        (_("Returns announced"), found.work.returns, orders, "orders.view_order"),
        (
            _("Low stock"),
            low_stock_badge(request) or 0,
            reverse("admin:stock_variantstock_changelist"),
            "stock.view_variantstock",
        ),
        (
            _("Anomalies"),
            open_count(),
            reverse("admin:auditing_anomaly_changelist") + "?closed=no",
            "auditing.view_anomaly",
        ),
        (
            _("Mails that failed"),
            OutgoingMail.objects.filter(state=OutgoingMail.State.FAILED).count(),
            reverse("admin:mailing_outgoingmail_changelist") + "?state__exact=failed",
            "mailing.view_outgoingmail",
        ),
    ]
    return [card[:3] for card in cards if request.user.has_perm(card[3])]
