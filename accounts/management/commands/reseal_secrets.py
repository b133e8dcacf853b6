"""`manage.py reseal_secrets`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.services.factors import reseal_all


class Command(BaseCommand):
    """Seals the secrets of authenticator apps and recovery codes with today's SECRET_KEY."""

    help = (
        "Seal the secrets of authenticator apps and recovery codes with the current SECRET_KEY. "
        "Run it after changing the key, before the old one is taken out of SECRET_KEY_FALLBACKS: "
        "without that, their owners' codes would no longer be accepted. Safe twice."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Seal them. Raises CommandError if some could not be opened, and says whose."""
        sealed, lost = reseal_all()
        self.stdout.write(f"{sealed} sealed with the current key")
        if lost:
            accounts = ", ".join(str(pk) for pk in sorted(set(lost)))
            raise CommandError(
                f"{len(lost)} could not be opened with any key that we have: is an old SECRET_KEY "
                f"missing in SECRET_KEY_FALLBACKS? Accounts: {accounts}."
            )
