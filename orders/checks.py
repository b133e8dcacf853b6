"""What must be set before the first invoice is written."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error


def seller(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Invoices say who sells: an invoice, once issued, cannot be put right."""
    if settings.SELLER_NAME and settings.SELLER_ADDRESS:
        return []
    return [
        Error(
            "SELLER_NAME or SELLER_ADDRESS is missing: invoices would not say who sells.",
            hint="docs/settings.md. Invoices that were issued without stay as they are.",
            id="orders.E001",
        )
    ]
