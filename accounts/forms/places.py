"""Where an address is: its country says which provinces there are and how postal codes look."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy

from accounts.countries import POSTAL_CODE_OPTIONAL, PROVINCE_NEEDED, country_name
from accounts.subdivisions import (
    choices,
    find_code,
    find_subdivision,
    is_code_elsewhere,
    is_postal_code,
    postal_code_example,
)


class ProvinceField(forms.CharField):
    """The state or province: chosen where its country has a list of them, else typed.

    It gives what stands on a parcel. Values of the list are codes that name their country, too:
    without script the list stays when the country changes, and Pará must not become Pennsylvania.
    """

    def __init__(self, **options: Any) -> None:
        attrs = {"autocomplete": "address-level1", "class": "input"}
        super().__init__(
            label=gettext_lazy("State or province"),
            required=False,
            max_length=120,
            widget=forms.TextInput(attrs=attrs),
            error_messages={"required": gettext_lazy("Please enter the state or province.")},
            **options,
        )
        self.country, self.kept, self.strict = "", "", True

    def in_country(self, country: str, *, shown: str, kept: str, strict: bool) -> None:
        """Ask for what addresses of that country need.

        shown: what the field holds. kept: what was stored for it, and so stays valid. strict: what
        is not of the list is refused where addresses need it.
        """
        self.country, self.kept, self.strict = country, kept, strict
        self.required = country in PROVINCE_NEEDED
        listed = choices(country)
        if not strict or not listed:
            return
        if shown and self._may_stand(shown) and not find_subdivision(country, shown):
            listed = [(shown, shown), *listed]
        attrs = {name: value for name, value in self.widget.attrs.items() if name != "maxlength"}
        self.widget = forms.Select(attrs, [("", gettext("Please choose")), *listed])
        self.error_messages["required"] = gettext("Please choose the state or province.")

    def prepare_value(self, value: Any) -> Any:
        """What the field shows: of the list, where it is on it; nothing of another country's."""
        text = str(value or "")
        found = find_subdivision(self.country, text)
        if found is not None and isinstance(self.widget, forms.Select):
            return found.code
        return "" if is_code_elsewhere(self.country, text) else value

    def clean(self, value: Any) -> str:
        """How it is written. Raises ValidationError for what the country does not have."""
        text = " ".join(str(super().clean(value)).split())
        if not text:
            return text
        find = find_subdivision if self.strict else find_code
        if found := find(self.country, text):
            return found.written()
        if self._may_stand(text):
            return text
        elsewhere = is_code_elsewhere(self.country, text)
        if elsewhere and not self.required:
            return ""
        told = (
            gettext("Please choose the state or province in %(country)s.")
            if elsewhere
            else gettext(
                "“%(typed)s” is no state or province of %(country)s that we know. Please choose "
                "one of the list."
            )
        )
        raise ValidationError(told % {"typed": text, "country": country_name(self.country)})

    def _may_stand(self, text: str) -> bool:
        """Whether that is taken although it is not of the list."""
        if text == self.kept or not self.strict:
            return True
        return not self.required and not is_code_elsewhere(self.country, text)


class PlaceForm(forms.Form):
    """A form with `country_code`, and with `province` and `postal_code` as they are there.

    What it was given as initial stays valid: addresses are older than the lists.
    """

    strict: ClassVar[bool] = True
    """False: what programs send is taken as it is, but codes of provinces become names."""

    province = ProvinceField()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        country = self._country()
        same = country == self._given("country_code").lower()
        self._kept_code = self._given("postal_code") if same else ""
        field = self.fields["province"]
        assert isinstance(field, ProvinceField)  # noqa: S101 - declared above
        kept = self._given("province") if same else ""
        shown = str(self["province"].value() or "")
        field.in_country(country, shown=shown, kept=kept, strict=self.strict)

    def clean(self) -> dict[str, Any]:
        """Look at the postal code, which one field alone cannot tell."""
        super().clean()
        data = self.cleaned_data
        country, code = data.get("country_code"), data.get("postal_code")
        if country and code is not None and (problem := self._problem(country, code)):
            self.add_error("postal_code", problem)
        return data

    def _problem(self, country: str, code: str) -> str:
        """What is wrong with a postal code; "" if nothing is."""
        if not code:
            needed = country not in POSTAL_CODE_OPTIONAL
            return gettext("Please enter the postal code.") if needed else ""
        if not self.strict or code == self._kept_code or is_postal_code(country, code):
            return ""
        told = gettext(
            "“%(typed)s” is no postal code of %(country)s. One looks like this: %(example)s."
        )
        example = postal_code_example(country)
        return told % {"typed": code, "country": country_name(country), "example": example}

    def _country(self) -> str:
        """The country that is sent or shown; where there is only one, that."""
        offered = getattr(self.fields["country_code"], "choices", ())
        first = next((str(code) for code, _name in offered), "")
        return str(self["country_code"].value() or first).strip().lower()

    def _given(self, name: str) -> str:
        """What the form began with."""
        if name not in self.fields:
            return ""
        return str(self.get_initial_for_field(self.fields[name], name) or "")


class ProvinceForm(PlaceForm):
    """That one field, for a country that was just chosen."""

    country_code = forms.CharField(required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.prefix:  # of another address on the same page: `billing`
            attrs = self.fields["province"].widget.attrs
            attrs["autocomplete"] = f"{self.prefix} {attrs['autocomplete']}"
