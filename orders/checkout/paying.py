"""From an order to its payment: the first time, once more, another way, or back to the cart.

Nothing here runs inside a transaction that speaks to a gateway (`orders.payment.services`).
"""

from contextlib import suppress
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from carts.holders import Holder
from orders import lifecycle, mails
from orders.checkout.instructions import instructions_for
from orders.checkout.services import TIME_TO_PAY
from orders.lifecycle import NotPending
from orders.models import Order
from orders.payment import services as payments
from orders.payment.addresses import SiteUrls
from orders.payment.errors import GatewayError, NotPayable
from orders.payment.gateways import offered_gateway
from orders.payment.moves import OPEN, Status
from orders.payment.port import Event, Seen
from shop.audit.actors import Actor

LONGEST_HOLD: Final = timedelta(hours=3)
"""How long after it was placed an order's goods are held at most, however often it is tried."""


class TimeIsOver(NotPayable):
    """The goods were held for this order as long as they are for any."""

    @property
    def sentence(self) -> str:
        """What to tell the shopper."""
        return _("The time to pay for this order is over.")


def begin(order: Order, *, by: Actor, site_url: str) -> str:
    """Begin to pay an order that waits for it; where to send the shopper, "" for nowhere.

    Pressed twice, it leads to the same payment. Raises orders.payment's PaymentError.
    """
    return payments.begin(order, by=by, urls=SiteUrls(site_url)).redirect_url


def pay(order: Order, method: str, *, by: Actor, site_url: str) -> str:
    """Pay an order that waits for it, by this method; where to send the shopper, "" for nowhere.

    method: its slug; another one than before is welcome. Raises orders.payment's PaymentError
    (TimeIsOver among them), or shop.stock's OutOfStock.
    """
    port = offered_gateway(method)
    try:
        _refuse_unless_pending(order)
        if not port.redirects:
            _call_off(order, by=by)
            with transaction.atomic():
                accepted = lifecycle.pay_later(order, method, by=by)
                begin(accepted, by=by, site_url=site_url)
                mails.queue_order_placed(accepted, instructions_for(accepted))
            return ""
        now = timezone.now()
        until = min(now + TIME_TO_PAY, order.placed_at + LONGEST_HOLD)
        if until <= now:
            raise TimeIsOver(order.number)
        waiting = lifecycle.pay_again(order, method, until=until, by=by)
    except NotPending as refusal:
        raise NotPayable(str(refusal)) from refusal
    return begin(waiting, by=by, site_url=site_url)


def leave(order: Order, *, by: Actor, holder: Holder | None) -> None:
    """Call an unpaid order off and go back to the cart.

    holder: whose cart the goods go into. Raises orders.payment's AlreadyPaid or StillDeciding,
    NotPending, or sessionsync's SessionGone. A gateway that does not answer holds nobody back:
    money that comes nevertheless is paid back.
    """
    _refuse_unless_pending(order)
    with suppress(GatewayError):
        payments.call_off(order, by=by)
    lifecycle.abandon(order, by=by, holder=holder)


def _call_off(order: Order, *, by: Actor) -> None:
    """See to it that no open payment is in the way of another one.

    One whose gateway does not answer is given up unheard: if it is paid after all, the gateway
    says so, and the money goes back. Raises orders.payment's AlreadyPaid, StillDeciding.
    """
    try:
        payments.call_off(order, by=by)
    except GatewayError:
        for payment in order.payments.filter(status__in=OPEN):
            given_up = Event(
                gateway=payment.gateway,
                id=f"{payment.key}:given up",
                kind="given up unheard",
                seen=Seen(Status.CANCELLED),
                payment_key=payment.key,
            )
            payments.handle(given_up, by=by)


def _refuse_unless_pending(order: Order) -> None:
    """Call nothing off that nobody may call off: `lifecycle` looks again, under its lock."""
    if not Order.objects.filter(pk=order.pk, status=Order.Status.PENDING).exists():
        raise NotPending(order.number)
