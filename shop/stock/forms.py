"""What staff type about stock: what came in, what they counted, when it is low."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

LIMIT = 1_000_000
"""No delivery, and no shelf, holds more; a typing error may."""


class StockForm(forms.Form):
    """Something about a variant's stock, and why.

    key: made when the page was opened; the same form sent twice is done once.
    """

    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=200, widget=UnfoldAdminTextInputWidget,
        help_text=_("Delivery note, breakage, stocktaking: what others may ask later."),
    )  # fmt: skip

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"id_{type(self).__name__}_%s", **kwargs)


class ReceiveForm(StockForm):
    """So many came in."""

    quantity = forms.IntegerField(
        label=_("Units received"), min_value=1, max_value=LIMIT,
        widget=UnfoldAdminIntegerFieldWidget,
    )  # fmt: skip
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    field_order = ("quantity", "reason", "key")


class CountForm(StockForm):
    """So many are there."""

    counted = forms.IntegerField(
        label=_("Units counted"), min_value=0, max_value=LIMIT,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Without those that are sold and not sent yet."),
    )  # fmt: skip
    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    field_order = ("counted", "reason", "seen")


class LowForm(forms.Form):
    """When it is low."""

    low_at = forms.IntegerField(
        label=_("Low at"), required=False, min_value=0, max_value=LIMIT,
        widget=UnfoldAdminIntegerFieldWidget,
    )  # fmt: skip
