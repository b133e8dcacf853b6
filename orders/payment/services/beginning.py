"""A payment begins: one open at a time for an order, however often the button is pressed."""

from datetime import timedelta
from typing import Final, Protocol

from django.db import IntegrityError, transaction
from django.utils import timezone

from orders import lifecycle
from orders.models import Order
from orders.payment.errors import (
    AlreadyPaid,
    GatewayNonsense,
    GatewayRefused,
    NotPayable,
    StillDeciding,
)
from orders.payment.gateways import offered_gateway
from orders.payment.models import Payment
from orders.payment.moves import OPEN, Status, after
from orders.payment.port import Gateway, Seen, Started
from orders.payment.services.asking import ask, close, raise_if_paid
from orders.payment.services.settling import handle, seen_event
from shop.audit import trail
from shop.audit.actors import Actor

RETRY: Final = timedelta(minutes=10)
"""How long a payment that the gateway did not answer is begun again in place of a new one."""

PAYABLE: Final = frozenset({Order.Status.PENDING, Order.Status.PLACED})


class ReturnUrls(Protocol):
    """Where a shopper comes back to; `orders.payment.addresses.SiteUrls` is one."""

    @property
    def site_url(self) -> str:
        """Scheme, host and port of the site they are on."""

    def back(self, payment: Payment) -> str:
        """After an answer of the gateway."""

    def left(self, payment: Payment) -> str:
        """Without one."""


def begin(order: Order, *, by: Actor, urls: ReturnUrls) -> Started:
    """Begin to pay an order by its `payment_method`; where to send the shopper, if anywhere.

    To be called once the order is committed. Pressed twice, it leads to the same payment. An open
    payment by another way is called off first. An order that costs nothing is paid by that.

    Raises NoSuchGateway; NotPayable, AlreadyPaid, StillDeciding; GatewayError, after which the
    same call may be made again.
    """
    port = offered_gateway(order.payment_method)
    if not order.payable:
        lifecycle.mark_paid(order, order.payable, by=by)
        return Started()
    payment = _open(order, port, by, urls.site_url)
    if not _can_go_on(payment, order, port, by, urls.site_url):
        payment = _open(order, port, by, urls.site_url)
        if not _can_go_on(payment, order, port, by, urls.site_url):
            raise StillDeciding(f"payment {payment.pk} was begun meanwhile")
    if payment.status == Status.CREATED:
        return _start(payment, port, by, urls)
    return Started(payment.redirect_url, payment.reference)


def _open(order: Order, port: Gateway, by: Actor, site_url: str) -> Payment:
    """The order's open payment, whatever it is; a new one where there is none."""
    with transaction.atomic(durable=port.redirects):
        now = lifecycle.lock(order)
        if now.payment_status in {*lifecycle.MONEY_CAME, Order.PaymentStatus.AUTHORIZED}:
            raise AlreadyPaid(now.number)
        if now.status not in PAYABLE:
            raise NotPayable(f"{now.number} is {now.status}")
        payment = now.payments.filter(status__in=OPEN).select_related("order").first()
        if payment is None:
            payment = Payment.objects.create(
                order=now,
                gateway=port.slug,
                amount=now.payable,
                currency=now.currency,
                site_url=site_url,
            )
            trail.record(
                now.trail,
                "payment.begun",
                by,
                payment=payment.pk,
                gateway=port.slug,
                amount=str(now.payable),
                currency=now.currency,
            )
        return payment


def _can_go_on(payment: Payment, order: Order, port: Gateway, by: Actor, site_url: str) -> bool:
    """Whether the open payment is the one that is meant now. If not, it is out of the way."""
    meant = (port.slug, order.payable, order.currency)
    if (payment.gateway, payment.amount, payment.currency) == meant:
        if payment.status == Status.CREATED:
            fresh = payment.created_at > timezone.now() - RETRY
            # A key goes with one question: with other addresses it would be another.
            if fresh and payment.site_url == site_url:
                return True
        elif not port.redirects:
            return True
        else:
            # Its page may have closed meanwhile, or they have paid in another tab.
            raise_if_paid(ask(payment, by=by))
            return payment.is_open
    close(payment, by=by)
    return False


def _start(payment: Payment, port: Gateway, by: Actor, urls: ReturnUrls) -> Started:
    """Tell the gateway. Two at once tell it of the same payment, by the same key."""
    try:
        started = port.start(payment, return_url=urls.back(payment), cancel_url=urls.left(payment))
    except GatewayRefused as error:
        handle(seen_event(payment, Seen(Status.FAILED), f"refused: {error}"), by=by)
        raise
    try:
        with transaction.atomic(durable=port.redirects):
            lifecycle.lock(payment.order)
            now = Payment.objects.select_for_update().get(pk=payment.pk)
            now.reference = now.reference or started.reference
            now.redirect_url = started.redirect_url
            now.status = after(now.status, Status.PENDING)
            now.save(update_fields=["reference", "redirect_url", "status", "changed_at"])
    except IntegrityError as error:
        raise GatewayNonsense("it gave this payment the name of another") from error
    return started
