"""`manage.py send_outbox`."""

import sys
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import track

from shop.mailing.models import OutgoingMail
from shop.mailing.sending import deliver

EXPLAINED = """\
Send every mail of the outbox that is due, and say what became of it.

The worker (manage.py db_worker --queue-name '*') sends mails within a second and tries failed ones
again by itself. This command is for what a worker that was killed has left behind, and for a shop
that runs without one: run it every few minutes. It is safe to run twice, beside itself and beside
workers: each mail is claimed by one of them.

It ends with status 1 where the mail server cannot be reached at all; the mails wait."""


class Command(BaseCommand):
    """Goes through the mails that are due, the longest waiting first."""

    help = EXPLAINED

    def handle(self, *args: Any, **options: Any) -> None:
        """Send. Raises CommandError where the mail server cannot be reached."""
        due = list(OutgoingMail.objects.due().order_by("due_at", "pk").values_list("pk", flat=True))
        outcomes: Counter[str] = Counter()
        console = Console(file=sys.stderr)
        for mail_id in track(
            due, "Sending", console=console, transient=True, disable=not sys.stderr.isatty()
        ):
            outcome = deliver(mail_id)
            outcomes[outcome] += 1
            if outcome == "unreachable":
                error = OutgoingMail.objects.values_list("last_error", flat=True).get(pk=mail_id)
                waiting = OutgoingMail.objects.open().count()
                raise CommandError(
                    f"{outcomes['sent']} sent. Then the mail server could not be reached "
                    f"({error}); {waiting} mails wait."
                )
        later = OutgoingMail.objects.open().count()
        self.stdout.write(
            f"{outcomes['sent']} sent, {outcomes['later']} to be tried again, "
            f"{outcomes['failed']} given up; {later} wait for their time."
        )
