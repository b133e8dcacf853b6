"""The pages of the checkout. The same on every storefront: no path leads elsewhere.

`/checkout/` has all of it on one page; each step has an address of its own as well, and both keep
what is entered in the same place, so one can go from one to the other.
"""

from collections.abc import Callable, Mapping
from typing import Any, Concatenate, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from carts.views import SeeOther, ShopRequest
from orders.checkout import steps
from orders.checkout.entries import FIELDS, enter
from orders.checkout.errors import (
    CartEmpty,
    CheckoutKeyUsed,
    OfferChanged,
    OrderError,
    PaymentNotOffered,
    ShippingNotOffered,
)
from orders.checkout.forms import (
    AddressForm,
    BillingForm,
    CheckoutForm,
    ContactForm,
    PaymentForm,
    ReviewForm,
    ShippingForm,
    StepForm,
    new_checkout_key,
)
from orders.checkout.offers import Offer
from orders.checkout.payment_views import lead_on
from orders.checkout.services import PostalAddress, Wish, place_order
from orders.checkout.visit import ADDRESS_FIELDS, Visit, site_url
from orders.queries import just_ordered, order_by_token
from orders.totals import Totals
from sessionsync.goods import SessionGone
from shop.audit.actors import actor_of

PLACED: Final = "placed"
"""In the session: the last few checkout forms that became orders, with the orders' tokens."""
CHECKING_OUT: Final = "checking_out"
"""In the session from the first look at the checkout until the order is placed."""

type View[**P] = Callable[Concatenate[ShopRequest, P], HttpResponse]

_STEP_OF: Final[Mapping[type[OrderError], steps.Name]] = {
    ShippingNotOffered: "shipping",
    PaymentNotOffered: "payment",
}
"""Where to mend what was refused."""

BILLING: Final = "billing"
"""Prefix of the fields of the other address, which the invoice is made out to."""


def _session_ended() -> str:
    return _("Your visit had ended meanwhile, for example by logging out. Please try again.")


# --- One page -----------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def express(request: ShopRequest) -> HttpResponse:
    """One page: who, where to, how, and the button that orders."""
    if request.method == "POST":
        placed = _ordered_by_this_form(request)
        if placed is not None:
            return placed
    visit = Visit.of(request)
    if request.method == "POST":
        return _order_on_one_page(visit)
    if visit.cart.is_empty or not visit.cart.can_check_out:
        return _back_to_cart(visit)
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
    return _page(visit, "orders/checkout/express.html", offer, form=form)


def _order_on_one_page(visit: Visit) -> HttpResponse:
    request = visit.request
    sent = request.POST
    offer = visit.offer(
        country=_typed("country_code", sent),
        email=_typed("email", sent),
        method=sent.get("shipping_method", ""),
    )
    form = CheckoutForm(sent, **_choices(visit, offer))
    problems: list[str] = []
    if form.is_valid():
        data = form.cleaned_data
        wish = Wish(
            email=data["email"],
            address=PostalAddress(**_only(data, *ADDRESS_FIELDS)),
            shipping_method=data["shipping_method"],
            payment_method=data["payment_method"],
            billing=visit.wish().billing,
        )
        answer = _place(visit, wish, data["checkout_key"], data["offer"])
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
        return _back_to_cart(visit, problems)
    _keep_what_is_right(visit, form)
    if not offer.is_what(sent.get("offer", "")) and not problems:
        problems = OfferChanged(offer.breakdown.total).problems
    # What this page shows now is what the next click agrees to.
    form.data = {**dict(form.data.items()), "offer": offer.name}
    return _page(visit, "orders/checkout/express.html", offer, form=form, problems=problems)


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
        values = {BILLING: visit.checkout.billing, **form.cleaned_data}
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
    context = _context(visit, offer, form=form)
    return render(request, "orders/checkout/_quote.html", context)


# --- Steps --------------------------------------------------------------------------------------


