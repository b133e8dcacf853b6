"""`manage.py prune_outbox [--dry-run]`."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from shop.mailing.services import prune


class Command(BaseCommand):
    """Mails hold names and addresses: they are not kept for ever."""

    help = (
        "Delete mails that were sent or given up more than MAIL_KEEP_DAYS days ago. Mails that "
        "still wait are never deleted. Safe to repeat."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--dry-run."""
        parser.add_argument("--dry-run", action="store_true", help="only say how many there are")

    def handle(self, *args: Any, dry_run: bool = False, **options: Any) -> None:
        """Delete, and say how many."""
        count = prune(dry_run=dry_run)
        would = "would be deleted" if dry_run else "deleted"
        self.stdout.write(f"{count} mails older than {settings.MAIL_KEEP_DAYS} days {would}.")
