"""What a customer types about themselves."""

import re
from typing import Any, ClassVar, cast

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from accounts.countries import NAMES, by_name
from accounts.forms.looks import ShopLooks
from accounts.forms.places import PlaceForm
from accounts.models import Address, User

PHONE = RegexValidator(
    r"^(?=(?:\D*[0-9]){5})\+?[0-9 ()./-]+$",
    _("Please write the phone number with digits, for example +49 30 1234567."),
)
_AUTOCOMPLETE = {
    "first_name": "given-name",
    "last_name": "family-name",
    "company": "organization",
    "address_1": "address-line1",
    "address_2": "address-line2",
    "city": "address-level2",
    "postal_code": "postal-code",
    "province": "address-level1",
    "country_code": "country",
    "phone": "tel",
    "address_name": "off",
}


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


class NameForm(ShopLooks, forms.ModelForm[User]):
    """How the shop calls a customer."""

    class Meta:
        model = User
        fields = ("first_name", "last_name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.fields:
            self.fields[name].widget.attrs["autocomplete"] = _AUTOCOMPLETE[name]


class AddressForm(PlaceForm, ShopLooks, forms.ModelForm[Address]):
    """One entry of the address book, in any country: not all of them are delivered to."""

    class Meta:
        model = Address
        fields = (
            "address_name",
            "first_name",
            "last_name",
            "company",
            "address_1",
            "address_2",
            "postal_code",
            "city",
            "province",
            "country_code",
            "phone",
            "is_default_shipping",
            "is_default_billing",
        )
        error_messages: ClassVar[dict[str, dict[str, Any]]] = {
            "first_name": {"required": _("Please enter the first name.")},
            "last_name": {"required": _("Please enter the last name.")},
            "address_1": {"required": _("Please enter the street and number.")},
            "city": {"required": _("Please enter the city.")},
        }

    country_code = forms.ChoiceField(
        label=_("Country"),
        error_messages={
            "required": _("Please choose the country."),
            "invalid_choice": _("Please choose a country of the list."),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = {*NAMES, *(code.lower() for code in settings.SHOP_COUNTRIES)}
        country = cast("forms.ChoiceField", self.fields["country_code"])
        country.choices = [("", _("Please choose")), *by_name(codes)]
        self.fields["phone"].validators.append(PHONE)
        self.fields["phone"].widget = forms.TelInput(attrs={"class": "input", "maxlength": "40"})
        for name, hint in _AUTOCOMPLETE.items():
            self.fields[name].widget.attrs["autocomplete"] = hint

    def clean(self) -> dict[str, Any]:
        """Tidy the lines, and look for what addresses of that country need."""
        self.cleaned_data = {
            name: _one_line(value) if isinstance(value, str) else value
            for name, value in self.cleaned_data.items()
        }
        return super().clean()
