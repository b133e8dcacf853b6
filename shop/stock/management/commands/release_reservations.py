"""`manage.py release_reservations`."""

import logging
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.progress import track

from shop.audit.actors import system
from shop.stock import services
from shop.stock.models import Reservation

logger = logging.getLogger("shop.stock")

EXPLAINED = """\
Give up every promise of stock whose time is over, so that others can buy it.

While an order is being paid, its goods are reserved: still in stock, and for sale to nobody else.
When the time to pay is over the order ends, its goods go back into the shopper's cart, and the
promise is given up. The worker (manage.py db_worker) does so within a second. This command is for
what a worker that was killed has left behind, and for a shop that runs without one: run it every
few minutes. It also hands goods that have arrived to the customers they are owed to.

It is safe to run twice, and beside itself, workers and customers who pay at the last moment: each
promise is given up once, or not at all if it was paid.

It ends with status 1 where one could not be given up, after it has dealt with all the others."""


class Command(BaseCommand):
    """Goes through the promises that are over, oldest first, each in a transaction of its own."""

    help = EXPLAINED

    def add_arguments(self, parser: CommandParser | ArgumentParser) -> None:
        """Whether to do it."""
        parser.add_argument(
            "--dry-run", action="store_true", help="name what would be given up, and do nothing"
        )

    def handle(self, *args: Any, dry_run: bool = False, **options: Any) -> None:
        """Give up, and say what. Raises CommandError where that failed for one or more."""
        now, by = timezone.now(), system("release_reservations")
        over = services.expired(now)
        if dry_run:
            self.show(over)
            return
        released, failed = 0, []
        console = Console(file=sys.stderr)
        for reference in track(
            over, "Releasing", console=console, transient=True, disable=not sys.stderr.isatty()
        ):
            try:
                released += services.expire(reference, by=by, now=now)
            except Exception:  # one order that cannot end must not keep the others' goods
                logger.exception("the promise to %s could not be given up", reference)
                failed.append(reference)
        delivered = services.settle_owed(by=by)
        kept = len(over) - released - len(failed)
        self.stdout.write(
            f"{released} given up, {kept} paid or extended meanwhile; "
            f"{delivered} units went to customers they were owed to."
        )
        if failed:
            raise CommandError(
                f"{len(failed)} could not be given up (the log says why): {', '.join(failed)}"
            )

    def show(self, references: list[str]) -> None:
        """Name the promises that are over, and what they hold."""
        rows = Reservation.objects.filter(reference__in=references, state="open")
        for row in rows.order_by("until", "reference", "variant_id"):
            self.stdout.write(
                f"{row.reference}: {row.quantity} of variant {row.variant_id}, "
                f"over since {row.until:%Y-%m-%d %H:%M:%S} UTC"
            )
        self.stdout.write(f"Dry run, nothing was changed. {len(references)} would be given up.")
