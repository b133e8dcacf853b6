"""Goods that come back: announced by the shopper, received or refused by staff, and paid back.

Each function but `pay_back` is one transaction; it locks the order first, and writes its step into
the order's audit trail. Paying back speaks to a gateway, so it comes after the return is written
down, and can be repeated.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from orders import lifecycle, mails
from orders.lines import follow_lines, is_undone, locked_lines
from orders.models import Order, OrderLine, Return, ReturnLine
from orders.payment import services as payments
from orders.payment.models import Refund
from orders.shares import ZERO, next_share
from orders.webhooks import services as webhooks
from orders.webhooks.models import Event
from shop.audit import trail
from shop.audit.actors import Actor
from shop.catalogue.money import format_money
from shop.stock import services as stock

Status = Return.Status
LONGEST_TEXT = 200
"""Characters of a shopper's reason."""


class ReturnError(Exception):
    """A step that was refused; nothing has changed. The message is a sentence for who asked."""


class NotSentYet(ReturnError):
    """Nothing of the order has been sent, or it is cancelled, or all of it has come back."""


class TooLate(ReturnError):
    """The time in which something may come back is over."""


class NothingChosen(ReturnError):
    """No quantity was given."""


class UnknownLine(ReturnError):
    """A line that is not of this order or return."""


class MoreThanSent(ReturnError):
    """More of a line than was sent and neither came back nor is announced."""


class AlreadyClosed(ReturnError):
    """The return is received or refused."""


class CannotRestock(ReturnError):
    """More would go back on sale than came, or the ledger does not know that it was sold."""


class TooMuch(ReturnError):
    """More would go back than was paid and has not gone back yet."""


class NotReceived(ReturnError):
    """It has not come back, so nothing is paid for it."""


def end_of_time(sent: Iterable[datetime]) -> datetime | None:
    """Until when a return may be announced of parcels that were sent then; None without any."""
    last = max(sent, default=None)
    return last + timedelta(days=settings.RETURN_DAYS) if last else None


def left_to_announce(
    order: Order, backs: Iterable[Return], until: datetime | None
) -> dict[int, int]:
    """How many of each line (id) the shopper may still announce; nothing once it is too late.

    backs: the order's returns, with their lines. until: see `end_of_time`.
    """
    if until is None or timezone.now() > until or order.status == Order.Status.CANCELLED:
        return {}
    left = {line.pk: line.fulfilled_quantity - line.returned_quantity for line in order.lines.all()}
    for back in backs:
        for line in back.lines.all() if back.status == Status.REQUESTED else []:
            left[line.line_id] -= line.quantity
    return {pk: quantity for pk, quantity in left.items() if quantity > 0}


def returnable(order: Order) -> tuple[dict[int, int], datetime | None]:
    """How many of each line (id) the shopper may still announce, and until when. Four queries."""
    until = end_of_time(
        order.fulfilments.filter(cancelled_at=None).values_list("sent_at", flat=True)
    )
    return left_to_announce(order, order.returns.prefetch_related("lines"), until), until


@transaction.atomic
def announce(order: Order, quantities: Mapping[int, int], *, by: Actor, reason: str = "") -> Return:
    """The shopper wants to give back so many of each line (id: quantity); they get a mail.

    reason: in their words. Raises NotSentYet, TooLate, NothingChosen, UnknownLine, MoreThanSent.
    """
    now = lifecycle.lock(order)
    left, until = returnable(now)
    if until is None or now.status == Order.Status.CANCELLED:
        raise NotSentYet(_("Nothing of this order has been sent yet."))
    if timezone.now() > until:
        raise TooLate(
            _("Returns of this order could be announced until %(date)s.")
            % {"date": date_format(timezone.localtime(until), "DATE_FORMAT")}
        )
    lines = {line.pk: line for line in now.lines.all()}
    wanted = {pk: quantity for pk, quantity in quantities.items() if quantity}
    if not wanted:
        raise NothingChosen(_("Please say how many of which items you want to give back."))
    for pk, quantity in wanted.items():
        if pk not in lines:
            raise UnknownLine(_("This item is not of this order."))
        if not 0 < quantity <= left.get(pk, 0):
            raise MoreThanSent(
                _("Of “%(item)s” you can give back %(left)s.")
                % {"item": lines[pk].product_title, "left": left.get(pk, 0)}
            )
    back = Return.objects.create(order=now, reason=" ".join(reason.split())[:LONGEST_TEXT])
    ReturnLine.objects.bulk_create(
        ReturnLine(return_of=back, line=lines[pk], quantity=quantity)
        for pk, quantity in wanted.items()
    )
    trail.record(now.trail, "return.announced", by, **{"return": back.pk}, lines=_as_facts(wanted))
    mails.queue_return_announced(back)
    return back


