"""`manage.py seed_shipping`: the ways of delivery a new shop begins with."""

from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from orders.models import ShippingMethod, ShippingRate

NEAR = ["ch", "gb", "no"]
FAR = ["ca", "cn", "us"]

METHODS: dict[str, dict[str, Any]] = {
    "standard": {
        "name": "Standard",
        "description": "3 to 5 working days",
        "translations": {"zh-hans": {"name": "标准配送", "description": "3 至 5 个工作日"}},
        "price": Decimal("4.90"),
        "max_weight_grams": 31_500,
        "position": 1,
    },
    "express": {
        "name": "Express",
        "description": "the next working day",
        "translations": {"zh-hans": {"name": "特快配送", "description": "下一个工作日"}},
        "price": Decimal("12.90"),
        "max_weight_grams": 31_500,
        "position": 2,
    },
    "pick-up": {
        "name": "Pick-up",
        "description": "at our counter",
        "translations": {"zh-hans": {"name": "到店自取", "description": "在我们的柜台"}},
        "price": Decimal("0.00"),
        "position": 3,
    },
}

RATES: dict[str, list[dict[str, Any]]] = {
    "standard": [
        {"min_weight_grams": 10_000, "price": Decimal("9.90")},
        {"min_total": Decimal("150.00"), "price": Decimal("0.00")},
        {"countries": NEAR, "price": Decimal("12.90")},
        {"countries": NEAR, "min_weight_grams": 10_000, "price": Decimal("24.90")},
        {"countries": FAR, "price": Decimal("19.90")},
        {"countries": FAR, "min_weight_grams": 10_000, "price": Decimal("49.90")},
    ],
    "express": [
        {"min_weight_grams": 10_000, "price": Decimal("19.90")},
        {"countries": NEAR, "price": Decimal("24.90")},
        {"countries": NEAR, "min_weight_grams": 10_000, "price": Decimal("39.90")},
        {"countries": FAR, "price": Decimal("39.90")},
        {"countries": FAR, "min_weight_grams": 10_000, "price": Decimal("79.90")},
    ],
}


class Command(BaseCommand):
    """Adds the methods that are missing; what staff have changed since stays as it is."""

    help = (
        "Add the ways of delivery a new shop begins with, and their prices by country, weight and "
        "total, in all languages. Safe to repeat: a method that is there already keeps its prices."
    )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Add what is missing and say so."""
        for slug, values in METHODS.items():
            method, created = ShippingMethod.objects.get_or_create(slug=slug, defaults=values)
            if created:
                ShippingRate.objects.bulk_create(
                    ShippingRate(method=method, **rate) for rate in RATES.get(slug, [])
                )
            elif not method.translations and method.original_name == values["name"]:
                method.translations = values["translations"]
                method.save(update_fields=["translations"])
            self.stdout.write(f"{slug}: {'added' if created else 'there already'}")
