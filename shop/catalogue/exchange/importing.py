"""Takes a product file into the catalogue: all of it, or nothing, or all that is right."""

from collections.abc import Callable, Iterable, Iterator
from typing import IO, Literal

from django.conf import settings
from django.db import reset_queries, transaction
from django.utils.translation import gettext as _

from shop.audit.actors import Actor, system
from shop.audit.causes import because
from shop.catalogue.models import Variant
from shop.catalogue.services import lock_tree
from shop.storefronts.models import Storefront

from .batches import Batch
from .formats import open_source
from .parsed import ParsedProduct, ParsedVariant, Source
from .reading import CsvProblem
from .reports import Report
from .writing import BatchWriter

BATCH = 500
"""Products read, compared and written together; with BATCH_WEIGHT it bounds memory."""
BATCH_WEIGHT = 8_000_000
"""Roughly the characters of these products."""

type OnError = Literal["stop", "skip"]
type OnProgress = Callable[[int, int], None]


class _SkusTaken(Exception):
    """Products that must be left out because their SKUs belong to others; by slug."""

    def __init__(self, problems: dict[str, CsvProblem]) -> None:
        self.problems = problems


def import_products(
    file: IO[bytes],
    storefront: Storefront,
    *,
    format_name: str = "",
    encoding: str = "",
    on_error: OnError = "stop",
    dry_run: bool = False,
    on_progress: OnProgress | None = None,
    by: Actor | None = None,
    file_name: str = "",
) -> Report:
    """Import a product CSV, opened in binary mode and to be sought in, for a storefront.

    A product is known by its handle, a variant by its option values, a picture by its address:
    what is there is brought up to date, and what the file no longer has of a product's variants
    and imported pictures is removed. The storefront is added to those that sell the product. A
    blank category leaves the category alone, a missing column its field. Pictures stay where they
    are: only addresses are kept.

    format_name: one of `formats.FORMATS`, else the header tells. encoding: else UTF-8 or UTF-16.
    on_error: "skip" leaves out products that are wrong, and the report names them. dry_run: find
    out all that the report says, and change nothing. on_progress: gets what is done and how much
    there is, in any unit. by: who does it, else a program; the ledger of stock keeps it, and the
    file's name.

    One transaction: raises CsvProblem with line, column and reason, and then nothing has changed.
    With "skip" it does so for a file that cannot be read to its end only.
    """
    excluded: dict[str, CsvProblem] = {}
    while True:
        source = open_source(file, format_name, encoding)
        try:
            with transaction.atomic():
                with because("imported", by or system("import_products"), reason=file_name):
                    lock_tree()
                    run = _Import(source, storefront, on_error, excluded)
                    run.take_all(on_progress)
                transaction.set_rollback(dry_run)
        except _SkusTaken as taken:
            excluded |= taken.problems
        else:
            return run.report


class _Import:
    """One run through the file."""

    def __init__(
        self,
        source: Source,
        storefront: Storefront,
        on_error: OnError,
        excluded: dict[str, CsvProblem],
    ) -> None:
        self.source = source
        self.on_error = on_error
        self.excluded = excluded
        self.report = Report()
        self.writer = BatchWriter(storefront, source.keeps)
        self.late_skus: dict[int, tuple[str, ParsedVariant]] = {}

    def take_all(self, on_progress: OnProgress | None) -> None:
        """Import the file, batch by batch."""
        for parsed in _batches(self.products()):
            self.take(parsed)
            if on_progress:
                on_progress(*self.source.progress())
            if settings.DEBUG:
                reset_queries()  # Django keeps them all, and a file may be long
        self.assign_late_skus()

    def products(self) -> Iterator[ParsedProduct]:
        """Those that are right and not excluded."""
        for product in self.source.products(self.refuse):
            if product.slug in self.excluded:
                self.report.skip(self.excluded[product.slug])
            else:
                yield product

    def refuse(self, problem: CsvProblem) -> None:
        """Stop, or leave the product out."""
        if self.on_error == "stop":
            raise problem
        self.report.skip(problem)

    def take(self, parsed: list[ParsedProduct]) -> None:
        """Compare and write one batch, and count."""
        batch = self.writer.write(parsed)
        self.late_skus |= batch.late_skus
        self.count(parsed, batch)

    def count(self, parsed: list[ParsedProduct], batch: Batch) -> None:
        """Put a batch into the report."""
        report, changed = self.report, batch.changes
        created = len(batch.created)
        report.created += created
        report.updated += len(changed) - created
        report.unchanged += len(parsed) - len(changed)
        report.variants += sum(len(product.variants) for product in parsed)
        report.images += sum(len(product.images) for product in parsed)
        report.variants_removed += batch.variants_removed
        report.images_removed += batch.images_removed
        report.add_changes(list(changed.values()))

    def assign_late_skus(self) -> None:
        """Give SKUs that belonged to another variant when their turn came.

        Only when all rows are in can it be told whether the other one gave its SKU up.
        """
        wanted = {
            parsed.sku: (slug, parsed) for slug, parsed in self.late_skus.values() if parsed.sku
        }
        owners = Variant.objects.filter(sku__in=wanted).select_related("product").order_by("pk")
        problems: dict[str, CsvProblem] = {}
        for owner in owners:
            slug, parsed = wanted[owner.sku]
            reason = _("“%(sku)s” belongs to “%(owner)s” (%(product)s) already")
            problem = CsvProblem(
                reason % {"sku": owner.sku, "owner": owner, "product": owner.product.slug},
                parsed.line,
                parsed.sku_column,
            )
            if self.on_error == "stop":
                raise problem
            problems[slug] = problem
        if problems:
            raise _SkusTaken(problems)
        variants = Variant.objects.in_bulk(self.late_skus)
        for pk, variant in variants.items():
            variant.sku = self.late_skus[pk][1].sku
        Variant.objects.bulk_update(variants.values(), ["sku"], batch_size=BATCH)


def _batches(products: Iterable[ParsedProduct]) -> Iterator[list[ParsedProduct]]:
    batch, weight = list[ParsedProduct](), 0
    for product in products:
        batch.append(product)
        weight += product.weight
        if len(batch) >= BATCH or weight > BATCH_WEIGHT:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch
