"""The forms of the checkout. Scripts and people rely on their fields' names: do not rename them."""

import re
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.countries import country_name, delivery_countries
from accounts.forms.places import PlaceForm, ProvinceField
from orders.payment.port import Gateway
from orders.shipping import Quote

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PHONE = RegexValidator(
    r"^(?=(?:\D*[0-9]){5})\+?[0-9 ()./-]+$",
    _("Please write the phone number with digits, for example +49 30 1234567."),
)
_KEY = re.compile(r"[A-Za-z0-9_-]{43}")


def new_checkout_key() -> str:
    """An unguessable name for one rendering of the form (256 bits)."""
    return secrets.token_urlsafe(32)


class TextField(forms.CharField):
    """One line of text; line breaks and repeated spaces become one space."""

    def __init__(
        self,
        *,
        label: Any,
        required: "StrOrPromise | None" = None,
        autocomplete: str,
        **options: Any,
    ) -> None:
        widget = forms.TextInput(
            attrs={"autocomplete": autocomplete, "class": "input", **options.pop("attrs", {})}
        )
        messages = {"required": required} if required else {}
        super().__init__(
            label=label,
            required=required is not None,
            widget=widget,
            error_messages=messages,
            **options,
        )

    def to_python(self, value: Any) -> str:
        """The text with its white space tidied."""
        return " ".join((super().to_python(value) or "").split())


class CountryField(forms.ChoiceField):
    """A country this shop delivers to; the code may be given in either case."""

    def to_python(self, value: Any) -> str:
        """The code in lower case."""
        return str(super().to_python(value)).strip().lower()


def _countries() -> list[tuple[str, Any]]:
    """Nobody's country is preset, unless there is only one."""
    countries = delivery_countries()
    return countries if len(countries) == 1 else [("", _("Please choose")), *countries]


class StepForm(forms.Form):
    """A part of the checkout: with the mistakes told at their fields."""

    def refuse(self, field: str, message: str) -> None:
        """Tell what is wrong with a field, unless something is told already."""
        if field not in self.errors:
            self.add_error(field, message)


class ContactForm(StepForm):
    """Who orders."""

    email = forms.EmailField(
        label=_("E-mail"),
        help_text=_("We send the confirmation there."),
        error_messages={
            "required": _("Please enter your e-mail address: we send the confirmation there."),
            "invalid": _("This is not a complete e-mail address, like name@example.com."),
        },
        widget=forms.EmailInput(
            attrs={"autocomplete": "email", "inputmode": "email", "class": "input"}
        ),
        max_length=254,
    )
    phone = TextField(
        label=_("Phone"),
        autocomplete="tel",
        attrs={"inputmode": "tel", "type": "tel"},
        validators=[PHONE],
        max_length=40,
        help_text=_("Only for questions about the delivery."),
    )


class AddressForm(PlaceForm, StepForm):
    """Where it goes."""

    first_name = TextField(
        label=_("First name"),
        required=_("Please enter your first name."),
        autocomplete="given-name",
        max_length=150,
    )
    last_name = TextField(
        label=_("Last name"),
        required=_("Please enter your last name."),
        autocomplete="family-name",
        max_length=150,
    )
    company = TextField(label=_("Company"), autocomplete="organization", max_length=150)
    address_1 = TextField(
        label=_("Street and number"),
        required=_("Please enter the street and number the parcel goes to."),
        autocomplete="address-line1",
        max_length=200,
    )
    address_2 = TextField(label=_("Apartment, floor"), autocomplete="address-line2", max_length=200)
    city = TextField(
        label=_("City"),
        required=_("Please enter the city."),
        autocomplete="address-level2",
        max_length=120,
    )
    postal_code = TextField(label=_("Postal code"), autocomplete="postal-code", max_length=20)
    country_code = CountryField(
        label=_("Country"),
        choices=_countries,
        error_messages={
            "required": _("Please choose the country the parcel goes to."),
            "invalid_choice": _("We do not deliver there. Please choose a country of the list."),
        },
        widget=forms.Select(attrs={"autocomplete": "country", "class": "input"}),
    )
    province = ProvinceField()


