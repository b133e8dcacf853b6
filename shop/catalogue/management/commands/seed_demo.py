"""`manage.py seed_demo`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shop.catalogue.demo.loading import MainStorefrontTaken, load_demo
from shop.catalogue.demo.many import add_many


class Command(BaseCommand):
    """Sets the demo network up; running it again adds only what is missing."""

    help = "Add the demo's four storefronts and their products, as far as they are missing."

    def add_arguments(self, parser: CommandParser) -> None:
        """--products."""
        parser.add_argument(
            "--products",
            type=int,
            default=0,
            metavar="N",
            help="also N trial products, to see how the shop does with many",
        )

    def handle(self, *args: Any, products: int = 0, **options: Any) -> None:
        """Load the demo, and say what was added. Raises CommandError beside another network."""
        try:
            added = load_demo()
        except MainStorefrontTaken as taken:
            raise CommandError(
                f"The main storefront here is “{taken}”, not the demo's. Nothing was added: "
                "the demo needs a database of its own."
            ) from taken
        self.stdout.write(
            f"{added.storefronts} storefronts, {added.products} products and "
            f"{added.pictures} pictures added"
        )
        if products:
            self.stdout.write(f"{add_many(products)} trial products added")
