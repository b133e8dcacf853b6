"""Customers and addresses in the Store API's words. No queries but the address book's."""

from typing import Any

from accounts.models import Address, User
from accounts.queries import addresses_of

FIELDS = (
    *("address_name", "first_name", "last_name", "company", "address_1", "address_2", "city"),
    *("postal_code", "province", "country_code", "phone"),
    *("is_default_shipping", "is_default_billing", "created_at", "updated_at"),
)


def customer(row: User) -> dict[str, Any]:
    """A customer with the address book. One query."""
    book = addresses_of(row)
    return {
        "id": customer_id(row),
        "email": row.email,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "phone": row.phone,
        "has_account": True,
        "created_at": row.date_joined,
        "default_shipping_address_id": _first(book, "is_default_shipping"),
        "default_billing_address_id": _first(book, "is_default_billing"),
        "addresses": [address(each) for each in book],
    }


def customer_id(row: User) -> str:
    """How the API names a customer."""
    return f"cus_{row.pk}"


def address(row: Address) -> dict[str, Any]:
    """An entry of the address book."""
    told = {name: getattr(row, name) for name in FIELDS}
    return {"id": f"addr_{row.pk}", "customer_id": f"cus_{row.customer_id}", **told}


def _first(book: list[Address], default: str) -> str | None:
    return next((f"addr_{each.pk}" for each in book if getattr(each, default)), None)