def _step(name: steps.Name) -> Callable[[Callable[[Visit, Offer], HttpResponse]], View[[]]]:
    """A view of one step, which leads back to what is missing if it is too early for it."""

    def decorate(page: Callable[[Visit, Offer], HttpResponse]) -> View[[]]:
        @never_cache
        @require_http_methods(["GET", "HEAD", "POST"])
        def view(request: ShopRequest) -> HttpResponse:
            if request.method == "POST":
                placed = _ordered_by_this_form(request)
                if placed is not None:
                    return placed
            visit = Visit.of(request)
            if visit.cart.is_empty or not visit.cart.can_check_out:
                return _back_to_cart(visit)
            # The first way of delivery is preset, and the summary says what that comes to.
            offer = visit.entered_offer(or_first=name == "shipping")
            missing = steps.first_missing(visit, offer)
            if steps.ORDER.index(name) > steps.ORDER.index(missing):
                messages.info(request, steps.ASKED[missing])
                return SeeOther(steps.url_of(missing))
            return page(visit, offer)

        view.__name__, view.__doc__ = page.__name__, page.__doc__
        return view

    return decorate


@_step("contact")
def contact(visit: Visit, offer: Offer) -> HttpResponse:
    """Who orders."""
    form = ContactForm(visit.request.POST or None, initial=visit.known())
    return _enter_or_show(visit, offer, "contact", form)


@_step("address")
def address(visit: Visit, offer: Offer) -> HttpResponse:
    """Where it goes, and where the invoice goes if that is elsewhere."""
    sent = visit.request.POST
    book = visit.addresses()
    saved = next((each for each in book if str(each.pk) == sent.get("saved")), None)
    if saved is not None:
        values = {name: getattr(saved, name) for name in ADDRESS_FIELDS}
        return _entered(visit, "address", values | {BILLING: visit.checkout.billing})
    form = AddressForm(sent or None, initial=visit.known())
    elsewhere = bool(sent.get("elsewhere")) if sent else bool(visit.checkout.billing)
    billing = BillingForm(
        sent if sent and elsewhere else None, initial=visit.checkout.billing, prefix=BILLING
    )
    values = {}
    if form.is_bound and form.is_valid() and (not elsewhere or billing.is_valid()):
        values = {**form.cleaned_data, BILLING: billing.cleaned_data if elsewhere else {}}
        return _entered(visit, "address", values)
    return _page(
        visit,
        "orders/checkout/address.html",
        offer,
        step="address",
        form=form,
        billing=billing,
        elsewhere=elsewhere,
        book=book,
    )


@_step("shipping")
def shipping(visit: Visit, offer: Offer) -> HttpResponse:
    """How it gets there."""
    initial = {"shipping_method": offer.chosen.method.slug} if offer.chosen else {}
    form = ShippingForm(visit.request.POST or None, quotes=offer.quotes, initial=initial)
    return _enter_or_show(visit, offer, "shipping", form)


@_step("payment")
def payment(visit: Visit, offer: Offer) -> HttpResponse:
    """How it is paid."""
    form = PaymentForm(
        visit.request.POST or None,
        gateways=visit.gateways,
        initial={key: value for key, value in visit.known().items() if key == "payment_method"},
    )
    return _enter_or_show(visit, offer, "payment", form)


@_step("review")
def review(visit: Visit, offer: Offer) -> HttpResponse:
    """The last look, the consent, and the button that orders."""
    request = visit.request
    problems: list[str] = []
    form = ReviewForm(
        request.POST or None,
        initial={"checkout_key": new_checkout_key(), "offer": offer.name},
    )
    if form.is_bound:
        if form.is_valid():
            data = form.cleaned_data
            answer = _place(visit, visit.wish(), data["checkout_key"], data["offer"])
            if isinstance(answer, HttpResponse):
                return answer
            step = _STEP_OF.get(type(answer))
            if step is not None:
                messages.warning(request, " ".join(answer.problems))
                return SeeOther(steps.url_of(step))
            problems = answer.problems
            visit = Visit.of(request)
            if visit.cart.is_empty:
                return _back_to_cart(visit, problems)
            offer = visit.entered_offer()
            if isinstance(answer, CheckoutKeyUsed):
                form.data = {**dict(form.data.items()), "checkout_key": new_checkout_key()}
        elif not offer.is_what(request.POST.get("offer", "")):
            problems = OfferChanged(offer.breakdown.total).problems
        form.data = {**dict(form.data.items()), "offer": offer.name}
    return _page(
        visit,
        "orders/checkout/review.html",
        offer,
        step="review",
        form=form,
        problems=problems,
        gateway=visit.gateway(),
    )


