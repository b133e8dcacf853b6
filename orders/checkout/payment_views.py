"""From an order to its payment, and what a shopper can do where that did not work."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from carts.views import SeeOther, ShopRequest
from orders.checkout import paying
from orders.checkout.visit import site_url
from orders.lifecycle import NotPending
from orders.models import Order
from orders.payment.errors import AlreadyPaid, PaymentError
from orders.queries import order_by_token
from sessionsync.goods import SessionGone
from shop.audit.actors import actor_of
from shop.stock.services import OutOfStock


def lead_on(request: ShopRequest, order: Order) -> HttpResponse:
    """Send a shopper on from an order: to pay for it, if that is what it waits for.

    Else to its page, which also says what to do if the payment cannot begin.
    """
    address = ""
    if order.status == Order.Status.PENDING:
        try:
            address = paying.begin(order, by=actor_of(request), site_url=site_url(request))
        except AlreadyPaid:
            pass
        except PaymentError as error:
            messages.error(request, error.sentence)
    return SeeOther(address or reverse("orders:order", args=[order.token]))


@never_cache
@require_POST
def pay(request: ShopRequest, token: str) -> HttpResponse:
    """Pay an order that waits for it: once more, or another way (`payment_method`)."""
    order = _order(token)
    method = request.POST.get("payment_method") or order.payment_method
    address = ""
    try:
        address = paying.pay(order, method, by=actor_of(request), site_url=site_url(request))
    except PaymentError as error:
        messages.error(request, error.sentence)
    except OutOfStock:
        messages.error(
            request,
            _(
                "The time to pay was over, and something of your order is sold out by now. You can "
                "go back to your cart and order the rest."
            ),
        )
    return SeeOther(address or reverse("orders:order", args=[token]))


@never_cache
@require_POST
def abandon(request: ShopRequest, token: str) -> HttpResponse:
    """Back to the cart, with all that was ordered; the order is cancelled."""
    order = _order(token)
    if request.session.session_key is None:
        request.session.create()
    try:
        paying.leave(order, by=actor_of(request), holder=request.session.session_key)
    except PaymentError as error:
        messages.error(request, error.sentence)
    except NotPending:
        messages.info(request, _("This order does not wait for a payment any more."))
    except SessionGone:
        messages.error(
            request,
            _("Your visit had ended meanwhile, for example by logging out. Please try again."),
        )
    else:
        messages.success(request, _("Your order is cancelled. Everything is in your cart again."))
        return SeeOther(reverse("carts:cart"))
    return SeeOther(reverse("orders:order", args=[token]))


def _order(token: str) -> Order:
    order = order_by_token(token)
    if order is None:
        raise Http404
    return order
