"""`manage.py audit_orders`."""

import json
import sys
from argparse import ArgumentParser
from datetime import datetime, time
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from orders.auditing import services
from orders.auditing.findings import Finding


class Command(BaseCommand):
    """Check that orders are what their history says, and that nobody spoke for another."""

    help = (
        "Recomputes every order's audit trail, its sums, its payments and its stock, and looks for "
        "orders that may speak for somebody who did not send them. Reads only, but for the list of "
        "anomalies in the admin, to which it adds what is new, and for how far each trail has "
        "come. Ends with status 1 if it finds anything. Run it every night; docs/audit-trail.md "
        "explains each finding."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare which orders, and how to tell."""
        parser.add_argument(
            "--since", metavar="TIME", help="orders placed since then: 2026-11-01, 2026-11-01T08:00"
        )
        parser.add_argument("--order", metavar="NUMBER", default="", help="this order only")
        parser.add_argument("--format", choices=["table", "json"], default="table")
        parser.add_argument(
            "--no-list", action="store_true", help="leave the list in the admin alone"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Audit, tell, and exit."""
        since = _time(options["since"]) if options["since"] else None
        orders = services.orders_since(since, options["order"])
        count = orders.count()
        if options["order"] and not count:
            raise CommandError(f"There is no order {options['order']}.")
        console = Console(stderr=True)
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("Orders", total=count)
            found = list(
                services.audit(
                    orders,
                    lambda done: bar.update(task, completed=done),
                    keep_heads=not options["no_list"],
                )
            )
        if not options["order"]:
            found += services.audit_stock()
        new = 0 if options["no_list"] else services.keep(found)
        if options["format"] == "json":
            self.stdout.write(json.dumps(_as_json(count, found, new), ensure_ascii=False))
        else:
            self._table(count, found, new)
        if found:
            sys.exit(1)

    def _table(self, count: int, found: list[Finding], new: int) -> None:
        if not found:
            self.stdout.write(f"{count} orders: all in order.")
            return
        table = Table("Order", "What", "How it shows")
        for each in found:
            table.add_row(each.number, each.kind.value, each.message)
        Console(file=cast("IO[str]", self.stdout)).print(table)
        self.stdout.write(f"{count} orders: {len(found)} anomalies, {new} of them new.")


def _as_json(count: int, found: list[Finding], new: int) -> dict[str, Any]:
    return {
        "orders": count,
        "new": new,
        "anomalies": [
            {
                "order": each.order.number if each.order else None,
                "kind": each.kind.value,
                "message": each.message,
                "evidence": each.evidence,
            }
            for each in found
        ],
    }


def _time(text: str) -> datetime:
    try:
        day = parse_date(text)
        found = datetime.combine(day, time.min) if day else parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"--since: “{text}” is no time. Write 2026-11-01 or 2026-11-01T08:00.")
    return found if timezone.is_aware(found) else timezone.make_aware(found)
