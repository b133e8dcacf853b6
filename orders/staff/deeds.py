"""What staff do with an order: each with its permission, its form, and a word on what will happen.

A deed is carried out by the same services as everything else; this table only says which there are
and when they make sense. `orders.staff.pages` asks for confirmation, checks, and writes it down.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
)

from orders import fulfilment, lifecycle, returns
from orders.fulfilment import FulfilmentError
from orders.lifecycle import LifecycleError
from orders.models import Order, Return
from orders.payment import services as payments
from orders.payment.errors import PaymentError
from orders.payment.gateways import gateway
from orders.payment.moves import Status as PaymentState
from orders.returns import ReturnError
from orders.states import MoveRefused
from shop.audit.actors import Actor
from shop.catalogue.money import format_money

Status = Order.Status
Paid = Order.PaymentStatus

REFUSALS = (LifecycleError, FulfilmentError, ReturnError, PaymentError, MoveRefused)
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


class DeedForm(forms.Form):
    """What staff say about a deed. order: whose it is."""

    def __init__(self, *args: Any, order: Order, **options: Any) -> None:
        self.order = order
        super().__init__(*args, **options)


class CancelForm(DeedForm):
    """Why."""

    why = forms.ChoiceField(
        label=gettext_lazy("Why"),
        choices=[
            (Order.CancelReason.REQUESTED, Order.CancelReason.REQUESTED.label),
            (Order.CancelReason.STAFF, Order.CancelReason.STAFF.label),
        ],
        widget=forms.RadioSelect,
        initial=Order.CancelReason.REQUESTED,
    )


class RefundForm(DeedForm):
    """How much. `key` makes the same form, sent twice, one refund."""

    amount = forms.DecimalField(
        label=gettext_lazy("Amount"),
        min_value=Decimal("0.01"),
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    key = forms.CharField(max_length=80, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("amount", payments.refundable(self.order))
        self.initial.setdefault("key", f"staff:{secrets.token_urlsafe(16)}")


class FulfilForm(DeedForm):
    """What is in the parcel, and who takes it."""

    carrier = forms.CharField(
        label=gettext_lazy("Carrier"),
        max_length=80,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    tracking_number = forms.CharField(
        label=gettext_lazy("Tracking number"),
        max_length=100,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    tracking_url = forms.CharField(
        label=gettext_lazy("Tracking address"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Only for carriers that the shop does not know."),
        widget=UnfoldAdminTextInputWidget,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for line in self.order.lines.all():
            if line.unfulfilled_quantity:
                self.fields[f"line_{line.pk}"] = _quantity(
                    f"{line.product_title} {line.variant_title}".strip(), line.unfulfilled_quantity
                )

    def quantities(self) -> dict[int, int]:
        """How many of each line (id) are in the parcel."""
        return _quantities(self.cleaned_data, "line_")


class ReceiveForm(DeedForm):
    """What came back, what goes on sale again, and what is paid back for it."""

    refund = forms.DecimalField(
        label=gettext_lazy("Pay back"),
        min_value=Decimal(0),
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    note = forms.CharField(
        label=gettext_lazy("Note for the shopper"),
        max_length=500,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.back = open_return(self.order)
        if self.back is None:
            return
        self.initial.setdefault("refund", returns.worth(self.back))
        for each in self.back.lines.select_related("line"):
            title = each.line.product_title
            self.fields[f"came_{each.line_id}"] = _quantity(
                _("%(item)s: came back") % {"item": title}, each.quantity
            )
            self.fields[f"restock_{each.line_id}"] = _quantity(
                _("%(item)s: goes on sale again") % {"item": title}, each.quantity
            )


class RefuseForm(DeedForm):
    """Why it is not taken back."""

    why = forms.CharField(
        label=gettext_lazy("Why, for the shopper"),
        max_length=500,
        widget=UnfoldAdminTextInputWidget,
    )


def _quantity(label: str, most: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=0,
        max_value=most,
        initial=most,
        widget=UnfoldAdminIntegerFieldWidget,
    )


def _quantities(data: Mapping[str, Any], prefix: str) -> dict[int, int]:
    return {
        int(name.removeprefix(prefix)): value
        for name, value in data.items()
        if name.startswith(prefix)
    }


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


def open_return(order: Order) -> Return | None:
    """The first return that was announced and has not come yet."""
    return order.returns.filter(status=Return.Status.REQUESTED).order_by("pk").first()


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


def _receive(order: Order, form: ReceiveForm, by: Actor) -> str:
    if form.back is None:
        raise returns.AlreadyClosed(_("There is no return to receive."))
    data = form.cleaned_data
    back = returns.receive(
        form.back,
        by=by,
        received=_quantities(data, "came_"),
        restock=_quantities(data, "restock_"),
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


DEEDS: tuple[Deed, ...] = (
    Deed(
        "received",
        gettext_lazy("Mark as paid"),
        "orders.capture_payment",
        _by_hand,
        lambda order: (
            _("%(total)s have come, at the door or by transfer. The shopper gets a mail.")
            % {"total": format_money(order.total)}
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
            % {"total": format_money(order.total)}
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
