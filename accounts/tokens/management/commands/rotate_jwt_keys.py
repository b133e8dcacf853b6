"""`manage.py rotate_jwt_keys`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.tokens import keys


class Command(BaseCommand):
    """Sign API tokens with a new key."""

    help = (
        "Makes a new key that signs the Store API's tokens from now on. Nobody is logged out: "
        "older keys go on checking what they signed until that has expired, 7 days at most. "
        "Safe to run as often as you like; once a month is usual. After a leak of SECRET_KEY, "
        "change that first (without keeping it in SECRET_KEY_FALLBACKS)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare --refuse-others."""
        parser.add_argument(
            "--refuse-others",
            action="store_true",
            help="refuse within a minute what older keys signed: every client logs in anew",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the key, and say what that means."""
        key = keys.add_key()
        self.stdout.write(f"{key.kid} signs from now on.")
        if options["refuse_others"]:
            ended = keys.refuse_others(key)
            self.stdout.write(f"Tokens of {ended} older keys are refused from now on.")
