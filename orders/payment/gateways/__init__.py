"""The ways to pay, by their names. `PAYMENT_GATEWAYS` in the settings says which are offered."""

from collections.abc import Mapping
from typing import Final

from django.conf import settings
from django.utils.module_loading import import_string

from orders.payment.errors import NoSuchGateway
from orders.payment.port import Gateway

GATEWAYS: Final[Mapping[str, str]] = {
    "on-delivery": "orders.payment.gateways.on_delivery.OnDelivery",
    "bank-transfer": "orders.payment.gateways.bank_transfer.BankTransfer",
    "sandbox": "orders.payment.gateways.sandbox.Sandbox",
    "stripe": "orders.payment.gateways.stripe.Stripe",
}
"""Dotted paths, so that a library is only loaded where its gateway is used."""


def gateway(slug: str) -> Gateway:
    """A gateway by its name, whether or not it is offered: old payments still need theirs.

    Made anew at each call, so that no key, connection or answer is ever kept for the next.
    Raises NoSuchGateway.
    """
    try:
        path = GATEWAYS[slug]
    except KeyError:
        raise NoSuchGateway(f"no gateway is called {slug!r}") from None
    made: Gateway = import_string(path)()
    return made


def offered() -> list[Gateway]:
    """The ways to pay that a shopper may choose from, in the settings' order."""
    return [gateway(slug) for slug in settings.PAYMENT_GATEWAYS]


def offered_gateway(slug: str) -> Gateway:
    """A way to pay that is offered. Raises NoSuchGateway."""
    if slug not in settings.PAYMENT_GATEWAYS:
        raise NoSuchGateway(f"{slug!r} is not offered")
    return gateway(slug)
