"""Shopify's product CSV.

The format: https://help.shopify.com/en/manual/products/import-export/using-csv. Rows with the same
Handle stand together and are one product. Its first row holds the product, a variant and a
picture; further rows hold a variant, a picture or both. The columns got other names in 2025, which
are understood too. Columns that are not named here are ignored.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from django.utils.translation import gettext as _

from .languages import column_in, columns_in, languages_of, with_translations
from .parsed import (
    MAX_ROWS,
    ParsedProduct,
    ParsedVariant,
    Seen,
    add_variant,
    category_names_of,
    category_of,
    description_of,
    facts_cell,
    facts_of,
    handle_of,
    tags_of,
    texts_of,
    title_of,
)
from .reading import CsvProblem, Refuse, Row, Table

ATTRIBUTES = "Attributes (product.metafields.galleria.attributes)"
COLUMNS = (
    "Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Published",
    "Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value", "Option3 Name",
    "Option3 Value", "Variant SKU", "Variant Grams", "Variant Inventory Tracker",
    "Variant Inventory Qty", "Variant Inventory Policy", "Variant Fulfillment Service",
    "Variant Price", "Variant Compare At Price", "Variant Requires Shipping", "Variant Taxable",
    "Variant Barcode", "Image Src", "Image Position", "Image Alt Text", "Variant Image", "Status",
    ATTRIBUTES,
)  # fmt: skip
"""What is written, in this order."""

NAMES = {column.casefold(): column for column in COLUMNS} | {
    "url handle": "Handle",
    "description": "Body (HTML)",
    "published on online store": "Published",
    "sku": "Variant SKU",
    "weight value (grams)": "Variant Grams",
    "inventory tracker": "Variant Inventory Tracker",
    "inventory quantity": "Variant Inventory Qty",
    "continue selling when out of stock": "Variant Inventory Policy",
    "price": "Variant Price",
    "compare-at price": "Variant Compare At Price",
    "requires shipping": "Variant Requires Shipping",
    "charge tax": "Variant Taxable",
    "barcode": "Variant Barcode",
    "product image url": "Image Src",
    "variant image url": "Variant Image",
}
"""What a column is called here, by the names it has in files."""

TRANSLATED = (
    "Title", "Body (HTML)", "Type", "Option1 Name", "Option1 Value", "Option2 Name",
    "Option2 Value", "Option3 Name", "Option3 Value", "Image Alt Text", ATTRIBUTES,
)  # fmt: skip
"""What may be there in other languages, too."""

REQUIRED = ("Handle", "Title", "Variant Price")
FIELDS = {
    "Body (HTML)": "description",
    "Vendor": "vendor",
    "Tags": "tags",
    "Variant SKU": "sku",
    "Variant Grams": "weight_grams",
    "Variant Inventory Tracker": "tracks_stock",
    "Variant Inventory Qty": "stock",
    "Variant Inventory Policy": "allows_backorder",
    "Variant Compare At Price": "compare_at_price",
    "Variant Requires Shipping": "requires_shipping",
    "Variant Taxable": "taxable",
    "Variant Barcode": "barcode",
    "Image Src": "images",
    "Image Alt Text": "alt",
    ATTRIBUTES: "attributes",
}
"""Fields that stay as they are where the file has no such column."""

OPTIONS = (1, 2, 3)
DEFAULT_VALUE = "Default Title"
"""The value of the one option, "Title", that stands for a product without options."""

_TRUTH = {"": True, "true": True, "false": False}
_STATUS = {"": True, "active": True, "draft": False, "archived": False, "unlisted": False}
_POLICY = {"": False, "deny": False, "continue": True, "false": False, "true": True}


class ShopifySource:
    """A file in this format. Raises CsvProblem where the header is another."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._names = table.named(
            with_translations(NAMES, TRANSLATED), REQUIRED, _("Shopify's product CSV")
        )
        keeps = {field for column, field in FIELDS.items() if column not in self._names}
        if not {"Published", "Status"} & set(self._names):
            keeps.add("is_published")
        self.keeps = frozenset(keeps)

    def progress(self) -> tuple[int, int]:
        """Bytes read, and bytes in all."""
        return self._table.position, self._table.size

    def products(self, refuse: Refuse) -> Iterator[ParsedProduct]:
        """The products, one at a time; none is kept."""
        seen = Seen()
        anything = False
        for handle, rows in self._groups():
            anything = True
            try:
                first = seen.line_of("handle", handle) if handle else None
                if first:
                    reason = _("“%(handle)s” again; its rows on line %(line)s and here must be "
                               "together") % {"handle": handle, "line": first}  # fmt: skip
                    raise rows[0].problem("Handle", reason)
                seen.add("handle", handle, rows[0].line)
                product = parse(rows)
                seen.claim_skus(product)
            except CsvProblem as problem:
                refuse(problem)
            else:
                yield product
        if not anything:
            raise CsvProblem(_("the file has a header, but no products"))

    def _groups(self) -> Iterator[tuple[str, list[Row]]]:
        handle, rows = "", list[Row]()
        for row in self._table.rows(self._names):
            own = row.get("Handle") or (handle if row.fault else "")
            if rows and own != handle:
                yield handle, rows
                rows = []
            handle = own
            if len(rows) <= MAX_ROWS:
                rows.append(row)
        if rows:
            yield handle, rows


