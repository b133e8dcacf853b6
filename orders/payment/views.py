"""Where gateways send shoppers back to, and their messages.

Neither is believed as it comes: the address only names a payment, and its gateway is asked; a
message must be signed.
"""

import logging
import re
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from carts.views import SeeOther, ShopRequest
from orders.payment import services
from orders.payment.addresses import signed_payment
from orders.payment.errors import GatewayError, NoSuchGateway, WebhookError
from orders.payment.gateways import gateway as gateway_named
from orders.payment.models import Payment
from shop.audit.actors import Actor, actor_of

logger = logging.getLogger(__name__)

LARGEST: Final = 512 * 1024
"""Bytes of a webhook; Stripe's largest are a tenth of it."""

WAITS: Final = (2, 3, 5, 10, 20, 30, 60)
"""Seconds between the looks of a shopper whose bank has not decided; then the page stays still."""


@csrf_exempt
@require_POST
@cache_control(no_store=True)
def webhook(request: HttpRequest, gateway: str) -> HttpResponse:
    """A gateway's message. 200: taken, known, or nothing to us; 400: not to be believed.

    A payment we do not know is 200, too: ours are written down before their gateway hears of
    them, so telling us again would not help. Anything unforeseen is 500, and they tell us again.
    """
    try:
        port = gateway_named(gateway)
    except NoSuchGateway:
        raise Http404 from None
    if len(request.body) > LARGEST:
        return _plain(413, "too large")
    try:
        event = port.parse_webhook(request.body, request.headers)
    except WebhookError as error:
        logger.warning("%s webhook refused: %s: %s", gateway, type(error).__name__, error)
        return _plain(400, type(error).__name__)
    if event is None:
        return _plain(200, "not of interest")
    storefront = getattr(request, "storefront", None)
    by = Actor(
        "system",
        "gateway",
        storefront=storefront.slug if storefront else "",
        request_id=request.META.get("REQUEST_ID", ""),
        channel="webhook",
    )
    result = services.handle(event, by=by)
    logger.info("%s %s (%s): %s", gateway, event.kind, event.id, result)
    return _plain(200, result)


@require_safe
@cache_control(private=True, no_store=True)
def come_back(request: ShopRequest, token: str, signed: str) -> HttpResponse:
    """The shopper is back from the gateway: on to their order, once the gateway says what it is.

    Until then a page says so and looks again: by htmx, or without script by loading itself anew.
    """
    payment, silent = _asked(request, token, signed)
    if not payment.is_open:
        address = reverse("orders:order", args=[token])
        return HttpResponse(headers={"HX-Redirect": address}) if request.htmx else SeeOther(address)
    waited = _waited(request)
    context = {
        "order": payment.order,
        "silent": silent,
        "again_in": WAITS[waited] if waited < len(WAITS) else None,
        "again_at": f"{request.path}?waited={waited + 1}",
    }
    name = "_waiting" if request.htmx else "waiting"
    response = render(request, f"orders/payment/{name}.html", context)
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@require_safe
@cache_control(private=True, no_store=True)
def left(request: ShopRequest, token: str, signed: str) -> HttpResponse:
    """The shopper left the gateway's page without an answer: their order says what they can do."""
    _asked(request, token, signed)
    return SeeOther(reverse("orders:order", args=[token]))


def _asked(request: HttpRequest, token: str, signed: str) -> tuple[Payment, bool]:
    """The payment that an address names, and whether its gateway was silent. Raises Http404."""
    payment = signed_payment(token, signed)
    if payment is None:
        raise Http404
    if not payment.is_open:
        return payment, False
    try:
        return services.ask(payment, by=actor_of(request)), False
    except GatewayError as error:
        logger.warning("payment %s: %s: %s", payment.pk, type(error).__name__, error)
        return payment, True


def _waited(request: HttpRequest) -> int:
    """How often this page has reloaded itself; at most as often as it does."""
    told = request.GET.get("waited", "")
    return min(int(told), len(WAITS)) if re.fullmatch("[0-9]{1,3}", told) else 0


def _plain(status: int, text: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
