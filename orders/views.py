"""Checkout and the page of an order. The same on every storefront: no path leads elsewhere."""

from dataclasses import fields
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from carts.queries import CartPage, cart_page
from carts.views import SeeOther
from orders import queries, services
from orders.countries import country_name
from orders.forms import CheckoutForm, new_checkout_key
from orders.models import Order, ShippingMethod
from orders.services import CheckoutKeyUsed, OfferChanged, OrderError, Recipient, offer_digest
from sessionsync.goods import SessionGone
from shop.storefronts.middleware import StorefrontRequest

PLACED = "placed"
"""In the session: the last few checkout forms that became orders, with the orders' tokens."""
CHECKING_OUT = "checking_out"
"""In the session from the first look at the checkout until the order is placed."""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: StorefrontRequest) -> HttpResponse:
    """One page: who, where to, how, and the button that orders."""
    placed = request.session.get(PLACED, {}).get(request.POST.get("checkout_key", ""))
    if placed:
        return SeeOther(reverse("orders:order", args=[placed]))
    methods = list(ShippingMethod.objects.offered())
    return _checkout(request, methods)


def _checkout(request: StorefrontRequest, methods: list[ShippingMethod]) -> HttpResponse:
    form = CheckoutForm(request.POST or None, methods=methods, initial=_known(request))
    problems: list[str] = []
    if request.method == "POST" and form.is_valid():
        try:
            order = _place(request, form.cleaned_data)
        except SessionGone:
            problems = [
                _("Your visit had ended meanwhile, for example by logging out. Please try again.")
            ]
        except OrderError as refusal:
            problems = refusal.problems
            if isinstance(refusal, CheckoutKeyUsed):
                form = _with(form, methods, checkout_key=new_checkout_key())
        else:
            request.session.pop(CHECKING_OUT, None)
            _remember(request, form.cleaned_data["checkout_key"], order)
            return SeeOther(reverse("orders:order", args=[order.token]))
    cart = cart_page(request.session.session_key, request.storefront)
    if cart.is_empty or (request.method != "POST" and not cart.can_check_out):
        return _back_to_cart(request, cart, problems)
    totals = _totals(cart, form, methods)
    offer = offer_digest(cart.lines, methods)
    if form.is_bound:
        if form.data.get("offer") != offer and not problems:
            problems = OfferChanged(totals["total"]).problems
        # What this page shows now is what the next click agrees to.
        form = _with(form, methods, offer=offer)
    else:
        form.initial.update(checkout_key=new_checkout_key(), offer=offer)
    for notice in cart.notices:
        messages.info(request, notice)
    context = {
        "form": form,
        "cart": cart,
        "shipping_methods": methods,
        "totals": totals,
        "problems": problems,
    }
    page = render(request, "orders/checkout.html", context)
    _replace_token_once(request)
    return page


def _remember(request: StorefrontRequest, checkout_key: str, order: Order) -> None:
    """The same form sent again, by whatever session this one has become, leads to its order."""
    known = {**request.session.get(PLACED, {}), checkout_key: order.token}
    request.session[PLACED] = dict(list(known.items())[-5:])


def _replace_token_once(request: StorefrontRequest) -> None:
    """From here on the session is worth more: whoever knew its old token must not follow.

    The new token takes over, cart and all, when the browser first presents it; so the page that
    carries it is made with the old one, and nothing is lost if it never arrives.
    """
    if CHECKING_OUT not in request.session:
        request.session[CHECKING_OUT] = True
        request.session.cycle_key()


@require_safe
@cache_control(private=True, no_store=True)
def order(request: StorefrontRequest, token: str) -> HttpResponse:
    """An order, for whoever has its address; the address must not spread from here."""
    found = queries.order_by_token(token)
    if found is None:
        raise Http404
    context = {
        "order": found,
        "lines": found.lines.all(),
        "country": country_name(found.country_code),
    }
    response = render(request, "orders/order.html", context)
    # Not "no-referrer": a form on this page would then be sent with `Origin: null`.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _known(request: StorefrontRequest) -> dict[str, Any]:
    """What a signed-in customer need not type again."""
    customer = _customer(request)
    if customer is None:
        return {}
    return {
        "email": customer.email,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
    }


def _customer(request: StorefrontRequest) -> User | None:
    """Who is signed in with this very request; an order of anyone else is a guest's."""
    return request.user if isinstance(request.user, User) else None


def _place(request: StorefrontRequest, data: dict[str, Any]) -> Order:
    if request.session.session_key is None:
        raise services.CartEmpty(_("Your cart is empty, so there is nothing to order."))
    return services.place_order(
        session_key=request.session.session_key,
        storefront=request.storefront,
        customer=_customer(request),
        recipient=Recipient(**{field.name: data[field.name] for field in fields(Recipient)}),
        shipping_method=data["shipping_method"],
        payment_method=data["payment_method"],
        checkout_key=data["checkout_key"],
        agreed_offer=data["offer"],
        site_url=f"{request.scheme}://{request.get_host()}",
    )


def _back_to_cart(request: StorefrontRequest, cart: CartPage, problems: list[str]) -> HttpResponse:
    if cart.is_empty:
        problems = problems or [_("Your cart is empty, so there is nothing to order.")]
    else:
        problems = [_("Please look at your cart first: not everything in it can be ordered.")]
    for problem in problems:
        messages.warning(request, problem)
    return SeeOther(reverse("carts:cart"))


def _with(form: CheckoutForm, methods: list[ShippingMethod], **changed: str) -> CheckoutForm:
    """The same form with other hidden values."""
    return CheckoutForm({**dict(form.data.items()), **changed}, methods=methods)


def _totals(cart: CartPage, form: CheckoutForm, methods: list[ShippingMethod]) -> dict[str, Any]:
    """Items, shipping by the method that is chosen on the page (None: none is), and both."""
    chosen = form["shipping_method"].value()
    shipping = next((method.price for method in methods if method.slug == chosen), None)
    return {"items": cart.total, "shipping": shipping, "total": cart.total + (shipping or 0)}
