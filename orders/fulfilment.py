"""Sending what was ordered: parcels, their tracking, and taking one back that was never sent.

Each function is one transaction; it locks the order first, then its lines, and writes its step into
the order's audit trail.
"""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders import invoices, lifecycle, mails
from orders.carriers import tracking_address
from orders.lines import follow_lines, locked_lines, refuse_more_than_unsent
from orders.models import Fulfilment, FulfilmentLine, Order, OrderLine, Return
from orders.webhooks import services as webhooks
from orders.webhooks.models import Event
from shop.audit import trail
from shop.audit.actors import Actor

Sent = Order.FulfilmentStatus


class FulfilmentError(Exception):
    """A step that was refused; nothing has changed. The message is a sentence for staff."""


class NotToBeSent(FulfilmentError):
    """The order waits for its payment, is cancelled, came back, or its money went back."""


class NothingToSend(FulfilmentError):
    """No quantity was given, or nothing is left to be sent."""


class UnknownLine(FulfilmentError):
    """A line that is not of this order."""


class MoreThanOrdered(FulfilmentError):
    """More of a line than is left to be sent."""


class BadTrackingAddress(FulfilmentError):
    """No address of the web."""


class AlreadyCancelled(FulfilmentError):
    """The parcel is cancelled."""


class ComingBack(FulfilmentError):
    """Some of what was in the parcel has come back, or is announced to: so it was sent."""


@transaction.atomic
def fulfil(
    order: Order,
    quantities: Mapping[int, int] | None = None,
    *,
    by: Actor,
    carrier: str = "",
    tracking_number: str = "",
    tracking_url: str = "",
) -> Fulfilment:
    """Send a parcel: so many of each line (id: quantity); None: all that is left.

    carrier: its name; for those of `orders.carriers` the tracking address is known, for others it
    can be given. The shopper gets a mail, with the invoice if it was not mailed before: the first
    parcel issues it where the payment has not.

    Raises NotToBeSent, NothingToSend, UnknownLine, MoreThanOrdered, BadTrackingAddress.
    """
    now = lifecycle.lock(order)
    _refuse_unless_to_be_sent(now)
    address = _checked(tracking_url) or tracking_address(carrier, tracking_number)
    lines = locked_lines(now)
    wanted = _wanted(lines, quantities)
    for line in lines.values():
        line.fulfilled_quantity += wanted.get(line.pk, 0)
    OrderLine.objects.bulk_update([lines[pk] for pk in wanted], ["fulfilled_quantity"])
    parcel = Fulfilment.objects.create(
        order=now,
        carrier=carrier.strip(),
        tracking_number=tracking_number.strip(),
        tracking_url=address,
    )
    FulfilmentLine.objects.bulk_create(
        FulfilmentLine(fulfilment=parcel, line=lines[pk], quantity=quantity)
        for pk, quantity in wanted.items()
    )
    follow_lines(now, lines)
    trail.record(
        now.trail,
        "order.fulfilled",
        by,
        fulfilment=parcel.pk,
        lines={str(pk): quantity for pk, quantity in wanted.items()},
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        status=now.fulfilment_status,
    )
    webhooks.announce(now, Event.FULFILLED)
    invoices.issue(now, by=by)
    mails.queue_shipped(parcel, is_last=now.fulfilment_status == Sent.FULFILLED)
    return parcel


@transaction.atomic
def set_tracking(
    parcel: Fulfilment,
    *,
    by: Actor,
    carrier: str,
    tracking_number: str,
    tracking_url: str = "",
) -> Fulfilment:
    """Say with whom a parcel travels, and under what number, when that is known later or changes.

    The order's page shows it; no mail is written. Raises AlreadyCancelled, BadTrackingAddress.
    """
    order = lifecycle.lock(parcel.order)
    now = _locked_parcel(parcel)
    now.carrier = carrier.strip()
    now.tracking_number = tracking_number.strip()
    now.tracking_url = _checked(tracking_url) or tracking_address(carrier, tracking_number)
    now.save(update_fields=["carrier", "tracking_number", "tracking_url"])
    trail.record(
        order.trail,
        "order.tracking_changed",
        by,
        fulfilment=now.pk,
        carrier=now.carrier,
        tracking_number=now.tracking_number,
    )
    return now


@transaction.atomic
def cancel_fulfilment(parcel: Fulfilment, *, by: Actor, why: str = "") -> Order:
    """A parcel was never handed over: what is in it is still to be sent. Returns the order.

    why: for the audit trail. Raises AlreadyCancelled, ComingBack.
    """
    order = lifecycle.lock(parcel.order)
    now = _locked_parcel(parcel)
    lines = locked_lines(order)
    coming = _announced(order)
    held = list(now.lines.all())
    for each in held:
        line = lines[each.line_id]
        line.fulfilled_quantity -= each.quantity
        if line.fulfilled_quantity < line.returned_quantity + coming.get(line.pk, 0):
            raise ComingBack(_("Some of it has come back or is on its way back, so it was sent."))
    OrderLine.objects.bulk_update([lines[each.line_id] for each in held], ["fulfilled_quantity"])
    now.cancelled_at = timezone.now()
    now.save(update_fields=["cancelled_at"])
    follow_lines(order, lines)
    trail.record(
        order.trail,
        "order.fulfilment_cancelled",
        by,
        fulfilment=now.pk,
        lines={str(each.line_id): each.quantity for each in held},
        why=why,
        status=order.fulfilment_status,
    )
    return order


def _refuse_unless_to_be_sent(order: Order) -> None:
    if order.status != Order.Status.PLACED:
        raise NotToBeSent(
            _("This order is not to be sent: it is “%(status)s”.")
            % {"status": order.get_status_display()}
        )
    # What is left may have cost nothing, and the money is back for what was cancelled.
    if order.payment_status == Order.PaymentStatus.REFUNDED and order.remaining_total:
        raise NotToBeSent(_("This order is not to be sent: all of its money went back."))


def _checked(address: str) -> str:
    """An address that a shopper may be sent to. Raises BadTrackingAddress."""
    address = address.strip()
    try:
        if address:
            URLValidator(schemes=["https", "http"])(address)
    except ValidationError:
        raise BadTrackingAddress(
            _("This is no address of the web: it begins with https:// or http://.")
        ) from None
    return address


def _locked_parcel(parcel: Fulfilment) -> Fulfilment:
    """Raises AlreadyCancelled."""
    now = Fulfilment.objects.select_for_update().get(pk=parcel.pk)
    if now.cancelled_at:
        raise AlreadyCancelled(_("This parcel is cancelled already."))
    return now


def _wanted(lines: Mapping[int, OrderLine], quantities: Mapping[int, int] | None) -> dict[int, int]:
    """What goes into the parcel. Raises NothingToSend, UnknownLine, MoreThanOrdered."""
    if quantities is None:
        quantities = {line.pk: line.unfulfilled_quantity for line in lines.values()}
    wanted = {pk: quantity for pk, quantity in quantities.items() if quantity}
    if not wanted:
        raise NothingToSend(_("Nothing was chosen to be sent."))
    refuse_more_than_unsent(lines, wanted, unknown=UnknownLine, too_many=MoreThanOrdered)
    return wanted


def _announced(order: Order) -> dict[int, int]:
    """How many of each line (id) are announced to come back and have not yet."""
    coming: dict[int, int] = {}
    for back in order.returns.filter(status=Return.Status.REQUESTED).prefetch_related("lines"):
        for line in back.lines.all():
            coming[line.line_id] = coming.get(line.line_id, 0) + line.quantity
    return coming
