"""`manage.py export_products FILE --storefront SLUG --format shopify`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shop.catalogue.exchange.exporting import Export, export_products
from shop.catalogue.exchange.formats import FORMATS, SHOPIFY
from shop.catalogue.exchange.progress import shown_progress
from shop.catalogue.management.storefronts import storefront_named


class Command(BaseCommand):
    """Writes beside the file first: what is there stays until all is written."""

    help = "Write a storefront's products as Shopify's or WooCommerce's product CSV."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """FILE and what to write."""
        parser.add_argument("file", type=Path, help="the CSV file to write")
        parser.add_argument("--storefront", required=True, metavar="SLUG", help="who sells them")
        parser.add_argument("--format", choices=FORMATS, default=SHOPIFY)
        parser.add_argument(
            "--base-url", default="", metavar="URL",
            help="where our own pictures are found; else https:// and the storefront's domain",
        )  # fmt: skip

    def handle(self, *args: Any, file: Path, storefront: str, **options: Any) -> None:
        """Export, and say what was left out. Raises CommandError where it cannot be written."""
        shop = storefront_named(storefront)
        report = Export()
        part = file.with_name(f".{file.name}.part")
        try:
            with part.open("wb") as opened, shown_progress("Exporting") as on_progress:
                opened.writelines(
                    export_products(
                        shop,
                        options.get("format", SHOPIFY),
                        report,
                        base=options.get("base_url", ""),
                        on_progress=on_progress,
                    )
                )
            part.replace(file)
        except OSError as problem:
            raise CommandError(f"{file}: {problem.strerror or problem}.") from problem
        finally:
            part.unlink(missing_ok=True)
        for slug, reason in report.left_out:
            self.stderr.write(f"left out: {slug}: {reason}")
        self.stdout.write(str(report))