@transaction.atomic
def refuse(back: Return, *, by: Actor, why: str) -> Return:
    """Staff do not take it back. why: for the shopper, who gets a mail. Raises AlreadyClosed."""
    order = lifecycle.lock(back.order)
    now = _locked(back)
    now.status = Status.REFUSED
    now.note = why.strip()
    now.save(update_fields=["status", "note"])
    trail.record(order.trail, "return.refused", by, **{"return": now.pk}, why=now.note)
    mails.queue_return_refused(now)
    return now


@transaction.atomic
def receive(
    back: Return,
    *,
    by: Actor,
    received: Mapping[int, int] | None = None,
    restock: Mapping[int, int] | None = None,
    refund: Decimal | None = None,
    note: str = "",
) -> Return:
    """The parcel has come back.

    received: how many of each line (id) were in it; None: what was announced. restock: how many of
    each go on sale again; None: all that are in the catalogue still. refund: what the shopper gets
    back; None: what it was sold for, with the delivery if nothing is left of the order (`worth`),
    as far as it is paid. note: for the shopper. To pay it back is the next step: `pay_back`.

    Raises AlreadyClosed, NothingChosen, UnknownLine, MoreThanSent, CannotRestock, TooMuch.
    """
    order = lifecycle.lock(back.order)
    now = _locked(back)
    lines = locked_lines(order)
    came = _came(now, received)
    _count(order, lines, came, restock)
    whole = is_undone(lines.values())
    left = payments.refundable(order)
    if refund is None:
        refund = min(_worth(order, came, whole=whole), left)
    elif not 0 <= refund <= left:
        raise TooMuch(_("At most %(left)s can be paid back.") % {"left": format_money(left)})
    now.status = Status.RECEIVED
    now.received_at = timezone.now()
    now.refund_amount = refund
    now.note = note.strip()
    now.save(update_fields=["status", "received_at", "refund_amount", "note"])
    _put_back(order, came, by)
    follow_lines(order, lines)
    trail.record(
        order.trail,
        "return.received",
        by,
        **{"return": now.pk},
        lines=_as_facts({each.line_id: each.quantity for each in came}),
        restocked=_as_facts({each.line_id: each.restocked for each in came}),
        refund=str(refund),
    )
    webhooks.announce(order, Event.RETURNED)
    mails.queue_return_received(now, refund)
    return now


def pay_back(back: Return, *, by: Actor) -> Refund | None:
    """Pay back what a received return is worth; None where that is nothing. Safe to repeat.

    Not to be called inside a transaction: it speaks to a gateway. Raises NotReceived, and what
    `orders.payment.services.refund` raises; after a GatewayError the same call may be made again.
    """
    if back.status != Status.RECEIVED:
        raise NotReceived(_("It has not come back yet."))
    if not back.refund_amount:
        return None
    return payments.refund(
        back.order,
        back.refund_amount,
        by=by,
        key=f"return:{back.order.token}:{back.pk}",
        reason=_("Return %(number)s") % {"number": back.pk},
    )


def worth(back: Return) -> Decimal:
    """What a return that is not closed would be paid back with, to show before it is received.

    Four queries.
    """
    order = back.order
    lines = {line.pk: line for line in order.lines.all()}
    came = list(back.lines.all())
    for each in came:
        each.line = lines[each.line_id]
        _value(order, each)
        each.line.returned_quantity += each.quantity
    whole = is_undone(lines.values())
    return min(_worth(order, came, whole=whole), payments.refundable(order))


