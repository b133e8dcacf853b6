"""What staff say about a deed: how much, how many of which, why."""

import secrets
from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from orders import cancelling, returns
from orders.models import Cancellation, Order, OrderLine, Return
from orders.payment import services as payments
from shop.catalogue.money import format_money


class DeedForm(forms.Form):
    """What staff say about a deed.

    order: whose it is. preview: what it comes to, once known. button: what is on the button, where
    that is not the deed's name.
    """

    preview = ""
    button: Any = ""

    def __init__(self, *args: Any, order: Order, **options: Any) -> None:
        self.order = order
        super().__init__(*args, **options)

    def is_confirmed(self) -> bool:
        """Whether they have seen what the valid form comes to. May raise one of REFUSALS."""
        return True


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


class CancelLinesForm(DeedForm):
    """How many of which items, why, and whether they are for sale again.

    Sent for the first time, it says what it comes to; sent again unchanged, it is meant. `seen` is
    what they were shown. `key` makes the same form, sent twice, one cancellation.
    """

    button: Any = gettext_lazy("See what it comes to")
    reason = forms.ChoiceField(
        label=gettext_lazy("Why"), choices=Cancellation.Reason, widget=forms.RadioSelect
    )
    restock = forms.BooleanField(
        label=gettext_lazy("For sale again"),
        help_text=gettext_lazy("Not if it is damaged or missing."),
        required=False,
        initial=True,
        widget=UnfoldBooleanWidget,
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    key = forms.CharField(max_length=80, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("key", f"staff:{secrets.token_urlsafe(16)}")
        lines = {
            f"line_{line.pk}": _quantity(
                _name_of(line),
                line.unfulfilled_quantity,
                initial=0,
                help_text=_("Of %(left)s to be sent.") % {"left": line.unfulfilled_quantity},
            )
            for line in self.order.lines.all()
            if line.unfulfilled_quantity
        }
        self.fields = {**lines, **self.fields}
        self.done = self.order.cancellations.filter(key=self.data.get("key", "")).first()

    def is_valid(self) -> bool:
        """Also of a form that was sent before, and is done: its items are not there any more."""
        return self.done is not None or super().is_valid()

    def is_confirmed(self) -> bool:
        """Whether they have seen what exactly this comes to."""
        if self.done is not None:
            return True
        found = cancelling.terms(self.order, self.quantities())
        shown = sha256(f"{sorted(self.quantities().items())} {found}".encode()).hexdigest()
        if self.cleaned_data["seen"] == shown:
            return True
        # By items(): a QueryDict's own are lists.
        self.data = {**dict(self.data.items()), "seen": shown}
        self.preview, self.button = _told_of(found), ""
        return False

    def quantities(self) -> dict[int, int]:
        """How many of each line (id) will not be sent."""
        return {
            pk: count for pk, count in quantities_of(self.cleaned_data, "line_").items() if count
        }


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
                    _name_of(line), line.unfulfilled_quantity
                )

    def quantities(self) -> dict[int, int]:
        """How many of each line (id) are in the parcel."""
        return quantities_of(self.cleaned_data, "line_")


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


def open_return(order: Order) -> Return | None:
    """The first return that was announced and has not come yet."""
    return order.returns.filter(status=Return.Status.REQUESTED).order_by("pk").first()


def _name_of(line: OrderLine) -> str:
    return f"{line.product_title} {line.variant_title}".strip()


def _told_of(found: cancelling.Terms) -> str:
    """What cancelling some items comes to, before it is done."""
    if found.waived:
        return _("%(waived)s less are to be paid: %(due)s in all. Please confirm.") % {
            "waived": format_money(found.waived),
            "due": format_money(found.due),
        }
    return _("%(refund)s are paid back. Please confirm.") % {"refund": format_money(found.refund)}


def _quantity(
    label: str, most: int, *, initial: int | None = None, help_text: str = ""
) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        min_value=0,
        max_value=most,
        initial=most if initial is None else initial,
        widget=UnfoldAdminIntegerFieldWidget,
    )


def quantities_of(data: Mapping[str, Any], prefix: str) -> dict[int, int]:
    """The numbers in the fields that begin so, by the line's id that they end with."""
    return {
        int(name.removeprefix(prefix)): value
        for name, value in data.items()
        if name.startswith(prefix)
    }
