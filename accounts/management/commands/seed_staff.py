"""`manage.py seed_staff`."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.services import emails

EMAIL = "admin@galleria.localhost"
PASSWORD = "galleria"  # noqa: S105 - the demo shows it on its start page


class Command(BaseCommand):
    """Makes the demo's administrator, whose password everybody knows; only in the demo."""

    help = f"Add the demo's administrator, {EMAIL}, where it is missing. Refuses outside the demo."

    def handle(self, *args: Any, **options: Any) -> None:
        """Add the account, and say so. Raises CommandError where settings.DEMO is not true."""
        if not settings.DEMO:
            raise CommandError(
                "seed_staff makes an administrator with a known password, so it only runs with "
                "shop.settings.demo. Use manage.py createsuperuser here. Nothing was changed."
            )
        staff = User.objects.filter(email=EMAIL).first()
        if staff is not None:
            emails.confirm(staff)
            self.stdout.write(f"{EMAIL} is there already")
            return
        staff = User.objects.create_superuser(EMAIL, PASSWORD, first_name="Demo", last_name="Admin")
        emails.confirm(staff)
        self.stdout.write(f"{EMAIL} added")
