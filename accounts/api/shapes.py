"""What the Store API takes and tells about customers, field by field."""

from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from accounts.countries import NAMES
from accounts.subdivisions import find_code
from shop.api.base.shapes import Page

PHONE = RegexValidator(r"^[0-9+()./ -]*$", "A phone number has digits, blanks and + ( ) . / -.")
LONGEST_PASSWORD = 256
"""Characters; hashing more would cost us more than it protects."""


class Email(serializers.EmailField):
    """An address in lower case."""

    def to_internal_value(self, data: Any) -> str:
        """Check it, and write it as accounts are known."""
        return str(super().to_internal_value(data)).strip().lower()


class Credentials(serializers.Serializer[Any]):
    """Who says they are whom. `code`: of the second factor, for accounts that have one."""

    email = Email(max_length=254)
    password = serializers.CharField(max_length=LONGEST_PASSWORD, trim_whitespace=False)
    code = serializers.CharField(max_length=20, required=False, allow_blank=True)
    refresh = serializers.BooleanField(
        required=False, help_text="True: a token of 15 minutes and a refresh token."
    )


class Registration(serializers.Serializer[Any]):
    """The first step of signing up."""

    email = Email(max_length=254)
    password = serializers.CharField(max_length=LONGEST_PASSWORD, trim_whitespace=False)


class Token(serializers.Serializer[Any]):
    """A token; the last two with a token that can be refreshed."""

    token = serializers.CharField()
    refresh_token = serializers.CharField(required=False)
    expires_in = serializers.IntegerField(required=False, help_text="Seconds.")


class Refreshing(serializers.Serializer[Any]):
    """The refresh token of the last answer; each is good for one swap."""

    refresh_token = serializers.CharField(max_length=200)


class Revoking(serializers.Serializer[Any]):
    """What is to end: this login, or every one of the customer's."""

    everywhere = serializers.BooleanField(required=False)


class Done(serializers.Serializer[Any]):
    """It is done."""

    success = serializers.BooleanField()


class CustomerIn(serializers.Serializer[Any]):
    """What customers say about themselves. The address is that of the registration."""

    email = serializers.CharField(required=False, allow_blank=True, allow_null=True)
    first_name = serializers.CharField(max_length=150, required=False, allow_blank=True)
    last_name = serializers.CharField(max_length=150, required=False, allow_blank=True)
    phone = serializers.CharField(
        max_length=40, required=False, allow_blank=True, validators=[PHONE]
    )


class AddressIn(serializers.Serializer[Any]):
    """An entry of the address book."""

    address_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    first_name = serializers.CharField(max_length=150)
    last_name = serializers.CharField(max_length=150)
    company = serializers.CharField(max_length=150, required=False, allow_blank=True)
    address_1 = serializers.CharField(max_length=200)
    address_2 = serializers.CharField(max_length=200, required=False, allow_blank=True)
    city = serializers.CharField(max_length=120)
    postal_code = serializers.CharField(max_length=20, required=False, allow_blank=True)
    province = serializers.CharField(max_length=120, required=False, allow_blank=True)
    country_code = serializers.CharField(max_length=2)
    phone = serializers.CharField(
        max_length=40, required=False, allow_blank=True, validators=[PHONE]
    )
    is_default_shipping = serializers.BooleanField(required=False)
    is_default_billing = serializers.BooleanField(required=False)

    def to_internal_value(self, data: Any) -> Any:
        """Read null as nothing said: clients send it for what was left empty."""
        if isinstance(data, dict):
            data = {name: value for name, value in data.items() if value is not None}
        return super().to_internal_value(data)

    def validate_country_code(self, value: str) -> str:
        """In lower case, and a country there is."""
        code = value.lower()
        if code not in NAMES:
            raise serializers.ValidationError("No such country.")
        return code

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A province's code (`US-CA`, `ca`) becomes what stands on a parcel."""
        found = find_code(attrs.get("country_code", ""), attrs.get("province", ""))
        return attrs | {"province": found.written()} if found else attrs


class PostalAddress(serializers.Serializer[Any]):
    """A postal address."""

    id = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    company = serializers.CharField(allow_blank=True)
    address_1 = serializers.CharField()
    address_2 = serializers.CharField(allow_blank=True)
    city = serializers.CharField()
    postal_code = serializers.CharField(allow_blank=True)
    province = serializers.CharField(allow_blank=True)
    country_code = serializers.CharField(help_text="ISO 3166-1 alpha-2, in lower case.")
    phone = serializers.CharField(allow_blank=True)


class Address(PostalAddress):
    """An entry of the address book."""

    customer_id = serializers.CharField()
    address_name = serializers.CharField(allow_blank=True)
    is_default_shipping = serializers.BooleanField()
    is_default_billing = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class Customer(serializers.Serializer[Any]):
    """A customer, to themselves."""

    id = serializers.CharField()
    email = serializers.EmailField()
    first_name = serializers.CharField(allow_blank=True)
    last_name = serializers.CharField(allow_blank=True)
    phone = serializers.CharField(allow_blank=True)
    has_account = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    default_shipping_address_id = serializers.CharField(allow_null=True)
    default_billing_address_id = serializers.CharField(allow_null=True)
    addresses = Address(many=True)


class OneCustomer(serializers.Serializer[Any]):
    """A customer."""

    customer = Customer()


class OneAddress(serializers.Serializer[Any]):
    """An address."""

    address = Address()


class Addresses(Page):
    """The address book."""

    addresses = Address(many=True)


class AddressGone(serializers.Serializer[Any]):
    """An address that was removed."""

    id = serializers.CharField()
    object = serializers.CharField()
    deleted = serializers.BooleanField()
    parent = Customer()


class Country(serializers.Serializer[Any]):
    """A country parcels go to."""

    id = serializers.CharField()
    iso_2 = serializers.CharField(help_text="ISO 3166-1 alpha-2, in lower case.")
    name = serializers.CharField()
    display_name = serializers.CharField()


class Region(serializers.Serializer[Any]):
    """Where the shop delivers to, with the currency paid there."""

    id = serializers.CharField()
    name = serializers.CharField()
    currency_code = serializers.CharField()
    countries = Country(many=True)