def _enter_or_show(visit: Visit, offer: Offer, step: steps.Name, form: StepForm) -> HttpResponse:
    """Keep what a valid form brings and go on; else show the form."""
    if form.is_bound and form.is_valid():
        return _entered(visit, step, form.cleaned_data)
    return _page(visit, f"orders/checkout/{step}.html", offer, step=step, form=form)


def _entered(visit: Visit, step: Any, values: Mapping[str, Any]) -> HttpResponse:
    """Keep what a step brings, and lead to the next that has something missing."""
    request = visit.request
    assert visit.holder is not None  # noqa: S101 (there is a cart)
    try:
        enter(visit.holder, step, values, customer=visit.customer, by=actor_of(request))
    except (CartEmpty, SessionGone):
        messages.error(request, _session_ended())
        return SeeOther(reverse("carts:cart"))
    following = steps.ORDER[steps.ORDER.index(step) + 1]
    return SeeOther(steps.url_of(following))


# --- Shared -------------------------------------------------------------------------------------


def _place(visit: Visit, wish: Wish, checkout_key: str, offer: str) -> HttpResponse | OrderError:
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
        return OrderError(_session_ended())
    except OrderError as refusal:
        return refusal
    request.session.pop(CHECKING_OUT, None)
    known = {**request.session.get(PLACED, {}), checkout_key: order.token}
    request.session[PLACED] = dict(list(known.items())[-5:])
    return lead_on(request, order)


def _ordered_by_this_form(request: ShopRequest) -> HttpResponse | None:
    """The same form sent again, by whatever session this one has become, leads to its order."""
    token = request.session.get(PLACED, {}).get(request.POST.get("checkout_key", ""))
    order = order_by_token(token) if token else None
    return lead_on(request, order) if order else None


def _only(data: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: data[name] for name in names if name in data}


def _context(visit: Visit, offer: Offer, **more: Any) -> dict[str, Any]:
    groups = [
        (shop, [line for line in offer.breakdown.lines if line.storefront == shop])
        for shop, _lines in visit.cart.groups
    ]
    problems_of = {line.pk: line.problem for line in visit.cart.lines}
    return {
        "visit": visit,
        "cart": visit.cart,
        "entry": visit.checkout,
        "offer": offer,
        "groups": groups,
        "problems_of": problems_of,
        "totals": Totals.of_breakdown(offer.breakdown),
        "problems": [],
        **more,
    }


def _page(
    visit: Visit, template: str, offer: Offer, *, step: steps.Name | None = None, **more: Any
) -> HttpResponse:
    request = visit.request
    for notice in visit.cart.notices:
        messages.info(request, notice)
    progress = steps.progress(visit, offer, step) if step else []
    page = render(request, template, _context(visit, offer, progress=progress, **more))
    _replace_token_once(request)
    return page


def _back_to_cart(visit: Visit, problems: list[str] | None = None) -> HttpResponse:
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


def _replace_token_once(request: ShopRequest) -> None:
    """From here on the session is worth more: whoever knew its old token must not follow.

    The new token takes over, cart and all, when the browser first presents it; so the page that
    carries it is made with the old one, and nothing is lost if it never arrives.
    """
    if CHECKING_OUT not in request.session:
        request.session[CHECKING_OUT] = True
        request.session.cycle_key()
