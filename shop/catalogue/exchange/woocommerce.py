"""WooCommerce's product CSV: what a row says.

The format: https://github.com/woocommerce/woocommerce/wiki/Product-CSV-Import-Schema. A row is a
product, or a variation of one. A file has no handles: ours stands in a meta column, which
WooCommerce keeps; where it is missing, the name makes one. Columns that are not named here are
ignored.
"""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from html import unescape

from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.text import slugify
from django.utils.translation import gettext as _

from .languages import column_in, languages_of, with_translations
from .parsed import (
    MAX_ROWS,
    ParsedProduct,
    ParsedVariant,
    add_variant,
    category_names_of,
    category_of,
    description_of,
    facts_of,
    handle_of,
    tags_of,
    texts_of,
    title_of,
)
from .reading import Row

HANDLE = "Meta: galleria_handle"
FACTS = "Meta: galleria_facts"
"""Facts that have the name of an option, which an attribute of its own cannot say."""
BARCODE = "GTIN, UPC, EAN, or ISBN"
UNITS = {
    "Weight (kg)": Decimal(1000),
    "Weight (g)": Decimal(1),
    "Weight (lbs)": Decimal("453.59237"),
    "Weight (oz)": Decimal("28.349523125"),
}
"""Grams in the unit that the shop of the file weighs in."""
MAX_ATTRIBUTES = 100

COLUMNS = (
    "Type", "SKU", BARCODE, "Name", "Published", "Short description", "Description",
    "Tax status", "In stock?", "Stock", "Backorders allowed?", "Weight (kg)", "Sale price",
    "Regular price", "Categories", "Tags", "Images", "Parent", "Position", "Brands", HANDLE,
    FACTS,
)  # fmt: skip
"""What is written, in this order; the attributes follow."""


TRANSLATED = ("Name", "Description", "Categories", FACTS)
"""What may be there in other languages, too; and the first two columns of each attribute."""


def attribute_columns(number: int) -> tuple[str, str, str, str]:
    """The columns of an attribute, counted from 1: name, values, visible, global."""
    start = f"Attribute {number} "
    return f"{start}name", f"{start}value(s)", f"{start}visible", f"{start}global"


_READ = (
    *COLUMNS, *UNITS, "ID", "Date sale price starts", "Date sale price ends",
    *(name for number in range(1, MAX_ATTRIBUTES + 1) for name in attribute_columns(number)),
)  # fmt: skip
_TRANSLATED_READ = (
    *TRANSLATED,
    *(name for number in range(1, MAX_ATTRIBUTES + 1) for name in attribute_columns(number)[:2]),
)
NAMES = {column.casefold(): column for column in _READ}
"""What a column is called here, by its name in small letters."""
REQUIRED = ("Type", "Name", "Regular price")
FIELDS = {
    "Description": "description",
    "Brands": "vendor",
    "Tags": "tags",
    "SKU": "sku",
    "Sale price": "compare_at_price",
    "Stock": "stock",
    "Backorders allowed?": "allows_backorder",
    "Tax status": "taxable",
    BARCODE: "barcode",
    "Images": "images",
    "Published": "is_published",
    "Attribute 1 name": "attributes",
}
"""Fields that stay as they are where the file has no such column."""

_LIST = re.compile(r"(?<!\\),")
_ESCAPED = ("'=", "'+", "'-", "'@")
_PUBLISHED = {"": True, "1": True, "true": True, "0": False, "-1": False, "false": False}
_STOCKED = {"": True, "1": True, "true": True, "0": False, "false": False, "backorder": True}
_BACKORDER = {"": False, "0": False, "false": False, "1": True, "true": True, "notify": True}
_TAXABLE = {"": True, "taxable": True, "parent": True, "none": False, "shipping": False}


def names() -> dict[str, str]:
    """What a column is called here, with those of translations."""
    return with_translations(NAMES, _TRANSLATED_READ)


