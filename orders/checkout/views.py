"""The checkout in steps, each with an address of its own.

They keep what is entered where the one page (`one_page`) keeps it, so one can go from one to the
other.
"""

from collections.abc import Callable, Mapping
from typing import Any, Concatenate, Final

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from carts.views import SeeOther, ShopRequest
from orders.checkout import steps
from orders.checkout.entries import enter
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
    ContactForm,
    PaymentForm,
    ReviewForm,
    ShippingForm,
    StepForm,
    new_checkout_key,
)
from orders.checkout.offers import Offer
from orders.checkout.pages import (
    back_to_cart,
    begin,
    ordered_by_this_form,
    place,
    session_ended,
    show,
)
from orders.checkout.visit import ADDRESS_FIELDS, Visit
from sessionsync.goods import SessionGone
from shop.audit.actors import actor_of

type View[**P] = Callable[Concatenate[ShopRequest, P], HttpResponse]

_STEP_OF: Final[Mapping[type[OrderError], steps.Name]] = {
    ShippingNotOffered: "shipping",
    PaymentNotOffered: "payment",
}
"""Where to mend what was refused."""

BILLING: Final = "billing"
"""Prefix of the fields of the other address, which the invoice is made out to."""


def _step(name: steps.Name) -> Callable[[Callable[[Visit, Offer], HttpResponse]], View[[]]]:
    """A view of one step, which leads back to what is missing if it is too early for it."""

    def decorate(page: Callable[[Visit, Offer], HttpResponse]) -> View[[]]:
        @never_cache
        @require_http_methods(["GET", "HEAD", "POST"])
        def view(request: ShopRequest) -> HttpResponse:
            if request.method == "POST":
                placed = ordered_by_this_form(request)
                if placed is not None:
                    return placed
            visit = Visit.of(request)
            if visit.cart.is_empty or not visit.cart.can_check_out:
                return back_to_cart(visit)
            if elsewhere := begin(request):
                return elsewhere
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
    return show(
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
    objection: OfferChanged | None = None
    form = ReviewForm(
        request.POST or None,
        initial={"checkout_key": new_checkout_key(), "offer": offer.name},
    )
    if form.is_bound:
        if form.is_valid():
            data = form.cleaned_data
            answer = place(visit, visit.wish(), data["checkout_key"], data["offer"])
            if isinstance(answer, HttpResponse):
                return answer
            step = _STEP_OF.get(type(answer))
            if step is not None:
                messages.warning(request, " ".join(answer.problems))
                return SeeOther(steps.url_of(step))
            problems = answer.problems
            visit = Visit.of(request)
            if visit.cart.is_empty:
                return back_to_cart(visit, problems)
            offer = visit.entered_offer()
            if isinstance(answer, CheckoutKeyUsed):
                form.data = {**dict(form.data.items()), "checkout_key": new_checkout_key()}
        objection = offer.objection(request.POST.get("offer", ""))
        if objection and not problems:
            problems = objection.problems
        form.data = {**dict(form.data.items()), "offer": offer.name}
    return show(
        visit,
        "orders/checkout/review.html",
        offer,
        step="review",
        form=form,
        problems=problems,
        objection=objection,
        gateway=visit.gateway(),
    )


def _enter_or_show(visit: Visit, offer: Offer, step: steps.Name, form: StepForm) -> HttpResponse:
    """Keep what a valid form brings and go on; else show the form."""
    if form.is_bound and form.is_valid():
        return _entered(visit, step, form.cleaned_data)
    return show(visit, f"orders/checkout/{step}.html", offer, step=step, form=form)


def _entered(visit: Visit, step: Any, values: Mapping[str, Any]) -> HttpResponse:
    """Keep what a step brings, and lead to the next that has something missing."""
    request = visit.request
    assert visit.holder is not None  # noqa: S101 (there is a cart)
    try:
        enter(visit.holder, step, values, customer=visit.customer, by=actor_of(request))
    except (CartEmpty, SessionGone):
        messages.error(request, session_ended())
        return SeeOther(reverse("carts:cart"))
    following = steps.ORDER[steps.ORDER.index(step) + 1]
    return SeeOther(steps.url_of(following))