class BillingForm(AddressForm):
    """Where the invoice is made out to, if not to where the parcel goes."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["address_1"].error_messages["required"] = _(
            "Please enter the street and number for the invoice."
        )
        self.fields["country_code"].error_messages["required"] = _(
            "Please choose the country for the invoice."
        )
        for field in self.fields.values():
            field.widget.attrs["autocomplete"] = f"billing {field.widget.attrs['autocomplete']}"


class ShippingForm(StepForm):
    """How it gets there."""

    shipping_method = forms.ChoiceField(
        label=_("Delivery"),
        error_messages={
            "required": _("Please choose how your order should reach you."),
            "invalid_choice": _("This way of delivery is no longer offered. Please choose again."),
        },
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, quotes: Sequence[Quote], **options: Any) -> None:
        """quotes: the ways of delivery to choose from, the first one preset."""
        super().__init__(*args, **options)
        self.quotes = {quote.method.slug: quote for quote in quotes}
        field = cast("forms.ChoiceField", self.fields["shipping_method"])
        field.choices = [(quote.method.slug, str(quote.method)) for quote in quotes]
        if quotes:
            field.initial = quotes[0].method.slug

    def clean(self) -> dict[str, Any]:
        """The method must go to the country, where this form knows that too."""
        super().clean()
        data = self.cleaned_data
        quote = self.quotes.get(data.get("shipping_method", ""))
        country = data.get("country_code")
        if quote and country and not quote.method.serves(country):
            self.refuse(
                "shipping_method",
                gettext("“%(method)s” does not go to %(country)s. Please choose another way.")
                % {"method": quote.method, "country": country_name(country)},
            )
        return data


class PaymentForm(StepForm):
    """How it is paid."""

    payment_method = forms.ChoiceField(
        label=_("Payment"),
        error_messages={
            "required": _("Please choose how you would like to pay."),
            "invalid_choice": _("This way to pay is not offered. Please choose again."),
        },
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, gateways: Sequence[Gateway], **options: Any) -> None:
        """gateways: the ways to pay to choose from, the first one preset."""
        super().__init__(*args, **options)
        field = cast("forms.ChoiceField", self.fields["payment_method"])
        field.choices = [(gateway.slug, str(gateway.label)) for gateway in gateways]
        if gateways:
            field.initial = gateways[0].slug


class AgreementForm(StepForm):
    """What the page showed, so that it is the same that is ordered.

    checkout_key: see `new_checkout_key`; a repeated POST with the same key is the same order.
    offer: `orders.checkout.offers.Offer.name`; if the offer has changed by the time the form comes
    back, the shopper is asked again.
    """

    checkout_key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    offer = forms.CharField(widget=forms.HiddenInput, max_length=200, required=False)

    def clean_checkout_key(self) -> str:
        """Only a key as we make them: nobody can claim a guessable one."""
        key: str = self.cleaned_data["checkout_key"]
        if not _KEY.fullmatch(key):
            raise forms.ValidationError(_("Please check your order once more and send it again."))
        return key


class ReviewForm(AgreementForm):
    """The last look."""

    consent = forms.BooleanField(
        label=_("I agree to the terms of sale and have read how to return things."),
        error_messages={"required": _("Please agree to our terms of sale to place the order.")},
    )


class CheckoutForm(ContactForm, AddressForm, ShippingForm, PaymentForm, AgreementForm):
    """All of it on one page."""

    field_order = ("email", "phone", "first_name", "last_name", "company")

    def __init__(
        self, *args: Any, quotes: Sequence[Quote], gateways: Sequence[Gateway], **options: Any
    ) -> None:
        """quotes, gateways: what to choose from."""
        super().__init__(*args, quotes=quotes, gateways=gateways, **options)
