"""`manage.py import_products FILE --storefront SLUG`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shop.catalogue.exchange.formats import FORMATS
from shop.catalogue.exchange.importing import import_products
from shop.catalogue.exchange.progress import shown_progress
from shop.catalogue.exchange.reading import CsvProblem
from shop.catalogue.exchange.reports import Report
from shop.catalogue.management.storefronts import storefront_named

SHOWN = 20
"""Products that a dry run names, unless told to be more verbose."""


class Command(BaseCommand):
    """Reads a file row by row, in one transaction: all of it is imported, or nothing."""

    help = (
        "Import Shopify's or WooCommerce's product CSV for a storefront. Products are known by "
        "their handle, variants by their option values; running it again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """FILE and what to do with it."""
        parser.add_argument("file", type=Path, help="the CSV file")
        parser.add_argument("--storefront", required=True, metavar="SLUG", help="who sells them")
        parser.add_argument("--format", choices=FORMATS, default="", help="else the header tells")
        parser.add_argument(
            "--encoding", default="", help="such as windows-1252; else UTF-8, or UTF-16 with a mark"
        )
        parser.add_argument(
            "--on-error", choices=("stop", "skip"), default="stop",
            help="stop: import nothing (the default); skip: leave out the products that are wrong",
        )  # fmt: skip
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, and change nothing"
        )

    def handle(self, *args: Any, file: Path, storefront: str, **options: Any) -> None:
        """Import, and say what changed. Raises CommandError naming line, column and reason."""
        shop = storefront_named(storefront)
        dry_run: bool = options.get("dry_run", False)
        try:
            with file.open("rb") as opened, shown_progress("Importing") as on_progress:
                report = import_products(
                    opened,
                    shop,
                    format_name=options.get("format", ""),
                    encoding=options.get("encoding", ""),
                    on_error=options.get("on_error", "stop"),
                    dry_run=dry_run,
                    on_progress=on_progress,
                    file_name=file.name,
                )
        except CsvProblem as problem:
            raise CommandError(f"{file}: {problem}. Nothing was imported.") from problem
        except OSError as problem:
            reason = problem.strerror or problem
            raise CommandError(f"{file}: {reason}. Nothing was imported.") from problem
        for fault in report.problems:
            self.stderr.write(f"left out: {fault}")
        if report.skipped > len(report.problems):
            self.stderr.write(f"… and {report.skipped - len(report.problems)} more")
        if dry_run:
            self.show_changes(report, SHOWN if options.get("verbosity", 1) < 2 else None)
        self.stdout.write(f"Dry run, nothing was changed. {report}" if dry_run else str(report))

    def show_changes(self, report: Report, limit: int | None) -> None:
        """Name the products that would change, and how."""
        for change in report.changes[:limit]:
            self.stdout.write(f"{'new' if change.is_new else 'changed'}: {change.slug}")
            for detail in change.details:
                self.stdout.write(f"  {detail}")
        more = report.created + report.updated - len(report.changes[:limit])
        if more:
            self.stdout.write(f"… and {more} more")
