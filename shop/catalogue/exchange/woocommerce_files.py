"""Whole files in WooCommerce's format: variations stand anywhere, so rows wait on disk."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from .languages import column_in, columns_in
from .parsed import MAX_ROWS, ParsedProduct, ParsedVariant, Seen, facts_cell
from .reading import CsvProblem, Refuse, Row, Table
from .woocommerce import (
    BARCODE,
    COLUMNS,
    FACTS,
    FIELDS,
    HANDLE,
    REQUIRED,
    TRANSLATED,
    UNITS,
    attribute_columns,
    default_handle,
    escaped,
    joined,
    names,
    parse,
    types_of,
    unescaped,
)

_CHILDREN = (
    "SELECT line, cells, fault FROM file WHERE is_variation AND parent IN (?, ?) ORDER BY number"
)
_ORPHANS = """
SELECT line, parent FROM file AS variation WHERE is_variation
AND NOT EXISTS (SELECT 1 FROM file AS own WHERE own.is_variable AND own.id = variation.parent)
AND NOT EXISTS (SELECT 1 FROM file AS own WHERE own.is_variable AND own.sku = variation.parent)
ORDER BY number
"""


class WooCommerceSource:
    """A file in this format. Raises CsvProblem where the header is another."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._names = table.named(names(), REQUIRED, _("WooCommerce's product CSV"))
        self._called = dict(zip(self._names, table.header, strict=True))
        keeps = {field for column, field in FIELDS.items() if column not in self._names}
        if not set(UNITS) & set(self._names):
            keeps.add("weight_grams")
        if {"stock", "allows_backorder"} <= keeps and "In stock?" not in self._names:
            keeps.add("tracks_stock")
        self.keeps = frozenset({"alt", *keeps})
        self._rows = sqlite3.connect("")
        self._number = self._count = 0

    def progress(self) -> tuple[int, int]:
        """Rows understood, and rows in all; bytes as long as these are not counted."""
        if self._count:
            return self._number, self._count
        return 0, self._table.size

    def products(self, refuse: Refuse) -> Iterator[ParsedProduct]:
        """The products, one at a time; variations are found wherever they stand."""
        self._spool()
        for line, parent in self._rows.execute(_ORPHANS):
            reason = _("no variable product has the SKU or id “%s”") % (parent or "")[:80]
            refuse(CsvProblem(reason, line, self._called.get("Parent", "Parent")))
        seen = Seen()
        products = self._rows.execute(
            "SELECT number, line, cells, fault, id, sku FROM file "
            "WHERE NOT is_variation ORDER BY number"
        )
        for number, line, cells, fault, own_id, sku in products:
            self._number = number
            row = self._row(line, cells, fault)
            try:
                product = self._product(row, own_id or "", sku or "", seen)
            except CsvProblem as problem:
                refuse(problem)
            else:
                yield product

    def _product(self, row: Row, own_id: str, sku: str, seen: Seen) -> ParsedProduct:
        variations: list[Row] = []
        if "variable" in types_of(row):
            children = self._rows.execute(_CHILDREN, (own_id or None, sku or None))
            variations = [self._row(*each) for each in islice(children, MAX_ROWS + 1)]
        handle = self._handle(row, own_id, sku, seen)
        if handle:
            seen.add("handle", handle, row.line)
        if variations:
            for kind, name in (("id", own_id), ("parent", sku)):
                first = seen.line_of(kind, name) if name else None
                if first:
                    reason = _("“%(sku)s” is on line %(line)s already")
                    raise row.problem("SKU", reason % {"sku": name, "line": first})
                seen.add(kind, name, row.line)
        product = parse(row, variations, handle)
        seen.claim_skus(product)
        return product

    def _handle(self, row: Row, own_id: str, sku: str, seen: Seen) -> str:
        told = row.get(HANDLE)
        if told:
            first = seen.line_of("handle", told)
            if first:
                reason = _("“%(sku)s” is on line %(line)s already")
                raise row.problem(HANDLE, reason % {"sku": told, "line": first})
            return told
        handle = default_handle(row)
        if handle and seen.line_of("handle", handle):
            mark = slugify(sku, allow_unicode=True) or own_id.removeprefix("id:")
            handle = f"{handle}-{mark}"
            first = seen.line_of("handle", handle)
            if first or not mark:
                reason = _("another product has this name, and no SKU or ID tells them apart")
                raise row.problem("Name", reason)
        return handle

    def _spool(self) -> None:
        self._rows.execute(
            "CREATE TABLE file (number INTEGER PRIMARY KEY, line INTEGER, is_variation INTEGER, "
            "is_variable INTEGER, id TEXT, sku TEXT, parent TEXT, cells TEXT, fault TEXT)"
        )
        insert = "INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        self._rows.executemany(insert, self._spooled())
        for column, rows in (("id", "variable"), ("sku", "variable"), ("parent", "variation")):
            self._rows.execute(f"CREATE INDEX file_{column} ON file ({column}) WHERE is_{rows}")
        (self._count,) = self._rows.execute("SELECT count(*) FROM file").fetchone()
        if not self._count:
            raise CsvProblem(_("the file has a header, but no products"))

    def _spooled(self) -> Iterator[tuple[Any, ...]]:
        for number, row in enumerate(self._table.rows(self._names), 1):
            types, own_id = types_of(row), row.get("ID")
            parent = unescaped(row.get("Parent")).replace("id: ", "id:")
            if row.fault and not parent and not types & {"simple", "grouped", "external"}:
                raise row.fault  # whose variation it is, nobody can tell
            yield (
                number,
                row.line,
                "variation" in types,
                "variable" in types,
                f"id:{own_id}" if own_id else None,  # no value is equal to NULL
                unescaped(row.get("SKU")) or None,
                parent or None,
                json.dumps({name: unescaped(cell) for name, cell in row.cells.items() if cell}),
                json.dumps([row.fault.reason, row.fault.column]) if row.fault else "",
            )

    def _row(self, line: int, cells: str, fault: str) -> Row:
        problem = None
        if fault:
            reason, column = json.loads(fault)
            problem = CsvProblem(reason, line, column)
        kept = dict.fromkeys(self._names, "") | json.loads(cells)
        return Row(line, kept, self._called, problem)


