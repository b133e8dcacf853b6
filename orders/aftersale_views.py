"""After an order: find it again, give something back, its invoice."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from carts.views import SeeOther
from orders import invoices, lookup, queries, returns
from orders.aftersale_forms import FindForm, ReturnForm
from orders.models import Invoice, Order
from shop.audit.actors import actor_of
from shop.storefronts.middleware import StorefrontRequest


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: StorefrontRequest) -> HttpResponse:
    """Ask for number and e-mail, and lead to the order."""
    form = FindForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            order = lookup.find(**form.cleaned_data, address=request.META.get("REMOTE_ADDR", ""))
        except lookup.TooManyTries as refusal:
            status = 429
            at = time_format(timezone.localtime(refusal.until), "TIME_FORMAT")
            form.add_error(
                None,
                _("This was tried too often. Please try again after %(time)s (UTC).")
                % {"time": at},
            )
        else:
            if order is not None:
                return SeeOther(reverse("orders:order", args=[order.token]))
            status = 422
            form.add_error(
                None,
                _(
                    "We know no order with this number and this e-mail address. Please compare "
                    "both with the mail that confirmed the order."
                ),
            )
    elif request.method == "POST":
        status = 422
    return render(request, "orders/find.html", {"form": form}, status=status)


@require_POST
@cache_control(private=True, no_store=True)
def give_back(request: StorefrontRequest, token: str) -> HttpResponse:
    """Announce a return."""
    order = _order(token)
    left, _until = returns.returnable(order)
    form = ReturnForm(request.POST, lines=list(order.lines.all()), left=left)
    page = SeeOther(reverse("orders:order", args=[token]))
    if not form.is_valid():
        messages.error(
            request, _("Some of this cannot be given back (any more). Please look at it again.")
        )
        return page
    try:
        returns.announce(
            order,
            form.quantities,
            by=actor_of(request),
            reason=form.cleaned_data["reason"],
        )
    except returns.ReturnError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, _("Your return is announced. We have mailed you where to send it.")
        )
    return page


@require_safe
@cache_control(private=True, no_store=True)
def invoice(request: StorefrontRequest, token: str) -> HttpResponse:
    """The invoice as PDF."""
    found = invoices.invoice_of(_order(token))
    if found is None:
        raise Http404
    return _pdf(found)


@require_safe
@cache_control(private=True, no_store=True)
def credit_note(request: StorefrontRequest, token: str, number: str) -> HttpResponse:
    """A credit note as PDF."""
    kind = Invoice.Kind.CREDIT_NOTE
    found = Invoice.objects.filter(order__token=token, number=number, kind=kind).first()
    if found is None:
        raise Http404
    return _pdf(found)


def _order(token: str) -> Order:
    order = queries.order_by_token(token)
    if order is None:
        raise Http404
    return order


def _pdf(found: Invoice) -> HttpResponse:
    name = invoices.file_name(found)
    return HttpResponse(
        invoices.pdf_of(found),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"', "X-Robots-Tag": "noindex"},
    )
