"""The address book: every write to `accounts.Address`."""

from typing import Any

from django.db import transaction

from accounts.models import Address, User

MOST_ADDRESSES = 50
"""Entries one address book may have."""
DEFAULTS = ("is_default_shipping", "is_default_billing")


class TooManyAddresses(Exception):
    """The address book is full; nothing was added."""


@transaction.atomic
def add_address(customer: User, **fields: Any) -> Address:
    """Add an entry; one that is a default takes that from the entry that was.

    fields: of `Address`, checked by the caller's form or serializer. Raises TooManyAddresses.
    """
    _hold(customer)
    if customer.addresses.count() >= MOST_ADDRESSES:
        raise TooManyAddresses
    address = Address(customer=customer, **fields)
    _save(address)
    return address


@transaction.atomic
def change_address(address: Address, **fields: Any) -> Address:
    """Change some fields of an entry, and return it as it is now.

    Raises Address.DoesNotExist if it was removed meanwhile.
    """
    _hold(address.customer)
    current = Address.objects.get(pk=address.pk)
    for name, value in fields.items():
        setattr(current, name, value)
    _save(current)
    return current


def remove_address(address: Address) -> None:
    """Remove an entry. Safe twice."""
    Address.objects.filter(pk=address.pk).delete()


def _hold(customer: User) -> None:
    """One change of a customer's addresses at a time: how many there are, and which is default."""
    User.objects.select_for_update().only("pk").get(pk=customer.pk)


def _save(address: Address) -> None:
    others = Address.objects.filter(customer=address.customer_id).exclude(pk=address.pk)
    for name in DEFAULTS:
        if getattr(address, name):
            others.filter(**{name: True}).update(**{name: False})
    address.save()
