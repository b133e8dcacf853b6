"""Items of an accepted order that will not be sent: cancelled singly, while the rest of it stands.

What is worth what is `orders.returns`' to say, since both undo a part of the same sale. The
delivery charge stays while anything is sent; an order of which nothing is to be sent is cancelled
as a whole (`lifecycle.cancel`). Paying back speaks to a gateway, so it comes after the cancellation
is written down, and can be repeated.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from orders import invoices, lifecycle, mails, returns
from orders.checkout.instructions import instructions_for
from orders.lines import follow_lines, is_undone, locked_lines, refuse_more_than_unsent
from orders.models import Cancellation, CancellationLine, Order, OrderLine
from orders.payment import services as payments
from orders.payment.models import Refund
from orders.payment.port import Instruction
from orders.shares import ZERO
from orders.webhooks import services as webhooks
from orders.webhooks.models import Event
from shop.audit import trail
from shop.audit.actors import Actor
from shop.stock import services as stock


class CancellingError(Exception):
    """A step that was refused; nothing has changed. The message is a sentence for staff."""


class NotToBeSent(CancellingError):
    """The order waits for its payment, is cancelled, or all of it was sent."""


class NothingChosen(CancellingError):
    """No quantity was given."""


class UnknownLine(CancellingError):
    """A line that is not of this order."""


class MoreThanLeft(CancellingError):
    """More of a line than is left to be sent."""


class WholeOrder(CancellingError):
    """Nothing of the order would be sent at all: that is to cancel it."""


class CannotRestock(CancellingError):
    """The ledger does not know that it was sold."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What cancelling some items comes to, in the order's currency.

    amount: what they were sold for. refund: what goes back of it. waived: what needs not be paid,
    where nothing is paid yet; `due` is left to be paid then.
    """

    amount: Decimal
    refund: Decimal
    waived: Decimal
    due: Decimal


def terms(order: Order, quantities: Mapping[int, int]) -> Terms:
    """What it would come to, to show before it is done. At most four queries.

    quantities: how many of each line (id). Raises NotToBeSent, NothingChosen, UnknownLine,
    MoreThanLeft, WholeOrder.
    """
    lines = {line.pk: line for line in order.lines.all()}
    return _terms(order, lines, _parts(order, lines, quantities))


@transaction.atomic
def cancel_lines(
    order: Order,
    quantities: Mapping[int, int],
    *,
    by: Actor,
    key: str,
    reason: str,
    restock: bool = True,
) -> Cancellation:
    """So many of each line (id: quantity) will not be sent; the shopper gets a mail.

    key: names this cancellation, up to 80 characters; the same key is the same one, also when two
    ask at once. reason: one of `Cancellation.Reason`. restock: whether they are for sale again; not
    if they are broken or missing. What was paid for them is promised to go back, and `pay_back` is
    the next step; what was not paid yet needs not be paid.

    Raises NotToBeSent, NothingChosen, UnknownLine, MoreThanLeft, WholeOrder, CannotRestock.
    """
    now = lifecycle.lock(order)
    known = now.cancellations.filter(key=key).first()
    if known is not None:
        return known
    lines = locked_lines(now)
    parts = _parts(now, lines, quantities)
    found = _terms(now, lines, parts)
    made = Cancellation.objects.create(
        order=now,
        key=key,
        reason=reason,
        restocked=restock,
        amount=found.amount,
        refund_amount=found.refund,
    )
    for each in parts:
        each.cancellation = made
    CancellationLine.objects.bulk_create(parts)
    OrderLine.objects.bulk_update([each.line for each in parts], ["cancelled_quantity"])
    now.cancelled_total += found.amount
    now.waived_total += found.waived
    now.save(update_fields=["cancelled_total", "waived_total"])
    follow_lines(now, lines)
    trail.record(
        now.trail,
        "order.lines_cancelled",
        by,
        cancellation=made.pk,
        lines={str(each.line_id): each.quantity for each in parts},
        why=reason,
        restocked=restock,
        amount=str(found.amount),
        refund=str(found.refund),
        status=now.fulfilment_status,
    )
    if found.refund:
        payments.promise(now, found.refund, by=by, key=made.refund_key, reason=_("Cancelled"))
    _put_back(now, parts, by, reason, restock=restock)
    webhooks.announce(now, Event.LINES_CANCELLED)
    instructions: list[Instruction] = []
    if found.waived:
        instructions = instructions_for(now) if found.due else []
        invoices.credit_up_to(now, now.refunded_total, by=by, cancelled=made)
        if not found.due:
            # What costs nothing is paid by that.
            now = lifecycle.mark_paid(now, ZERO, by=by)
    mails.queue_lines_cancelled(made, waived=found.waived, due=found.due, instructions=instructions)
    return made


def pay_back(made: Cancellation, *, by: Actor) -> Refund | None:
    """Pay back what cancelled items are worth; None where that is nothing. Safe to repeat.

    Where nothing is to be paid for the order any more, its open payments are called off. Not to be
    called inside a transaction: it speaks to a gateway. Raises what `refund` of
    `orders.payment.services` raises; after a GatewayError the same call may be made again.
    """
    if made.refund_amount:
        return payments.refund(
            made.order, made.refund_amount, by=by, key=made.refund_key, reason=_("Cancelled")
        )
    order = Order.objects.get(pk=made.order_id)
    if not order.payable:
        payments.give_back(order, by=by)
    return None


def _parts(
    order: Order, lines: Mapping[int, OrderLine], quantities: Mapping[int, int]
) -> list[CancellationLine]:
    """What is cancelled and what it is worth, with the lines counted on; nothing is written.

    Raises NotToBeSent, NothingChosen, UnknownLine, MoreThanLeft, WholeOrder.
    """
    if order.status != Order.Status.PLACED:
        raise NotToBeSent(
            _("Nothing of this order is to be sent: it is “%(status)s”.")
            % {"status": order.get_status_display()}
        )
    wanted = {pk: quantity for pk, quantity in sorted(quantities.items()) if quantity}
    if not wanted:
        raise NothingChosen(_("Please say how many of which items will not be sent."))
    refuse_more_than_unsent(lines, wanted, unknown=UnknownLine, too_many=MoreThanLeft)
    parts = []
    for pk, quantity in wanted.items():
        line = lines[pk]
        amount, tax = returns.sold_for(order, line, quantity)
        parts.append(CancellationLine(line=line, quantity=quantity, amount=amount, tax=tax))
        line.cancelled_quantity += quantity
    if not any(line.unfulfilled_quantity + line.fulfilled_quantity for line in lines.values()):
        raise WholeOrder(
            _(
                "Nothing of the order would be sent. Please cancel the order instead: then the "
                "delivery charge goes back, too."
            )
        )
    return parts


def _terms(order: Order, lines: Mapping[int, OrderLine], parts: list[CancellationLine]) -> Terms:
    """What the parts come to; if all that was sent has come back, what is left of the order."""
    undone = is_undone(lines.values())
    amount = returns.left_of(order) if undone else sum((each.amount for each in parts), ZERO)
    if order.payment_status in lifecycle.MONEY_CAME:
        return Terms(amount, min(amount, payments.refundable(order)), ZERO, ZERO)
    return Terms(amount, ZERO, amount, order.payable - amount)


def _put_back(
    order: Order, parts: list[CancellationLine], by: Actor, reason: str, *, restock: bool
) -> None:
    """Take the items off what was sold. Raises CannotRestock."""
    quantities: dict[int, int] = {}
    for each in parts:
        if variant := each.line.variant_id:
            quantities[variant] = quantities.get(variant, 0) + each.quantity
    try:
        stock.put_back(
            order.token, quantities, by=by, reason=reason, kind="cancelled", for_sale=restock
        )
    except (stock.NotReserved, stock.NotSold) as error:
        if restock:
            raise CannotRestock(
                _(
                    "The stock ledger does not know that this was sold. Please say that it is not "
                    "for sale again, and correct the stock by hand."
                )
            ) from error
