"""`manage.py expire_carts`."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.progress import Progress

from carts.expiry import expire_some, left_alone
from carts.models import CartLine
from shop.audit.actors import system

EXPLAINED = """\
Delete the carts of guests that nobody has changed for a long time.

A guest's cart is known by the token in a browser, or by a secret id in the Store API; when that is
gone nobody can reach the cart any more, but its rows stay. This deletes those that were not
changed for so many days (60 unless told otherwise), in small transactions, oldest first. What is
in them was never promised to anybody, so no stock changes. Carts of customers are kept for as long
as the account is: they are found again at the next login. Orders that came from a cart stay.

It is safe to run twice, beside itself and while people shop: whoever changes their cart at that
moment keeps it. Run it once a day."""


def days(text: str) -> int:
    """A number of days, one or more: with 0 the carts of people who are shopping would go."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 36500:
        raise ArgumentTypeError(f"{text!r} is not a number of days from 1 to 36500")
    return int(text)


class Command(BaseCommand):
    """Goes through the carts that were left alone, the oldest first."""

    help = EXPLAINED

    def add_arguments(self, parser: CommandParser | ArgumentParser) -> None:
        """How long, and whether to do it."""
        parser.add_argument(
            "--older-than",
            type=days,
            default=60,
            metavar="DAYS",
            help="days without a change after which a cart is deleted (default: 60)",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="count what would be deleted, and do nothing"
        )

    def handle(
        self, *args: Any, older_than: int = 60, dry_run: bool = False, **options: Any
    ) -> None:
        """Delete, and say how many."""
        since = timezone.now() - timedelta(days=older_than)
        total = left_alone(since).count()
        if dry_run:
            lines = CartLine.objects.filter(cart__in=left_alone(since)).count()
            self.stdout.write(
                f"Dry run, nothing was changed. {total} carts with {lines} lines would be deleted."
            )
            return
        deleted, by = 0, system("expire_carts")
        console = Console(file=sys.stderr)
        with Progress(console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
            task = bar.add_task("Deleting", total=total)
            while some := expire_some(since, by=by):
                deleted += some
                bar.update(task, completed=deleted)
        self.stdout.write(f"{deleted} carts deleted.")
