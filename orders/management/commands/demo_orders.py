"""`manage.py demo_orders`."""

from argparse import ArgumentParser
from random import Random
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import Progress

from orders.trial.traffic import Traffic


class Command(BaseCommand):
    """Let shoppers come, for a trial."""

    help = (
        "Lets guests and customers shop on all storefronts, for a trial of the admin: they fill "
        "carts over several shops, use codes, leave, order, pay by transfer or on delivery; orders "
        "are sent in part or whole, cancelled, returned. All of it goes through the shop's own "
        "services, so stock is taken and audits find everything in order. Each run adds more. "
        "Refuses to run on a shop that is no demo, unless told that this is meant."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare how many, and which."""
        how_many = parser.add_mutually_exclusive_group()
        how_many.add_argument(
            "shoppers", type=int, nargs="?", help="how many come (default: 50)", metavar="SHOPPERS"
        )
        how_many.add_argument(
            "--count", type=int, default=50, help="the same by a name", metavar="SHOPPERS"
        )
        parser.add_argument("--days", type=int, default=30, help="spread over so many days before")
        parser.add_argument(
            "--seed", type=int, default=None, help="the same number, the same wishes"
        )
        parser.add_argument("--send-mails", action="store_true", help="send their mails, too")
        parser.add_argument(
            "--on-a-real-shop", action="store_true", help="this database may hold invented orders"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Let them come, and tell what became of them."""
        if not settings.DEMO and not options["on_a_real_shop"]:
            raise CommandError(
                "This is no demo: its orders, stock and invoice numbers would be real. If that is "
                "meant, add --on-a-real-shop."
            )
        count = options["count"] if options["shoppers"] is None else options["shoppers"]
        if count < 0 or options["days"] < 0:
            raise CommandError("SHOPPERS and --days: numbers from 0 up are expected.")
        random = Random(options["seed"])  # noqa: S311 - nothing secret is drawn
        traffic = Traffic(random, options["days"], options["send_mails"])
        if not any(traffic.goods.values()):
            raise CommandError("Nothing is for sale: run seed_demo, or import products.")
        console = Console(stderr=True)
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            for _shopper in bar.track(range(count), description="Shoppers"):
                traffic.one()
        for outcome, number in sorted(traffic.tally.outcomes.items()):
            self.stdout.write(f"{number:6}  {outcome}")
