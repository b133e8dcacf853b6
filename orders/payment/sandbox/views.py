"""Sandbox Pay's pages: what a shopper sees there. No script, no cookie, no shop."""

from decimal import Decimal

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from orders.payment.money import from_minor
from orders.payment.sandbox import company
from orders.payment.sandbox.models import SandboxPayment, State
from orders.payment.sandbox.sending import send


class _SeeOther(HttpResponse):
    """On to another address, by GET; also to another site."""

    status_code = 303

    def __init__(self, address: str) -> None:
        super().__init__(headers={"Location": address})


def home(request: HttpRequest) -> HttpResponse:
    """What this site is."""
    return HttpResponse(render_to_string("sandbox_pay/home.html"))


def pay(request: HttpRequest, payment_id: str) -> HttpResponse:
    """One payment: decide on it, or see what was decided."""
    if request.method not in {"GET", "HEAD", "POST"}:
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    get_object_or_404(SandboxPayment, pk=payment_id)
    payment = company.current(payment_id)
    with translation.override(payment.language):
        if request.method == "POST" and payment.state == State.OPEN:
            return _decide(request, payment)
        return _page(payment)


def tell(request: HttpRequest, payment_id: str, message_id: int) -> HttpResponse:
    """Send a message now, however often it was sent before."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    payment = get_object_or_404(SandboxPayment, pk=payment_id)
    message = get_object_or_404(payment.messages, pk=message_id)
    send(message.pk, by_hand=True)
    return _SeeOther(reverse("pay", args=[payment.pk]))


def not_found() -> HttpResponse:
    """There is no such page here."""
    return HttpResponse(render_to_string("sandbox_pay/not_found.html"), status=404)


def _decide(request: HttpRequest, payment: SandboxPayment) -> HttpResponse:
    asked = request.POST.get("decision", "")
    stays = asked == "vanish"
    decision = "approve" if stays else asked
    news = request.POST.get("news", "once")
    if decision not in company.DECISIONS or news not in company.NEWS:
        return _page(payment, problem=_("Please choose one of the buttons."), status=400)
    try:
        urgent = company.decide(payment.pk, decision, news)  # type: ignore[arg-type]
    except company.Refused:  # another tab was faster
        return _SeeOther(reverse("pay", args=[payment.pk]))
    for message in urgent:
        send(message.pk)
    if stays:
        return _SeeOther(reverse("pay", args=[payment.pk]))
    return _SeeOther(payment.cancel_url if decision == "cancel" else payment.return_url)


def _page(payment: SandboxPayment, *, problem: str = "", status: int = 200) -> HttpResponse:
    context = {
        "payment": payment,
        "amount": _amount(from_minor(payment.amount, payment.currency)),
        "is_open": payment.state == State.OPEN,
        "state": _said(payment.state),
        "messages": payment.messages.all(),
        "problem": problem,
        "language": payment.language,
    }
    return HttpResponse(render_to_string("sandbox_pay/pay.html", context), status=status)


def _amount(amount: Decimal) -> str:
    return f"{amount:,f}"


def _said(state: str) -> str:
    return {
        State.OPEN: _("Waiting for you"),
        State.PROCESSING: _("Your bank is deciding"),
        State.DECLINED: _("Declined"),
        State.CANCELLED: _("Cancelled"),
        State.EXPIRED: _("Too late: this payment has expired"),
        State.AUTHORIZED: _("Approved; the shop collects the amount later"),
        State.RELEASED: _("Released: you are not charged"),
        State.CAPTURED: _("Paid"),
    }[State(state)]
