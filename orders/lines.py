"""An order's lines, locked, and the statuses that follow from them."""

from collections.abc import Collection, Mapping

from django.utils.translation import gettext as _

from orders.models import Order, OrderLine
from orders.states import moved

Sent = Order.FulfilmentStatus


def locked_lines(order: Order) -> dict[int, OrderLine]:
    """The lines by id, locked until the transaction ends. The order is locked before."""
    lines = OrderLine.objects.select_for_update().filter(order=order).order_by("pk")
    return {line.pk: line for line in lines}


def refuse_more_than_unsent(
    lines: Mapping[int, OrderLine],
    quantities: Mapping[int, int],
    *,
    unknown: type[Exception],
    too_many: type[Exception],
) -> None:
    """Refuse what is not of these lines (by id), or more of one than is left to be sent.

    Raises `unknown` or `too_many`, with a sentence for staff.
    """
    for pk, quantity in quantities.items():
        line = lines.get(pk)
        if line is None:
            raise unknown(_("This line is not of this order."))
        if not 0 < quantity <= line.unfulfilled_quantity:
            raise too_many(
                _("Of “%(item)s” %(left)s are left to be sent.")
                % {"item": line.product_title, "left": line.unfulfilled_quantity}
            )


def is_undone(lines: Collection[OrderLine]) -> bool:
    """Whether the shopper keeps and gets nothing: all of it came back or was cancelled."""
    return all(line.undone_quantity == line.quantity for line in lines)


def follow_lines(order: Order, lines: Mapping[int, OrderLine]) -> None:
    """Bring the statuses of a locked order to what its lines say."""
    if is_undone(lines.values()):
        sent, status = Sent.RETURNED, Order.Status.RETURNED
    elif not any(line.unfulfilled_quantity for line in lines.values()):
        sent, status = Sent.FULFILLED, Order.Status.FULFILLED
    else:
        some = any(line.fulfilled_quantity for line in lines.values())
        sent, status = Sent.PARTIAL if some else Sent.UNFULFILLED, Order.Status.PLACED
    order.fulfilment_status = moved("fulfilment_status", order.fulfilment_status, sent)
    order.status = moved("status", order.status, status)
    order.save(update_fields=["fulfilment_status", "status"])
