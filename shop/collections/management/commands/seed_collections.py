"""`manage.py seed_collections`."""

from typing import Any

from django.core.management.base import BaseCommand

from shop.collections.seeds import seed_collections


class Command(BaseCommand):
    """Adds the demo's collections; running it again adds only what is missing."""

    help = "Add the demo's collections, of the products that seed_demo has added."

    def handle(self, *args: Any, **options: Any) -> None:
        """Add them and say how many."""
        self.stdout.write(f"{seed_collections()} collections added")
