"""`manage.py reconcile_payments`."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from orders.payment.services import Finding, due, reconcile
from orders.payment.services.reconciling import Unsettled, Verdict
from shop.audit.actors import system

MEANING = {
    Verdict.PAID: "the money had come",
    Verdict.AUTHORIZED: "authorised, to be collected",
    Verdict.CLOSED: "came to nothing",
    Verdict.WAITING: "not decided yet",
    Verdict.PAID_BACK: "paid back",
    Verdict.NOT_PAID_BACK: "could not be paid back: look at it in the admin",
    Verdict.SILENT: "the gateway gave no answer",
}


def minutes(text: str) -> timedelta:
    """A number of minutes, not negative. Raises ArgumentTypeError."""
    try:
        number = float(text)
        if not 0 <= number < 1e7:
            raise ValueError
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a number of minutes") from None
    return timedelta(minutes=number)


class Command(BaseCommand):
    """Brings what was left open to an end; made to be run every few minutes."""

    help = (
        "Ask the gateways about payments that never answered, and book, close or expire them; ask "
        "again for refunds that are still on their way. Safe to run twice, and beside a second "
        "run. Exit status: 0 if every gateway answered, 1 if one did not or a refund failed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How old, and whether to change anything."""
        parser.add_argument(
            "--older-than", type=minutes, default=minutes("10"), metavar="MINUTES",
            help="leave alone what was begun less than so long ago (default: 10)",
        )  # fmt: skip
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="ask, say what would come of it, change nothing",
        )

    def handle(self, *args: Any, older_than: timedelta, dry_run: bool, **options: Any) -> None:
        """Reconcile, and say what came of it. Raises CommandError where something is left to do."""
        unsettled = due(older_than)
        verdicts: Counter[Verdict] = Counter()
        expired = 0
        with _progress(unsettled) as steps:
            for finding in reconcile(steps, by=system("reconcile_payments"), dry_run=dry_run):
                verdicts[finding.verdict] += 1
                expired += finding.expired
                if options["verbosity"] > 1 or finding.error:
                    self.stdout.write(_line(finding))
        self.stdout.write(_summary(verdicts, expired, dry_run=dry_run))
        left = verdicts[Verdict.SILENT] + verdicts[Verdict.NOT_PAID_BACK]
        if left:
            raise CommandError(f"{left} could not be settled. Run this again; see docs/payment.md.")


def _line(finding: Finding) -> str:
    payment = finding.payment
    what = f"refund of {finding.refund.amount}" if finding.refund else f"{payment.amount}"
    error = f" ({finding.error})" if finding.error else ""
    expired = ", and the order has expired" if finding.expired else ""
    verdict = f"{finding.verdict}: {MEANING[finding.verdict]}{expired}{error}"
    return f"{payment.order.number}  {payment.gateway}  {what} {payment.currency}  {verdict}"


def _summary(verdicts: Counter[Verdict], expired: int, *, dry_run: bool) -> str:
    if not verdicts:
        return "Nothing to reconcile."
    told = [f"{count} {MEANING[verdict]}" for verdict, count in sorted(verdicts.items())]
    if expired:
        told.append("1 order has expired" if expired == 1 else f"{expired} orders have expired")
    return f"{'Dry run, nothing was changed. ' if dry_run else ''}{'; '.join(told)}."


@contextmanager
def _progress(unsettled: list[Unsettled]) -> Iterator[Iterator[Unsettled]]:
    """The same, with a bar on a terminal while they are worked on."""
    console = Console(file=sys.stderr)
    columns = (TextColumn("Asking the gateways"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        yield iter(bar.track(unsettled, total=len(unsettled)))