def _locked(back: Return) -> Return:
    """Raises AlreadyClosed."""
    now = Return.objects.select_for_update(of=("self",)).select_related("order").get(pk=back.pk)
    if now.status != Status.REQUESTED:
        raise AlreadyClosed(
            _("This return is closed: it is “%(status)s”.") % {"status": now.get_status_display()}
        )
    return now


def _came(back: Return, received: Mapping[int, int] | None) -> list[ReturnLine]:
    """The return's lines as they came; those that did not come are dropped.

    Raises NothingChosen, UnknownLine, MoreThanSent.
    """
    came = list(back.lines.select_related("line").order_by("line_id"))
    if received is None:
        return came
    if set(received) - {each.line_id for each in came}:
        raise UnknownLine(_("This item is not of this return."))
    for each in came:
        quantity = received.get(each.line_id, 0)
        if not 0 <= quantity <= each.quantity:
            raise MoreThanSent(
                _("Of “%(item)s” %(left)s were announced.")
                % {"item": each.line.product_title, "left": each.quantity}
            )
        each.quantity = quantity
    missing = [each.pk for each in came if not each.quantity]
    if len(missing) == len(came):
        raise NothingChosen(_("If nothing came, there is nothing to receive."))
    back.lines.filter(pk__in=missing).delete()
    return [each for each in came if each.quantity]


def _count(
    order: Order,
    lines: Mapping[int, OrderLine],
    came: list[ReturnLine],
    restock: Mapping[int, int] | None,
) -> None:
    """Write what came and what it is worth. Raises UnknownLine, CannotRestock."""
    if restock is not None and set(restock) - {each.line_id for each in came}:
        raise UnknownLine(_("This item is not of this return."))
    for each in came:
        each.line = lines[each.line_id]
        most = each.quantity if each.line.variant_id else 0
        each.restocked = most if restock is None else restock.get(each.line_id, 0)
        if not 0 <= each.restocked <= most:
            raise CannotRestock(
                _("Of “%(item)s” %(count)s can go on sale again.")
                % {"item": each.line.product_title, "count": most}
            )
        _value(order, each)
        each.line.returned_quantity += each.quantity
    ReturnLine.objects.bulk_update(came, ["quantity", "restocked", "amount", "tax"])
    OrderLine.objects.bulk_update([each.line for each in came], ["returned_quantity"])


def _value(order: Order, each: ReturnLine) -> None:
    """What it was sold for, before it is counted as come back. With tax, included or not."""
    each.amount, each.tax = sold_for(order, each.line, each.quantity)


def sold_for(order: Order, line: OrderLine, quantity: int) -> tuple[Decimal, Decimal]:
    """What the next so many of a line were sold for with tax, and the tax in it.

    Next after those that came back or were cancelled: all of them together are worth the line.
    """
    part = (line.undone_quantity, quantity, line.quantity)
    tax = next_share(line.tax, *part)
    return next_share(line.total, *part) + (ZERO if order.tax_included else tax), tax


def left_of(order: Order) -> Decimal:
    """What an order comes to without what came back and what was cancelled. One query."""
    every = ReturnLine.objects.filter(return_of__order=order, return_of__status=Status.RECEIVED)
    return order.remaining_total - sum(every.values_list("amount", flat=True), ZERO)


def _worth(order: Order, came: list[ReturnLine], *, whole: bool) -> Decimal:
    """What was paid for it; of a whole order, what is left of all that was paid."""
    # All earlier returns together were worth their goods; the last brings the delivery along.
    return left_of(order) if whole else sum((each.amount for each in came), ZERO)


def _put_back(order: Order, came: list[ReturnLine], by: Actor) -> None:
    """Back on sale. Raises CannotRestock."""
    quantities: dict[int, int] = {}
    for each in came:
        variant = each.line.variant_id
        if variant and each.restocked:
            quantities[variant] = quantities.get(variant, 0) + each.restocked
    if not quantities:
        return
    try:
        stock.put_back(order.token, quantities, by=by, reason="returned", kind="returned")
    except (stock.NotReserved, stock.NotSold) as error:
        raise CannotRestock(
            _("The stock ledger does not know that this was sold: please correct it by hand.")
        ) from error


def _as_facts(quantities: Mapping[int, int]) -> dict[str, int]:
    return {str(pk): quantity for pk, quantity in quantities.items()}
