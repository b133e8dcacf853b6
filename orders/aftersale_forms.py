"""Forms of what comes after an order: finding it again, and giving something back."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.models import OrderLine

PER_LINE = "line-"


class FindForm(forms.Form):
    """An order's number and the e-mail address it was made with."""

    number = forms.CharField(
        label=_("Order number"),
        max_length=40,
        help_text=_("It is in the confirmation mail, for example G-2026-000123."),
        error_messages={"required": _("Please enter the order's number.")},
        widget=forms.TextInput(
            attrs={"class": "input", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("The address that you gave with the order."),
        error_messages={
            "required": _("Please enter your e-mail address."),
            "invalid": _("This is not a complete e-mail address, like name@example.com."),
        },
        widget=forms.EmailInput(
            attrs={"class": "input", "autocomplete": "email", "inputmode": "email"}
        ),
    )


class ReturnForm(forms.Form):
    """How many of each line come back, and why. Fields are called line-<id>."""

    reason = forms.CharField(
        label=_("Why (if you want to tell us)"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )

    def __init__(
        self, *args: Any, lines: list[OrderLine], left: dict[int, int], **kwargs: Any
    ) -> None:
        """lines: the order's. left: how many of each (id) may come back; others have no field."""
        super().__init__(*args, **kwargs)
        reason = self.fields.pop("reason")
        for line in lines:
            if most := left.get(line.pk):
                name = line.product_title
                if line.variant_title:
                    name = f"{name} ({line.variant_title})"
                self.fields[f"{PER_LINE}{line.pk}"] = forms.TypedChoiceField(
                    label=name,
                    coerce=int,
                    choices=[(count, str(count)) for count in range(most + 1)],
                    required=False,
                    widget=forms.Select(attrs={"class": "input"}),
                )
        self.fields["reason"] = reason

    @property
    def quantities(self) -> dict[int, int]:
        """How many of each line (id) were chosen. Only of a valid form."""
        return {
            int(name.removeprefix(PER_LINE)): count or 0
            for name, count in self.cleaned_data.items()
            if name.startswith(PER_LINE)
        }
