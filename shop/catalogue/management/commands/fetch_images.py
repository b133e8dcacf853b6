"""`manage.py fetch_images [--storefront SLUG]`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from shop.catalogue.exchange.fetching import fetch_images
from shop.catalogue.exchange.progress import shown_progress
from shop.catalogue.management.storefronts import storefront_named


class Command(BaseCommand):
    """Goes on where the run before ended."""

    help = (
        "Fetch the pictures that products name by address. What cannot be fetched stays an "
        "address; run it again to try once more."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--storefront."""
        parser.add_argument("--storefront", default="", metavar="SLUG", help="only its products'")

    def handle(self, *args: Any, storefront: str = "", **options: Any) -> None:
        """Fetch, and say what stays an address and why."""
        shop = storefront_named(storefront) if storefront else None
        with shown_progress("Fetching") as on_progress:
            result = fetch_images(shop, on_progress=on_progress)
        for address, reason in result.kept:
            self.stderr.write(f"kept: {address}: {reason}")
        self.stdout.write(str(result))
