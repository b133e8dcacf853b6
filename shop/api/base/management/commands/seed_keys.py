"""`manage.py seed_keys`."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from shop.api.base.models import PublishableKey
from shop.storefronts.models import Storefront

ORIGINS = ["http://localhost:8000"]
"""Where a storefront in development is served."""


class Command(BaseCommand):
    """Gives each of the demo's storefronts a key that is easy to type."""

    help = (
        "Add a publishable key for each of the demo's storefronts, pk_demo_<slug>, where it is "
        "missing. Refuses outside the demo; use manage.py publishable_key there."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Add the keys, and say so. Raises CommandError where settings.DEMO is not true."""
        if not settings.DEMO:
            raise CommandError(
                "seed_keys makes keys for the demo only. Use manage.py publishable_key here. "
                "Nothing was changed."
            )
        for shop in Storefront.objects.all():
            key, made = PublishableKey.objects.get_or_create(
                token=f"pk_demo_{shop.slug}",
                defaults={"title": "Demo", "storefront": shop, "origins": ORIGINS},
            )
            self.stdout.write(f"{key.token}: {'added' if made else 'there already'}")
