"""`manage.py seed_prices`: the taxes a new shop begins with; in the demo, offers to try."""

from typing import Any

from django.core.management.base import BaseCommand

from shop.pricing.seeds import seed_prices

EXPLAINED = """\
Add the European Union's standard VAT rates for the countries of SHOP_COUNTRIES; in the demo also a
few offers, voucher codes (WELCOME10, FREESHIP, FRIENDS15, and SPRING5, which is over), a quantity
break and a price of one storefront's own.

It is safe to repeat: what is missing is added, and what staff have changed stays as it is."""


class Command(BaseCommand):
    """Adds what is missing."""

    help = EXPLAINED

    def handle(self, *args: Any, **options: Any) -> None:
        """Add it and say what."""
        added = seed_prices()
        for what, count in sorted(added.items()):
            self.stdout.write(f"{what}: {count} added")
        if not added:
            self.stdout.write("Everything is there already.")
