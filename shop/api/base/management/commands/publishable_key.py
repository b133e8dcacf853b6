"""`manage.py publishable_key`."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from shop.api.base.models import PublishableKey
from shop.storefronts.models import Storefront


class Command(BaseCommand):
    """Prints the key a program calls the Store API with, and makes it where there is none."""

    help = (
        "Print the publishable key that names a storefront to the Store API, one for each title. "
        "Made where it is missing; safe to repeat. Keys are no secret; staff revoke them in the "
        "admin."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which storefront, and who uses the key."""
        parser.add_argument("--storefront", required=True, metavar="SLUG", help="as in the admin")
        parser.add_argument("--title", default="Storefront", help="who uses it (%(default)s)")
        parser.add_argument(
            "--origin",
            action="append",
            default=[],
            metavar="URL",
            help="a site whose scripts may call with it: https://shop.example; may be repeated",
        )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Print the key. Raises CommandError for an unknown storefront or a bad origin."""
        shop = Storefront.objects.filter(slug=options["storefront"]).first()
        if shop is None:
            known = ", ".join(Storefront.objects.values_list("slug", flat=True)) or "none"
            raise CommandError(f"There is no storefront {options['storefront']}; known: {known}.")
        living = PublishableKey.objects.filter(revoked_at=None)
        key = living.filter(storefront=shop, title=options["title"]).first() or PublishableKey(
            storefront=shop, title=options["title"]
        )
        key.origins = sorted({*key.origins, *options["origin"]})
        try:
            key.full_clean()
        except ValidationError as refused:
            raise CommandError(" ".join(refused.messages)) from None
        key.save()
        self.stdout.write(key.token)
