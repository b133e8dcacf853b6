"""The ways to pay as the Store API names them, and a cart's payment in its words.

Storefronts of this format know six names and break on any other, so a way to pay that has none of
them is not offered by the API. Which ones are is the shop's to say (`PAYMENT_GATEWAYS`).
"""

from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

from django.conf import settings

from shop.api.base.wire import number

SYSTEM: Final = "pp_system_default"
STRIPE: Final = "pp_stripe_stripe"
WAYS: Final = {SYSTEM: ("on-delivery", "bank-transfer"), STRIPE: ("stripe",)}
"""The gateways that a name may stand for: the first of them that is offered."""

COLLECTION: Final = "pay_col_"


def offered_providers() -> dict[str, str]:
    """The ids of the ways to pay that can be chosen, each with its gateway's slug."""
    offered = settings.PAYMENT_GATEWAYS
    found = {name: [slug for slug in slugs if slug in offered] for name, slugs in WAYS.items()}
    return {name: slugs[0] for name, slugs in found.items() if slugs}


def provider_of(method: str) -> str:
    """What a way to pay is called, also one that the API does not offer: see above."""
    return STRIPE if method in WAYS[STRIPE] else SYSTEM


def can_be_paid_by(method: str) -> bool:
    """Whether an order of the API's can be paid this way, given its gateway's slug."""
    return method in settings.PAYMENT_GATEWAYS and any(method in ways for ways in WAYS.values())


def collection_id(cart_id: str) -> str:
    """How the API names a cart's payment: as secret as the cart, to which it leads."""
    return COLLECTION + cart_id


def collection_shape(cart_id: str, method: str, total: Decimal) -> dict[str, Any]:
    """A cart's payment. method: slug of the chosen gateway, or ""; total: what the cart costs.

    It has one session at most: another way to pay takes the place of the one before.
    """
    amount: dict[str, Any] = {
        "currency_code": settings.SHOP_CURRENCY.lower(),
        "amount": number(total),
    }
    session: dict[str, Any] = {
        "id": "payses_" + sha256(f"{cart_id}:{method}".encode()).hexdigest()[:26],
        "provider_id": provider_of(method),
        "status": "pending",
        "data": {},
        **amount,
    }
    return {
        "id": collection_id(cart_id),
        "status": "awaiting" if can_be_paid_by(method) else "not_paid",
        "payment_sessions": [session] if can_be_paid_by(method) else [],
        **amount,
    }
