"""The cart page and the forms that change the cart; they work without script.

Every POST ends in a redirect (303) with a message that says what happened, or why not. One that
htmx sent is answered with the part of the page that changed, and the same message.

What a merge has to tell the shopper (`cart.notices`) stays on the cart page until they act on
that page: change a line there, dismiss the notices, or order. Showing it does not clear it, since
browsers fetch pages ahead that nobody has seen; and putting something in from a product page does
not either, since that is just when a merge has happened and nobody has seen the cart page yet.
"""

import re
from urllib.parse import urlsplit, urlunsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from carts import guessing, queries, services
from carts.services import CartError
from sessionsync.goods import SessionGone
from shop.audit.actors import actor_of
from shop.storefronts.middleware import StorefrontRequest

_WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")


class SeeOther(HttpResponseRedirect):
    """After a POST: fetch that page with GET."""

    status_code = 303


class ShopRequest(StorefrontRequest):
    """A request behind all middleware, for type checkers."""

    htmx: HtmxDetails


@never_cache
@require_safe
def cart(request: ShopRequest) -> HttpResponse:
    """The cart page. Reads only."""
    return _cart_page(request, "carts/cart.html")


@require_POST
def add(request: ShopRequest) -> HttpResponse:
    """Put a variant into the cart: `variant` (its id) and `quantity`."""
    variant_id = whole_number(request.POST.get("variant"))
    quantity = whole_number(request.POST.get("quantity"))
    if variant_id is None:
        return _refuse(request, _("Please choose what you would like to buy."))
    if quantity is None:
        return _refuse(request, str(services.QuantityOutOfRange()))
    if request.session.session_key is None:
        request.session.create()
    try:
        line = services.add_line(
            request.session.session_key or "",
            request.storefront,
            variant_id,
            quantity,
            by=actor_of(request),
        )
    except (CartError, SessionGone) as refusal:
        return _refuse(request, _reason(refusal), refusal)
    messages.success(
        request,
        ngettext(
            "“%(item)s” was put into your cart.",
            "%(count)d × “%(item)s” were put into your cart.",
            quantity,
        )
        % {"item": line.variant, "count": quantity},
    )
    if request.htmx:
        return render(request, "carts/_added.html", {"added": line})
    return SeeOther(reverse("carts:cart"))


@require_POST
def line(request: ShopRequest, pk: int) -> HttpResponse:
    """Set a line's `quantity`; 0 removes it."""
    quantity = whole_number(request.POST.get("quantity"))
    try:
        if quantity is None:
            raise services.QuantityOutOfRange
        if request.session.session_key is None:
            raise services.UnknownLine
        changed = services.change_line(
            request.session.session_key, pk, quantity, by=actor_of(request)
        )
    except (CartError, SessionGone) as refusal:
        messages.error(request, _reason(refusal))
    else:
        text = (
            _("“%(item)s”: your cart now holds %(count)d.")
            if quantity
            else _("“%(item)s” was taken out of your cart.")
        )
        messages.success(request, text % {"item": changed.variant, "count": quantity})
    return _changed(request)


@require_POST
def dismiss(request: ShopRequest) -> HttpResponse:
    """The shopper has read what a merge changed."""
    if request.session.session_key is not None:
        try:
            services.dismiss_notices(request.session.session_key)
        except SessionGone as refusal:
            messages.error(request, _reason(refusal))
    return _changed(request)


@require_POST
def voucher(request: ShopRequest) -> HttpResponse:
    """Try the voucher code in `code`, or take the one in `remove` out of the cart."""
    unwanted = request.POST.get("remove")
    typed = request.POST.get("code", "") if unwanted is None else unwanted
    holder, by = request.session.session_key, actor_of(request)
    try:
        if holder is None:
            raise services.NothingToDiscount
        if unwanted is not None:
            code = services.remove_voucher(holder, typed, by=by)
            text = _("The code “%(code)s” was taken out of your cart.")
        else:
            guessing.count_try(holder, request.META.get("REMOTE_ADDR", ""))
            code = services.add_voucher(
                holder, typed, storefront=request.storefront, customer=customer_of(request), by=by
            )
            text = _("The code “%(code)s” counts from now on.")
    except (CartError, SessionGone) as refusal:
        messages.error(request, _reason(refusal))
    else:
        messages.success(request, text % {"code": code})
    return _changed(request)


def customer_of(request: HttpRequest) -> User | None:
    """Who is signed in with this very request."""
    return request.user if isinstance(request.user, User) else None


def whole_number(text: str | None) -> int | None:
    """A number as our own forms send it, in ASCII digits; None for anything else."""
    return int(text) if text is not None and _WHOLE_NUMBER.fullmatch(text) else None


def _cart_page(request: ShopRequest, template: str) -> HttpResponse:
    page = queries.cart_page(
        request.session.session_key, request.storefront, customer=customer_of(request)
    )
    return render(request, template, {"cart": page, "cart_count": page.count})


def _changed(request: ShopRequest) -> HttpResponse:
    """After a change on the cart page: that page, or for htmx what is new on it."""
    if request.htmx:
        return _cart_page(request, "carts/_changed.html")
    return SeeOther(reverse("carts:cart"))


def _reason(refusal: CartError | SessionGone) -> str:
    if isinstance(refusal, SessionGone):
        return _("Your visit had ended meanwhile, for example by logging out. Please try again.")
    return str(refusal)


def _refuse(
    request: ShopRequest, message: str, refusal: CartError | SessionGone | None = None
) -> HttpResponse:
    """Say why not, on the page the shopper came from, else the product's, else the cart's."""
    messages.error(request, message)
    if request.htmx:
        return render(request, "carts/_added.html")
    back = _page_they_came_from(request)
    if back is None and isinstance(refusal, services.NotEnoughStock):
        back = reverse("catalogue:product", args=[refusal.variant.product.slug])
    return SeeOther(back or reverse("carts:cart"))


def _page_they_came_from(request: ShopRequest) -> str | None:
    """The path of the catalogue page on this site that holds the form; None if it is not known."""
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}, request.is_secure()):
        return None
    parts = urlsplit(referer)
    try:
        if resolve(parts.path).app_name != "catalogue":
            return None
    except Resolver404:
        return None
    return urlunsplit(("", "", parts.path, parts.query, ""))
