"""What staff do with an order: each with its permission, its form, and a word on what will happen.

A deed is carried out by the same services as everything else; this table only says which there are
and when they make sense. `orders.staff.pages` asks for confirmation, checks, and writes it down.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders import cancelling, fulfilment, lifecycle, returns
from orders.cancelling import CancellingError
from orders.fulfilment import FulfilmentError
from orders.lifecycle import LifecycleError
from orders.models import Order
from orders.payment import services as payments
from orders.payment.errors import PaymentError
from orders.payment.gateways import gateway
from orders.payment.moves import Status as PaymentState
from orders.returns import ReturnError
from orders.staff.forms import (
    CancelForm,
    CancelLinesForm,
    DeedForm,
    FulfilForm,
    ReceiveForm,
    RefundForm,
    RefuseForm,
    open_return,
    quantities_of,
)
from orders.states import MoveRefused
from shop.audit.actors import Actor
from shop.catalogue.money import format_money

Status = Order.Status
Paid = Order.PaymentStatus

REFUSALS = (
    LifecycleError,
    FulfilmentError,
    CancellingError,
    ReturnError,
    PaymentError,
    MoveRefused,
)
"""What a deed may be refused with; nothing has changed then."""


def sentence(refusal: Exception) -> str:
    """Why not, for staff."""
    match refusal:
        case PaymentError():
            return f"{refusal.sentence} ({refusal})"
        case lifecycle.AlreadySent():
            return _("Something of it was sent already: it cannot be cancelled, only come back.")
        case LifecycleError() | MoveRefused():
            return _("The order has moved on meanwhile: please look at it again.")
    return str(refusal)


@dataclass(frozen=True)
class Deed:
    """One thing that staff can do with an order.

    permission: of `orders`. makes_sense: whether it can be done with the order as it is now. told:
    what will happen, before it does. carry_out: does it with what the form says, and returns what
    to tell whoever did it. danger: it cannot be taken back.
    """

    slug: str
    label: Any
    permission: str
    makes_sense: Callable[[Order], bool]
    told: Callable[[Order], str]
    carry_out: Callable[[Order, Any, Actor], str]
    form: type[DeedForm] = DeedForm
    danger: bool = False


def _to_capture(order: Order) -> bool:
    return order.payment_status == Paid.AUTHORIZED


def _capture(order: Order, form: DeedForm, by: Actor) -> str:
    for payment in order.payments.filter(status=PaymentState.AUTHORIZED):
        payments.capture(payment, by=by)
    return _("The money was collected.")


def _by_hand(order: Order) -> bool:
    waits = order.payment_status in {Paid.AWAITING, Paid.FAILED}
    return waits and order.status != Status.CANCELLED and gateway(order.payment_method).by_hand


def _received(order: Order, form: DeedForm, by: Actor) -> str:
    payments.mark_received(order, by=by)
    return _("The order is marked as paid.")


def _fulfil(order: Order, form: FulfilForm, by: Actor) -> str:
    wanted = {pk: quantity for pk, quantity in form.quantities().items() if quantity}
    fulfilment.fulfil(
        order,
        wanted,
        by=by,
        **{
            name: form.cleaned_data[name] for name in ("carrier", "tracking_number", "tracking_url")
        },
    )
    return _("The parcel is on its way; the shopper gets a mail.")


def _refund(order: Order, form: RefundForm, by: Actor) -> str:
    data = form.cleaned_data
    payments.refund(order, data["amount"], by=by, key=data["key"], reason=data["reason"])
    return _("%(amount)s were paid back.") % {"amount": format_money(data["amount"])}


def _cancel(order: Order, form: CancelForm, by: Actor) -> str:
    now = lifecycle.cancel(order, by=by, why=form.cleaned_data["why"])
    payments.give_back(now, by=by, reason=_("Cancelled"))
    return _("The order is cancelled, its goods are for sale again; the shopper gets a mail.")


def _cancel_lines(order: Order, form: CancelLinesForm, by: Actor) -> str:
    made = form.done
    if made is None:
        data = form.cleaned_data
        made = cancelling.cancel_lines(
            order,
            form.quantities(),
            by=by,
            key=data["key"],
            reason=data["reason"],
            restock=data["restock"],
        )
    cancelling.pay_back(made, by=by)
    return _("The items are cancelled; the shopper gets a mail.")


def _receive(order: Order, form: ReceiveForm, by: Actor) -> str:
    if form.back is None:
        raise returns.AlreadyClosed(_("There is no return to receive."))
    data = form.cleaned_data
    back = returns.receive(
        form.back,
        by=by,
        received=quantities_of(data, "came_"),
        restock=quantities_of(data, "restock_"),
        refund=data["refund"],
        note=data["note"],
    )
    returns.pay_back(back, by=by)
    return _("The return is received; the shopper gets a mail.")


def _refuse(order: Order, form: RefuseForm, by: Actor) -> str:
    back = open_return(order)
    if back is None:
        raise returns.AlreadyClosed(_("There is no return to refuse."))
    returns.refuse(back, by=by, why=form.cleaned_data["why"])
    return _("The return is refused; the shopper gets a mail.")


def _may_be_sent(order: Order) -> bool:
    return order.status == Status.PLACED and order.fulfilment_status != "fulfilled"


def _may_be_cancelled(order: Order) -> bool:
    return order.status in {Status.PENDING, Status.PLACED} and (
        order.fulfilment_status == Order.FulfilmentStatus.UNFULFILLED
    )


def _may_be_cancelled_in_part(order: Order) -> bool:
    """Whether something is to be sent, and something is left if that is not."""
    lines = order.lines.all()
    to_send = sum(line.unfulfilled_quantity for line in lines)
    was_sent = any(line.fulfilled_quantity for line in lines)
    return order.status == Status.PLACED and to_send > (0 if was_sent else 1)


DEEDS: tuple[Deed, ...] = (
    Deed(
        "received",
        gettext_lazy("Mark as paid"),
        "orders.capture_payment",
        _by_hand,
        lambda order: (
            _("%(total)s have come, at the door or by transfer. The shopper gets a mail.")
            % {"total": format_money(order.payable)}
        ),
        _received,
    ),
    Deed(
        "capture",
        gettext_lazy("Collect the payment"),
        "orders.capture_payment",
        _to_capture,
        lambda order: (
            _("%(total)s are collected from the shopper’s account.")
            % {"total": format_money(order.payable)}
        ),
        _capture,
    ),
    Deed(
        "fulfil",
        gettext_lazy("Send a parcel"),
        "orders.fulfil_order",
        _may_be_sent,
        lambda order: _("Say what is in the parcel. The shopper gets a mail with the tracking."),
        _fulfil,
        FulfilForm,
    ),
    Deed(
        "refund",
        gettext_lazy("Pay back"),
        "orders.refund_order",
        lambda order: order.payment_status in {Paid.PAID, Paid.PARTIALLY_REFUNDED},
        lambda order: (
            _("At most %(left)s can be paid back. The shopper gets a mail.")
            % {"left": format_money(payments.refundable(order))}
        ),
        _refund,
        RefundForm,
        danger=True,
    ),
    Deed(
        "cancel-lines",
        gettext_lazy("Cancel items"),
        "orders.cancel_order",
        _may_be_cancelled_in_part,
        lambda order: _(
            "Say what will not be sent; the rest of the order stands. What was paid for it goes "
            "back, without the delivery charge. The shopper gets a mail."
        ),
        _cancel_lines,
        CancelLinesForm,
        danger=True,
    ),
    Deed(
        "cancel",
        gettext_lazy("Cancel the order"),
        "orders.cancel_order",
        _may_be_cancelled,
        lambda order: _(
            "Nothing is sent, the goods are for sale again, and what was paid goes back. The "
            "shopper gets a mail."
        ),
        _cancel,
        CancelForm,
        danger=True,
    ),
    Deed(
        "receive",
        gettext_lazy("Receive the return"),
        "orders.receive_return",
        lambda order: open_return(order) is not None,
        lambda order: _("Say what came back, what goes on sale again, and what is paid back."),
        _receive,
        ReceiveForm,
    ),
    Deed(
        "refuse",
        gettext_lazy("Refuse the return"),
        "orders.receive_return",
        lambda order: open_return(order) is not None,
        lambda order: _(
            "Nothing is taken back or paid back. The shopper gets a mail that says why."
        ),
        _refuse,
        RefuseForm,
    ),
)