class WooCommerceWriter:
    """Writes products as `WooCommerceSource` reads them.

    attributes: how many a product has at most, options and facts together. languages: those that
    any of the products is translated into.
    """

    def __init__(self, attributes: int, languages: Sequence[str] = ()) -> None:
        numbers = range(1, attributes + 1)
        columns = [name for number in numbers for name in attribute_columns(number)]
        options = [name for number in numbers for name in attribute_columns(number)[:2]]
        self.header = (*COLUMNS, *columns, *columns_in([*TRANSLATED, *options], languages))

    def rows(self, product: ParsedProduct) -> list[dict[str, Any]]:
        """A simple product, or a variable one with its variations; cells by column."""
        if not product.variants:
            return []
        shared = {
            "Name": product.title,
            "Published": 1 if product.is_published else -1,
            "Description": product.description,
            "Categories": joined([" > ".join(product.category_path)]),
            "Tags": joined(product.tags),
            "Images": joined(image.source_url for image in product.images),
            "Brands": joined([product.vendor]),
            HANDLE: product.slug,
            **_translated_cells(product),
        }
        if not product.options:
            cells = _variant_cells(product.variants[0], "simple")
            return [_escaped(shared | cells | _attributes(product, None))]
        head = shared | {"Type": "variable", "SKU": product.slug, "Tax status": "taxable"}
        rows = [head | _attributes(product, None)]
        for variant in product.variants:
            cells = _variant_cells(variant, "variation") | {
                "Name": f"{product.title} - {', '.join(variant.option_values)}",
                "Published": 1,
                "Images": joined([variant.image]),
                "Parent": product.slug,
                "Position": variant.position,
            }
            rows.append(cells | _attributes(product, variant))
        return [_escaped(row) for row in rows]

    def parse(self, rows: Sequence[Row]) -> ParsedProduct:
        """What an import would make of the rows. Raises CsvProblem."""
        plain = [
            Row(row.line, {name: unescaped(cell) for name, cell in row.cells.items()}, row.names)
            for row in rows
        ]
        return parse(plain[0], plain[1:])


def _translated_cells(product: ParsedProduct) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for language, texts in product.translations.items():
        cells[column_in("Name", language)] = texts.get("title", "")
        cells[column_in("Description", language)] = texts.get("description", "")
        cells[column_in(FACTS, language)] = facts_cell(texts.get("attributes", {}))
    for language, path in product.category_translations.items():
        cells[column_in("Categories", language)] = joined([" > ".join(path)])
    return cells


def _escaped(cells: dict[str, Any]) -> dict[str, Any]:
    return {name: escaped(cell) if isinstance(cell, str) else cell for name, cell in cells.items()}


def _attributes(product: ParsedProduct, variant: ParsedVariant | None) -> dict[str, Any]:
    """The cells of the attributes: of the product, or of one of its variants."""
    cells: dict[str, Any] = {}
    for number, name in enumerate(product.options):
        values = dict.fromkeys(each.option_values[number] for each in product.variants)
        own = [variant.option_values[number]] if variant else list(values)
        flags = ("", 0) if variant else (1, 0)
        columns = attribute_columns(number + 1)
        cells |= dict(zip(columns, (name, joined(own), *flags), strict=True))
        if variant is None:
            for language, called in product.option_translations.items():
                cells[column_in(columns[0], language)] = called[number]
        else:
            for language, texts in variant.translations.items():
                cells[column_in(columns[1], language)] = joined([texts[number]])
    if variant is None:
        options = {name.casefold() for name in product.options}
        facts = {name: value for name, value in product.attributes.items()
                 if name.casefold() not in options}  # fmt: skip
        for number, (name, value) in enumerate(facts.items(), len(product.options) + 1):
            columns = attribute_columns(number)
            cells |= dict(zip(columns, (name, joined([value]), 1, 0), strict=True))
        cells[FACTS] = facts_cell(
            {name: value for name, value in product.attributes.items() if name not in facts}
        )
    return cells


def _variant_cells(variant: ParsedVariant, kind: str) -> dict[str, Any]:
    before = variant.compare_at_price
    on_sale = before is not None and before > variant.price
    sellable = not variant.tracks_stock or variant.stock > 0
    kilograms = f"{variant.weight_grams / 1000:.3f}".rstrip("0").rstrip(".")
    return {
        "Type": kind if variant.requires_shipping else f"{kind}, virtual",
        "SKU": variant.sku,
        BARCODE: variant.barcode,
        "Tax status": "taxable" if variant.taxable else "none",
        "In stock?": 1 if sellable else "backorder" if variant.allows_backorder else 0,
        "Stock": variant.stock if variant.tracks_stock else "",
        "Backorders allowed?": int(variant.allows_backorder),
        "Weight (kg)": kilograms if variant.weight_grams else "",
        "Sale price": f"{variant.price:.2f}" if on_sale else "",
        "Regular price": f"{before if on_sale else variant.price:.2f}",
    }
