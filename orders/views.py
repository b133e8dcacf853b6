"""The page of an order, and what we say about ordering. The same on every storefront."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.countries import country_name
from orders import queries
from orders.checkout.instructions import instructions_for
from orders.checkout.paying import LONGEST_HOLD
from orders.models import Order
from orders.payment.gateways import offered
from orders.totals import Totals
from shop.storefronts.middleware import StorefrontRequest


@require_safe
@cache_control(private=True, no_store=True)
def order(request: StorefrontRequest, token: str) -> HttpResponse:
    """An order, for whoever has its address; the address must not spread from here."""
    found = queries.order_by_token(token)
    if found is None:
        raise Http404
    response = render(request, "orders/order.html", _context(found))
    # Not "no-referrer": a form on this page would then be sent with `Origin: null`.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _context(found: Order) -> dict[str, Any]:
    now = timezone.now()
    waits = found.status == Order.Status.PENDING
    billing = getattr(found, "billing_address", None)
    return {
        "order": found,
        "lines": found.lines.all(),
        "totals": Totals.of_order(found),
        "country": country_name(found.country_code),
        "billing": billing,
        "billing_country": country_name(billing.country_code) if billing else "",
        "instructions": instructions_for(found),
        "waits_for_payment": waits,
        "can_pay": waits and now < found.placed_at + LONGEST_HOLD,
        "minutes_left": _minutes_left(found, now) if waits else 0,
        "gateways": offered() if waits else [],
        "still_owes": found.payment_status == Order.PaymentStatus.AWAITING,
    }


def _minutes_left(found: Order, now: datetime) -> int:
    """How long the goods are held still, in full minutes."""
    left = (found.expires_at or now) - now
    return max(0, int(left / timedelta(minutes=1)))


@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """What buying here means, and from whom."""
    seller = {
        "name": settings.SELLER_NAME,
        "address": settings.SELLER_ADDRESS,
        "contact": settings.SELLER_CONTACT,
    }
    context = {"seller": seller, "is_demo": settings.DEMO}
    return render(request, "orders/legal/terms.html", context)


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What we know of a shopper, what for, and how long."""
    return render(request, "orders/legal/privacy.html")


@require_safe
def returns(request: HttpRequest) -> HttpResponse:
    """How to send something back."""
    return render(request, "orders/legal/returns.html", {"return_days": settings.RETURN_DAYS})
