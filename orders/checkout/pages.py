"""What all pages of the checkout share: how they are shown, and what happens when one orders."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from carts.views import SeeOther, ShopRequest
from orders.checkout import steps
from orders.checkout.errors import CartEmpty, OrderError
from orders.checkout.offers import Offer
from orders.checkout.payment_views import lead_on
from orders.checkout.services import Wish, place_order
from orders.checkout.visit import Visit, site_url
from orders.queries import just_ordered, order_by_token
from orders.totals import Totals
from sessionsync.goods import SessionGone
from shop.audit.actors import actor_of

BEGUN: Final = "_begun"
"""In the address of the checkout while its new token is told to the main site."""
PLACED: Final = "placed"
"""In the session: the last few checkout forms that became orders, with the orders' tokens."""
CHECKING_OUT: Final = "checking_out"
"""In the session from the first look at the checkout until the order is placed."""


def session_ended() -> str:
    """What to say to someone whose session is gone."""
    return _("Your visit had ended meanwhile, for example by logging out. Please try again.")


def place(visit: Visit, wish: Wish, checkout_key: str, offer: str) -> HttpResponse | OrderError:
    """Place the order and lead on to its payment or its page; or say why it was not placed."""
    request = visit.request
    if visit.holder is None:
        return CartEmpty()
    by = actor_of(request)
    try:
        order = place_order(
            holder=visit.holder,
            storefront=request.storefront,
            customer=visit.customer,
            wish=wish,
            checkout_key=checkout_key,
            agreed_offer=offer,
            site_url=site_url(request),
            by=by,
        )
    except SessionGone:
        return OrderError(session_ended())
    except OrderError as refusal:
        return refusal
    request.session.pop(CHECKING_OUT, None)
    known = {**request.session.get(PLACED, {}), checkout_key: order.token}
    request.session[PLACED] = dict(list(known.items())[-5:])
    return lead_on(request, order)


def ordered_by_this_form(request: ShopRequest) -> HttpResponse | None:
    """The same form sent again, by whatever session this one has become, leads to its order."""
    token = request.session.get(PLACED, {}).get(request.POST.get("checkout_key", ""))
    order = order_by_token(token) if token else None
    return lead_on(request, order) if order else None


def context_of(visit: Visit, offer: Offer, **more: Any) -> dict[str, Any]:
    """What the templates of the checkout need; `more` goes with it."""
    groups = [
        (shop, [line for line in offer.breakdown.lines if line.storefront == shop])
        for shop, _lines in visit.cart.groups
    ]
    return {
        "visit": visit,
        "cart": visit.cart,
        "entry": visit.checkout,
        "offer": offer,
        "groups": groups,
        "totals": Totals.of_breakdown(offer.breakdown),
        "problems": [],
        **more,
    }


def show(
    visit: Visit, template: str, offer: Offer, *, step: steps.Name | None = None, **more: Any
) -> HttpResponse:
    """A page of the checkout. step: which one it is; None for the one that has all of them."""
    request = visit.request
    for notice in visit.cart.notices:
        messages.info(request, notice)
    progress = steps.progress(visit, offer, step) if step else []
    context = context_of(visit, offer, progress=progress, **more)
    context["places_order"] = step in {None, "review"}
    return render(request, template, context)


def back_to_cart(visit: Visit, problems: list[str] | None = None) -> HttpResponse:
    """Nothing can be ordered (any more): to the cart, with the reason; or to what was ordered."""
    if visit.cart.is_empty:
        if visit.holder and visit.request.method == "POST":
            # Two tabs with the same cart: the other one has ordered it.
            order = just_ordered(visit.holder)
            if order is not None:
                messages.info(
                    visit.request, _("You have ordered this already: here is your order.")
                )
                return lead_on(visit.request, order)
        problems = problems or CartEmpty().problems
    else:
        problems = [_("Please look at your cart first: not everything in it can be ordered.")]
    for problem in problems:
        messages.warning(visit.request, problem)
    return SeeOther(reverse("carts:cart"))


def begin(request: ShopRequest) -> HttpResponse | None:
    """Where the first look at the checkout leads: to itself, with a new token; None: go on.

    To be asked once there is a cart to check out, and before it is priced.

    From here on the session is worth more: whoever knew its old token must not follow. The new one
    takes over, cart and all, when the browser first presents it, so nothing is lost if the answer
    that carries it never arrives. It has to come back with a page, not with a script's call: only a
    page can go and tell the main site of it, and before that no other shop would find the cart.
    """
    if request.method != "GET":
        return None
    if BEGUN not in request.GET:
        if CHECKING_OUT in request.session:
            return None
        request.session[CHECKING_OUT] = True
        request.session.cycle_key()
        return SeeOther(_with_query(request, **{BEGUN: "1"}))
    # Once only: a browser that did not keep the new token is shown the page all the same.
    return SeeOther(_with_query(request)) if CHECKING_OUT in request.session else None


def _with_query(request: ShopRequest, **more: str) -> str:
    """The address of this page, with or without the mark of having begun."""
    query = request.GET.copy()
    query.pop(BEGUN, None)
    query.update(more)
    return f"{request.path}?{query.urlencode()}" if query else request.path