def unescaped(cell: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    return cell[1:] if cell.startswith(_ESCAPED) else cell


def escaped(cell: str) -> str:
    """The reverse of `unescaped`."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell


def split(text: str) -> list[str]:
    """The parts of a list; a comma within one has a backslash."""
    parts = (part.replace("\\,", ",").strip() for part in _LIST.split(text))
    return [part for part in parts if part]


def joined(parts: Iterable[str]) -> str:
    """The reverse of `split`."""
    return ", ".join(part.replace(",", "\\,") for part in parts)


def types_of(row: Row) -> set[str]:
    """What a row is: {"simple", "virtual"}."""
    return {word.strip() for word in row.get("Type").lower().split(",")}


def default_handle(row: Row) -> str:
    """The handle that a product gets from its name."""
    return slugify(row.get("Name"), allow_unicode=True)[:200].strip("-_")


def parse(row: Row, variations: Sequence[Row], handle: str = "") -> ParsedProduct:
    """The product that these rows are. Raises CsvProblem for the first thing wrong."""
    for each in (row, *variations):
        if each.fault:
            raise each.fault
    if len(variations) > MAX_ROWS:
        raise row.problem("Name", _("more than %s rows for one product") % MAX_ROWS)
    types = types_of(row)
    if not types & {"simple", "variable"}:
        reason = _("“%s” products cannot be sold here; simple and variable ones can")
        raise row.problem("Type", reason % row.get("Type")[:80])
    handle = handle_of(row, HANDLE if row.get(HANDLE) else "Name", handle or row.get(HANDLE))
    title = title_of(row, "Name")
    facts = _attributes(row)
    path = _category_path(row)
    chosen = {name.casefold() for each in variations for name in _attributes(each)}
    options = [name for name in facts if name.casefold() in chosen]
    product = ParsedProduct(
        line=row.line,
        slug=handle,
        title=title,
        description=description_of(row, "Description", "Short description"),
        vendor=row.short("Brands", next(iter(split(row.get("Brands"))), ""), 255),
        category_path=path,
        tags=tags_of(row, "Tags", split(row.get("Tags"))),
        is_published=row.choice("Published", _PUBLISHED),
        options=options,
        attributes=_facts(row, chosen),
        translations=texts_of(row, "Name", "Description", FACTS),
        category_translations={
            language: category_names_of(row, column, path, next(iter(split(row.get(column))), ""))
            for language, column in languages_of(row, "Categories")
        },
        option_translations=_attributes_in_languages(row, options, 0),
    )
    for position, address in enumerate(split(row.get("Images")), 1):
        product.add_image(row.checked_address("Images", address), position)
    if "variable" in types:
        if not variations:
            raise row.problem("Type", _("no variation of “%s” is in the file") % title)
        for each in variations:
            add_variant(product, _variant(product, each, row), each, "Attribute 1 value(s)")
    else:
        add_variant(product, _variant(product, row, row), row, "Type")
    for variant in product.variants:
        product.add_image(variant.image)
    return product


def _attributes(row: Row) -> dict[str, list[str]]:
    """Names and values of the attributes that have any."""
    found: dict[str, list[str]] = {}
    for number in range(1, MAX_ATTRIBUTES + 1):
        name_column, value_column, *_others = attribute_columns(number)
        if name_column not in row.cells:
            break
        name = row.get(name_column, 255)
        values = split(row.get(value_column))
        if name and values:
            if name in found:
                raise row.problem(name_column, _("named twice"))
            found[name] = values
    return found


def _attributes_in_languages(row: Row, options: Sequence[str], part: int) -> dict[str, list[str]]:
    """The names (part 0) or values (part 1) of the options in other languages."""
    numbers: dict[str, int] = {}
    for number in range(1, MAX_ATTRIBUTES + 1):
        name = attribute_columns(number)[0]
        if name not in row.cells:
            break
        numbers.setdefault(row.get(name).casefold(), number)
    said: dict[str, list[str]] = {}
    for language, _first in languages_of(row, attribute_columns(1)[part]):
        columns = [attribute_columns(numbers[option.casefold()])[part] for option in options]
        cells = [row.get(column_in(column, language), 255) for column in columns]
        said[language] = [", ".join(split(cell)) if part else cell for cell in cells]
    return said


def _facts(row: Row, chosen: set[str]) -> dict[str, str]:
    """The attributes that no variation chooses, and those that only a meta column can say."""
    plain = {
        name: ", ".join(values)
        for name, values in _attributes(row).items()
        if name.casefold() not in chosen
    }
    facts = plain | facts_of(row, FACTS)
    return {name: facts[name] for name in sorted(facts)}


def _category_path(row: Row) -> tuple[str, ...]:
    """The deepest of the categories; the first of those that are equally deep."""
    paths = [
        category_of(row, "Categories", unescape(each)) for each in split(row.get("Categories"))
    ]
    deepest = max(paths, key=len, default=())
    return () if deepest == ("Uncategorized",) else deepest


def _variant(product: ParsedProduct, row: Row, parent: Row) -> ParsedVariant:
    own = {name.casefold(): values for name, values in _attributes(row).items()}
    values = []
    for name in product.options:
        value = ", ".join(own.get(name.casefold(), ()))
        if not value:
            reason = _("missing for “%s”; a variation for any value cannot be sold here")
            raise row.problem("Attribute 1 value(s)", reason % name)
        values.append(row.short("Attribute 1 value(s)", value, 255))
    price, before = _prices(row)
    counted = parent if row.get("Stock").lower() == "parent" else row
    backorder = row.choice("Backorders allowed?", _BACKORDER)
    stocked = row.choice("In stock?", _STOCKED)
    is_variation = row is not parent
    return ParsedVariant(
        line=row.line,
        option_values=values,
        sku=row.get("SKU", 255),
        barcode=row.get(BARCODE, 64),
        price=price,
        compare_at_price=before,
        tracks_stock=bool(counted.get("Stock")) or not stocked,
        stock=counted.integer("Stock"),
        allows_backorder=backorder or row.get("In stock?").lower() == "backorder",
        weight_grams=_grams(row) or (_grams(parent) if is_variation else 0),
        requires_shipping="virtual" not in types_of(row),
        taxable=row.choice("Tax status", _TAXABLE),
        position=len(product.variants) + 1,
        image=_own_image(row) if is_variation else "",
        sku_column=row.names.get("SKU", "SKU"),
        translations=_attributes_in_languages(row, product.options, 1),
    )


def _own_image(row: Row) -> str:
    first = next(iter(split(row.get("Images"))), "")
    return row.checked_address("Images", first)


def _prices(row: Row) -> tuple[Decimal, Decimal | None]:
    """The price, and the one before the sale where the sale is on today."""
    regular = row.money("Regular price")
    if regular is None:
        raise row.problem("Regular price", _("missing"))
    sale = row.money("Sale price")
    today = timezone.now().date()
    try:
        starts = parse_date(row.get("Date sale price starts")[:10])
        ends = parse_date(row.get("Date sale price ends")[:10])
    except ValueError as problem:
        raise row.problem("Date sale price starts", str(problem)) from problem
    running = (starts is None or starts <= today) and (ends is None or today <= ends)
    if sale is None or sale >= regular or not running:
        return regular, None
    return sale, regular


def _grams(row: Row) -> int:
    for column, unit in UNITS.items():
        if row.get(column):
            return row.measure(column, unit)
    return 0