def parse(rows: Sequence[Row]) -> ParsedProduct:
    """The product that these rows are. Raises CsvProblem for the first thing wrong."""
    for row in rows:
        if row.fault:
            raise row.fault
    if len(rows) > MAX_ROWS:
        raise rows[0].problem("Handle", _("more than %s rows for one product") % MAX_ROWS)
    product = _product(rows[0])
    for number, row in enumerate(rows):
        if row.get("Title") not in {"", product.title}:
            raise row.problem("Title", _("a second title for “%s”") % product.slug)
        if number == 0 or _holds_variant(row):
            add_variant(product, _variant(product, row), row, "Option1 Value")
        position = row.integer("Image Position")
        alts = {
            language: row.get(column, 512)
            for language, column in languages_of(row, "Image Alt Text")
        }
        product.add_image(row.address("Image Src"), position, row.get("Image Alt Text", 512), alts)
    for variant in product.variants:
        product.add_image(variant.image)
    return product


def _options_in_languages(row: Row, what: str, count: int) -> dict[str, list[str]]:
    """The names or values of all options, in the languages that the first one's column is in."""
    return {
        language: [row.get(column_in(f"Option{n} {what}", language), 255) for n in OPTIONS[:count]]
        for language, _first in languages_of(row, f"Option1 {what}")
    }


def _holds_variant(row: Row) -> bool:
    columns = ["Variant Price", "Variant SKU", *(f"Option{n} Value" for n in OPTIONS)]
    return any(row.get(column) for column in columns)


def _product(row: Row) -> ParsedProduct:
    handle = row.get("Handle")
    if not handle:
        raise row.problem("Handle", _("missing"))
    handle_of(row, "Handle", handle)
    title = title_of(row, "Title", handle)
    options = [row.get(f"Option{n} Name", 255) for n in OPTIONS]
    values = [row.get(f"Option{n} Value") for n in OPTIONS]
    if options[0] in {"", "Title"} and values[0] in {"", DEFAULT_VALUE} and not any(options[1:]):
        options = []
    while options and not options[-1]:
        options.pop()
    for number, name in enumerate(options, 1):
        if not name or name in options[: number - 1]:
            reason = _("named twice") if name else _("missing")
            raise row.problem(f"Option{number} Name", reason)
    path = category_of(row, "Type", row.get("Type"))
    offered = row.choice("Status", _STATUS)
    published = row.choice("Published", _TRUTH)
    return ParsedProduct(
        line=row.line,
        slug=handle,
        title=title,
        description=description_of(row, "Body (HTML)"),
        vendor=row.get("Vendor", 255),
        category_path=path,
        tags=tags_of(row, "Tags", row.get("Tags").split(",")),
        is_published=offered and published,
        options=options,
        attributes=facts_of(row, ATTRIBUTES),
        translations=texts_of(row, "Title", "Body (HTML)", ATTRIBUTES),
        category_translations={
            language: category_names_of(row, column, path, row.get(column))
            for language, column in languages_of(row, "Type")
        },
        option_translations=_options_in_languages(row, "Name", len(options)),
    )


