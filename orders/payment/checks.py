"""Problems with the ways to pay that are better found before a shopper does."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error

from orders.payment.gateways import GATEWAYS
from orders.payment.gateways.bank_transfer import is_valid_iban


def gateways(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Every gateway that is offered exists, and has what it needs."""
    offered = settings.PAYMENT_GATEWAYS
    problems: list[CheckMessage] = [
        Error(
            f"PAYMENT_GATEWAYS names {slug!r}; there are {', '.join(GATEWAYS)}.", id="payment.E001"
        )
        for slug in offered
        if slug not in GATEWAYS
    ]
    if "bank-transfer" in offered and not is_valid_iban(settings.BANK_IBAN):
        problems.append(
            Error(
                "BANK_IBAN is no valid account number, and PAYMENT_GATEWAYS offers bank-transfer.",
                hint="Money sent to a mistyped account is hard to get back.",
                id="payment.E002",
            )
        )
    if "stripe" in offered and not (settings.STRIPE_SECRET_KEY and settings.STRIPE_WEBHOOK_SECRETS):
        problems.append(
            Error(
                "PAYMENT_GATEWAYS offers stripe without STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRETS.",
                id="payment.E003",
            )
        )
    if "sandbox" in offered and not (
        settings.SANDBOX_GATEWAY_HOST and settings.SANDBOX_GATEWAY_SECRET
    ):
        problems.append(
            Error("PAYMENT_GATEWAYS offers the sandbox, and there is none.", id="payment.E004")
        )
    return problems
