"""Sandbox Pay's API: JSON, each request signed with the secret that it shares with the merchant."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from orders.payment import signatures
from orders.payment.sandbox import company
from orders.payment.sandbox.models import SandboxPayment

LARGEST = 20_000
"""Bytes of a request."""

type View = Callable[..., HttpResponse]


class BadRequest(Exception):
    """Not what the API understands; the message says what is missing."""


def _api(method: str) -> Callable[[View], View]:
    """Check method and signature; answer refusals in JSON."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, **named: str) -> HttpResponse:
            if request.method != method:
                return JsonResponse({"error": "wrong method"}, status=405)
            if len(request.body) > LARGEST:
                return JsonResponse({"error": "too large"}, status=413)
            try:
                signatures.verify(
                    settings.SANDBOX_GATEWAY_SECRET,
                    request.headers.get("Sandbox-Signature", ""),
                    method.encode(),
                    request.get_full_path().encode(),
                    request.body,
                )
            except (signatures.NotSigned, signatures.OutsideWindow) as error:
                return JsonResponse({"error": str(error)}, status=401)
            try:
                return view(request, **named)
            except BadRequest as error:
                return JsonResponse({"error": str(error)}, status=400)
            except company.Refused as error:
                return JsonResponse({"error": str(error)}, status=409)
            except (SandboxPayment.DoesNotExist, Http404):
                return JsonResponse({"error": "no such payment"}, status=404)

        return checked

    return decorate


@_api("POST")
def payments(request: HttpRequest) -> HttpResponse:
    """Make a payment, or find the one with this key."""
    said = _body(request)
    payment = company.create(
        key=_text(said, "key"),
        amount=_amount(said),
        currency=_text(said, "currency", longest=3),
        capture=said.get("capture", True) is True,
        description=_text(said, "description", longest=200),
        language=_text(said, "language", longest=12),
        return_url=_url(said, "return_url"),
        cancel_url=_url(said, "cancel_url"),
        webhook_url=_url(said, "webhook_url"),
    )
    return _answer(request, payment)


@_api("GET")
def payment(request: HttpRequest, name: str) -> HttpResponse:
    """What has become of a payment."""
    return _answer(request, company.current(name))


@_api("POST")
def capture(request: HttpRequest, name: str) -> HttpResponse:
    """Collect it, or a part of it."""
    return _answer(request, company.capture(name, _amount(_body(request))))


@_api("POST")
def cancel(request: HttpRequest, name: str) -> HttpResponse:
    """Call it off."""
    return _answer(request, company.cancel(name))


@_api("POST")
def refunds(request: HttpRequest, name: str) -> HttpResponse:
    """Pay a part of it back."""
    said = _body(request)
    made = company.refund(name, _text(said, "key"), _amount(said))
    return JsonResponse({"id": made.pk, "key": made.key, "amount": made.amount, "status": "done"})


def _answer(request: HttpRequest, found: SandboxPayment) -> JsonResponse:
    page = request.build_absolute_uri(reverse("pay", args=[found.pk]))
    return JsonResponse({**company.described(found), "pay_url": page})


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        said = json.loads(request.body)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise BadRequest("the body is no JSON object")
    return said


def _text(said: dict[str, Any], name: str, *, longest: int = 255) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise BadRequest(f"{name} must be a text of at most {longest} characters")
    return value


def _amount(said: dict[str, Any]) -> int:
    value = said.get("amount")
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 10**13:
        raise BadRequest("amount must be a whole number of the smallest unit")
    return value


def _url(said: dict[str, Any], name: str) -> str:
    value = _text(said, name, longest=2000)
    if urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).hostname:
        raise BadRequest(f"{name} must be a web address")
    return value