def _variant(product: ParsedProduct, row: Row) -> ParsedVariant:
    count = len(product.options)
    values = [row.get(f"Option{n} Value", 255) for n in OPTIONS]
    for number, value in enumerate(values, 1):
        if number <= count and not value:
            reason = _("missing for “%s”") % product.options[number - 1]
            raise row.problem(f"Option{number} Value", reason)
        if number > count and value not in {"", DEFAULT_VALUE}:
            reason = _("“%(value)s”, but “%(product)s” has no option %(number)s")
            raise row.problem(
                f"Option{number} Value",
                reason % {"value": value, "product": product.slug, "number": number},
            )
    price = row.money("Variant Price")
    if price is None:
        raise row.problem("Variant Price", _("missing"))
    return ParsedVariant(
        line=row.line,
        option_values=values[:count],
        sku=row.get("Variant SKU", 255),
        barcode=row.get("Variant Barcode", 64),
        price=price,
        compare_at_price=row.money("Variant Compare At Price"),
        tracks_stock=bool(row.get("Variant Inventory Tracker")),
        stock=row.integer("Variant Inventory Qty"),
        allows_backorder=row.choice("Variant Inventory Policy", _POLICY),
        weight_grams=row.integer("Variant Grams"),
        requires_shipping=row.choice("Variant Requires Shipping", _TRUTH),
        taxable=row.choice("Variant Taxable", _TRUTH),
        position=len(product.variants) + 1,
        image=row.address("Variant Image"),
        sku_column=row.names.get("Variant SKU", "Variant SKU"),
        translations=_options_in_languages(row, "Value", count),
    )


class ShopifyWriter:
    """Writes products as `ShopifySource` reads them.

    languages: those that any of the products is translated into.
    """

    def __init__(self, languages: Sequence[str] = ()) -> None:
        self.header = (*COLUMNS, *columns_in(TRANSLATED, languages))

    def rows(self, product: ParsedProduct) -> list[dict[str, Any]]:
        """One row a variant or picture, whichever there is more of; cells by column."""
        pairs = zip_longest(product.variants, product.images)
        rows: list[dict[str, Any]] = []
        for variant, image in pairs:
            row: dict[str, Any] = {"Handle": product.slug}
            if variant:
                row |= _variant_cells(variant)
            if image:
                row |= {
                    "Image Src": image.source_url,
                    "Image Position": image.position,
                    "Image Alt Text": image.alt,
                    **{
                        column_in("Image Alt Text", language): alt
                        for language, alt in image.translations.items()
                    },
                }
            rows.append(row)
        if rows:
            rows[0] |= _product_cells(product)
        return rows

    def parse(self, rows: Sequence[Row]) -> ParsedProduct:
        """What an import would make of the rows. Raises CsvProblem."""
        return parse(rows)


def _product_cells(product: ParsedProduct) -> dict[str, Any]:
    names = product.options or ["Title"]
    if len(names) > len(OPTIONS):
        raise CsvProblem(_("%s options; this format has three") % len(names))
    return {
        "Title": product.title,
        "Body (HTML)": product.description,
        "Vendor": product.vendor,
        "Type": " > ".join(product.category_path),
        "Tags": ", ".join(product.tags),
        "Published": _word(product.is_published),
        "Status": "active" if product.is_published else "draft",
        ATTRIBUTES: facts_cell(product.attributes),
        **{f"Option{number} Name": name for number, name in enumerate(names, 1)},
        **_translated_cells(product),
    }


def _translated_cells(product: ParsedProduct) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for language, texts in product.translations.items():
        cells[column_in("Title", language)] = texts.get("title", "")
        cells[column_in("Body (HTML)", language)] = texts.get("description", "")
        cells[column_in(ATTRIBUTES, language)] = facts_cell(texts.get("attributes", {}))
    for language, path in product.category_translations.items():
        cells[column_in("Type", language)] = " > ".join(path)
    return cells | _numbered("Name", product.option_translations)


def _numbered(what: str, translations: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {
        column_in(f"Option{number} {what}", language): text
        for language, texts in translations.items()
        for number, text in enumerate(texts[: len(OPTIONS)], 1)
    }


def _variant_cells(variant: ParsedVariant) -> dict[str, Any]:
    values = variant.option_values or [DEFAULT_VALUE]
    before = variant.compare_at_price
    return {
        **{f"Option{number} Value": value for number, value in enumerate(values[:3], 1)},
        **_numbered("Value", variant.translations),
        "Variant SKU": variant.sku,
        "Variant Grams": variant.weight_grams,
        "Variant Inventory Tracker": "shopify" if variant.tracks_stock else "",
        "Variant Inventory Qty": variant.stock,
        "Variant Inventory Policy": "continue" if variant.allows_backorder else "deny",
        "Variant Fulfillment Service": "manual",
        "Variant Price": f"{variant.price:.2f}",
        "Variant Compare At Price": "" if before is None else f"{before:.2f}",
        "Variant Requires Shipping": _word(variant.requires_shipping),
        "Variant Taxable": _word(variant.taxable),
        "Variant Barcode": variant.barcode,
        "Variant Image": variant.image,
    }


def _word(truth: bool) -> str:
    return "true" if truth else "false"
