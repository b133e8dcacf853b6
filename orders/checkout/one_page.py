"""The whole checkout on one page, `/checkout/`."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from carts.views import SeeOther, ShopRequest
from orders.checkout.entries import FIELDS, enter
from orders.checkout.errors import CartEmpty, CheckoutKeyUsed
from orders.checkout.forms import CheckoutForm, new_checkout_key
from orders.checkout.offers import Offer
from orders.checkout.pages import (
    back_to_cart,
    begin,
    context_of,
    ordered_by_this_form,
    place,
    show,
)
from orders.checkout.services import PostalAddress, Wish
from orders.checkout.visit import ADDRESS_FIELDS, Visit
from orders.queries import waiting_orders
from sessionsync.goods import SessionGone
from shop.audit.actors import actor_of

TEMPLATE = "orders/checkout/express.html"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def express(request: ShopRequest) -> HttpResponse:
    """One page: who, where to, how, and the button that orders."""
    if request.method == "POST":
        placed = ordered_by_this_form(request)
        if placed is not None:
            return placed
    visit = Visit.of(request)
    if request.method == "POST":
        return _order_on_one_page(visit)
    if visit.cart.is_empty and waiting_orders(visit.holder, visit.customer).exists():
        return SeeOther(reverse("carts:cart"))  # which names what was ordered and is not paid
    if visit.cart.is_empty or not visit.cart.can_check_out:
        return back_to_cart(visit)
    if elsewhere := begin(request):
        return elsewhere
    known = visit.known()
    offer = visit.offer(
        country=known.get("country_code", ""),
        email=known.get("email", ""),
        method=known.get("shipping_method", ""),
        or_first=True,
    )
    if offer.chosen is not None:
        known["shipping_method"] = offer.chosen.method.slug
    initial = known | {"checkout_key": new_checkout_key(), "offer": offer.name}
    form = CheckoutForm(initial=initial, **_choices(visit, offer))
    return show(visit, TEMPLATE, offer, form=form)


def _order_on_one_page(visit: Visit) -> HttpResponse:
    request = visit.request
    sent = request.POST
    offer = visit.offer(
        country=_typed("country_code", sent),
        email=_typed("email", sent),
        method=sent.get("shipping_method", ""),
    )
    form = CheckoutForm(sent, initial=visit.known(), **_choices(visit, offer))
    problems: list[str] = []
    if form.is_valid():
        data = form.cleaned_data
        wish = Wish(
            email=data["email"],
            address=PostalAddress(**{name: data[name] for name in ADDRESS_FIELDS}),
            shipping_method=data["shipping_method"],
            payment_method=data["payment_method"],
            billing=visit.wish().billing,
        )
        answer = place(visit, wish, data["checkout_key"], data["offer"])
        if isinstance(answer, HttpResponse):
            return answer
        problems = answer.problems
        if isinstance(answer, CheckoutKeyUsed):
            form.data = {**dict(form.data.items()), "checkout_key": new_checkout_key()}
        visit = Visit.of(request)
        offer = visit.offer(
            country=data["country_code"], email=data["email"], method=data["shipping_method"]
        )
    if visit.cart.is_empty:
        return back_to_cart(visit, problems)
    _keep_what_is_right(visit, form)
    # Without a delivery there is no total yet that one could agree to.
    objection = offer.objection(sent.get("offer", "")) if offer.chosen else None
    if objection and not problems:
        problems = objection.problems
    # What this page shows now is what the next click agrees to.
    form.data = {**dict(form.data.items()), "offer": offer.name}
    return show(visit, TEMPLATE, offer, form=form, problems=problems, objection=objection)


def _typed(name: str, sent: Mapping[str, str]) -> str:
    """What a field of the form holds if it stands for itself alone; "" if it has a mistake."""
    try:
        return str(CheckoutForm.base_fields[name].clean(sent.get(name, "")))
    except ValidationError:
        return ""


def _choices(visit: Visit, offer: Offer) -> dict[str, Any]:
    """What the form of one page lets choose.

    Also what does not go to the country that is set: without script nothing follows another one.
    """
    total, weight = offer.breakdown.items_total, offer.weight
    anywhere = offer.tariff.quotes(None, weight=weight, total=total)
    there = {quote.method.slug: quote for quote in offer.quotes}
    return {
        "quotes": [there.get(quote.method.slug, quote) for quote in anywhere],
        "gateways": visit.gateways,
    }


def _keep_what_is_right(visit: Visit, form: CheckoutForm) -> None:
    """What is entered without a mistake need not be entered again, whatever happens to the page."""
    if visit.holder is None:
        return
    for step, names in FIELDS.items():
        values = {"billing": visit.checkout.billing, **form.cleaned_data}
        if all(name in values for name in names):
            try:
                by = actor_of(visit.request)
                enter(visit.holder, step, values, customer=visit.customer, by=by)
            except (CartEmpty, SessionGone):
                return


@never_cache
@require_POST
def quote(request: ShopRequest) -> HttpResponse:
    """For htmx, while the form of one page is filled in: prices for the country and method."""
    visit = Visit.of(request)
    if visit.cart.is_empty:
        response = HttpResponse()
        response.headers["HX-Redirect"] = reverse("carts:cart")
        return response
    sent = request.POST
    offer = visit.offer(
        country=_typed("country_code", sent),
        email=_typed("email", sent) or visit.checkout.email,
        method=sent.get("shipping_method", ""),
        or_first=True,
    )
    chosen = offer.chosen.method.slug if offer.chosen else ""
    form = CheckoutForm(
        {**sent.dict(), "shipping_method": chosen, "offer": offer.name},
        quotes=offer.quotes,
        gateways=visit.gateways,
    )
    context = context_of(visit, offer, form=form)
    return render(request, "orders/checkout/_quote.html", context)
