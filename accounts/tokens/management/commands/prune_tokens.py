"""`manage.py prune_tokens`."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.tokens import services


class Command(BaseCommand):
    """Delete what is left of expired API tokens."""

    help = (
        "Deletes the rows of Store API tokens that have expired, and registrations that never "
        "became a customer within 7 days. Changes nothing for anybody; safe to run at any time."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete, and say how many."""
        self.stdout.write(f"{services.prune()} rows deleted.")
