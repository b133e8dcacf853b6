"""`manage.py seed_shipping`: the ways of delivery a new shop begins with."""

from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from orders.models import ShippingMethod

METHODS: dict[str, dict[str, Any]] = {
    "standard": {
        "name": "Standard",
        "description": "3 to 5 working days",
        "price": Decimal("4.90"),
        "position": 1,
    },
    "express": {
        "name": "Express",
        "description": "the next working day",
        "price": Decimal("12.90"),
        "position": 2,
    },
    "pick-up": {
        "name": "Pick-up",
        "description": "at our counter",
        "price": Decimal("0.00"),
        "position": 3,
    },
}


class Command(BaseCommand):
    """Adds the methods that are missing; what staff have changed since stays as it is."""

    help = "Add the ways of delivery a new shop begins with. Safe to repeat."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Add what is missing and say so."""
        for slug, values in METHODS.items():
            _method, created = ShippingMethod.objects.get_or_create(slug=slug, defaults=values)
            self.stdout.write(f"{slug}: {'added' if created else 'there already'}")
