"""`manage.py import_products FILE --storefront SLUG`."""

import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shop.catalogue.importing import Report, import_products
from shop.catalogue.shopify_csv import CsvProblem
from shop.storefronts.models import Storefront


class Command(BaseCommand):
    """Reads a file row by row, in one transaction: all of it is imported, or nothing."""

    help = (
        "Import Shopify's product CSV for a storefront. Products are known by their handle, "
        "variants by their option values; running it again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """FILE and --storefront."""
        parser.add_argument("file", type=Path, help="the CSV file, UTF-8")
        parser.add_argument("--storefront", required=True, metavar="SLUG", help="who sells them")

    def handle(self, *args: Any, file: Path, storefront: str, **options: Any) -> None:
        """Import, and say what changed. Raises CommandError naming line, column and reason."""
        shop = Storefront.objects.filter(slug=storefront).first()
        if shop is None:
            known = ", ".join(Storefront.objects.values_list("slug", flat=True))
            raise CommandError(
                f"There is no storefront “{storefront}”. "
                + (f"There are: {known}." if known else "There are none yet: run seed_demo.")
            )
        try:
            with file.open("rb") as opened:
                report = import_products(opened, shop)
        except CsvProblem as problem:
            raise CommandError(f"{file}: {problem}. Nothing was imported.") from problem
        except (OSError, csv.Error) as problem:
            reason = getattr(problem, "strerror", None) or problem
            raise CommandError(f"{file}: {reason}. Nothing was imported.") from problem
        self.stdout.write(in_words(report))


def in_words(report: Report) -> str:
    """The report as one line."""
    parts = [
        f"{report.products} products: {report.created} created, {report.updated} updated, "
        f"{report.unchanged} unchanged",
        f"{report.variants} variants",
        f"{report.images} images",
    ]
    if report.variants_removed:
        parts.append(f"{report.variants_removed} variants removed")
    if report.images_removed:
        parts.append(f"{report.images_removed} images removed")
    return "; ".join(parts) + (" (no change)" if report.changed_nothing else "")
