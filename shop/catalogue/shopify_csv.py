"""Shopify's product CSV, read row by row and understood product by product.

The format: https://help.shopify.com/en/manual/products/import-export/using-csv. Rows with the same
Handle stand together and are one product. Its first row holds the product, a variant and a
picture; further rows hold a variant, a picture or both. Columns that are not named here are
ignored.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from .models import variant_title
from .text import clean_html

REQUIRED = ("Handle", "Title", "Variant Price")
OPTIONS = (1, 2, 3)
DEFAULT_VALUE = "Default Title"
"""The value of the one option, "Title", that Shopify writes for a product without options."""
MAX_INTEGER = 2_147_483_647

_HANDLE = re.compile(r"[-\w]{1,255}")
_ADDRESS = re.compile(r"https?://[^\s/]\S*")
_TRUTH = {"true": True, "false": False}
_STATUS = {"": True, "active": True, "draft": False, "archived": False, "unlisted": False}
_POLICY = {"": False, "deny": False, "continue": True}


class CsvProblem(Exception):
    """Why a file cannot be imported: line (from 1), column name and reason."""

    def __init__(self, reason: str, line: int | None = None, column: str | None = None) -> None:
        where = [f"line {line}"] if line else []
        where += [f"column “{column}”"] if column else []
        super().__init__(f"{', '.join(where)}: {reason}" if where else reason)
        self.line, self.column, self.reason = line, column, reason


@dataclass(frozen=True)
class Row:
    """One row: the line it starts on, and its cells by column, blanks around them cut off."""

    line: int
    cells: dict[str, str]

    def get(self, column: str, max_length: int | None = None) -> str:
        """A cell; empty where the file has no such column."""
        value = self.cells.get(column, "")
        if max_length is not None and len(value) > max_length:
            raise self.problem(column, f"{len(value)} characters, but {max_length} are the limit")
        return value

    def problem(self, column: str, reason: str) -> CsvProblem:
        """What is wrong with a cell of this row."""
        return CsvProblem(reason, self.line, column)

    def money(self, column: str) -> Decimal | None:
        """An amount in major units, zero or more, with two decimals at most; None where blank."""
        text = self.get(column)
        if not text:
            return None
        try:
            amount = Decimal(text)
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite():
            raise self.problem(column, f"“{text}” is not a price; write it like 1299.00")
        if amount < 0:
            raise self.problem(column, f"{text} is negative")
        if amount >= 10**10:
            raise self.problem(column, f"{text} is too much")
        cents = amount.quantize(Decimal("0.01"))
        if cents != amount:
            raise self.problem(column, f"{text} has more than two decimals")
        return cents

    def integer(self, column: str, least: int = 0) -> int:
        """A whole number, never less than `least`; `least` where blank."""
        text = self.get(column)
        try:
            number = Decimal(text or least)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or number != number.to_integral_value():
            raise self.problem(column, f"“{text}” is not a whole number")
        if number > MAX_INTEGER:
            raise self.problem(column, f"{text} is too much")
        return max(int(number), least)

    def choice[T](self, column: str, choices: dict[str, T]) -> T:
        """What a word stands for; case does not matter."""
        text = self.get(column)
        if text.lower() not in choices:
            known = ", ".join(word for word in choices if word)
            raise self.problem(column, f"“{text}” is none of {known}")
        return choices[text.lower()]

    def address(self, column: str) -> str:
        """The address of a picture, or nothing."""
        text = self.get(column, 2000)
        if text and not _ADDRESS.fullmatch(text):
            raise self.problem(column, f"“{text[:80]}” is not an http or https address")
        return text


@dataclass
class ParsedVariant:
    """One variant as the file has it; `option_values` is its identity within the product."""

    line: int
    option_values: list[str]
    sku: str
    barcode: str
    price: Decimal
    compare_at_price: Decimal | None
    tracks_stock: bool
    stock: int
    allows_backorder: bool
    weight_grams: int
    requires_shipping: bool
    taxable: bool
    position: int
    image: str

    @property
    def title(self) -> str:
        """The option values as one line."""
        return variant_title(self.option_values)


@dataclass
class ParsedImage:
    """One picture as the file has it; its address is its identity within the product."""

    source_url: str
    position: int
    alt: str


@dataclass
class ParsedProduct:
    """One product as the file has it."""

    line: int
    slug: str
    title: str
    description: str
    vendor: str
    category_path: tuple[str, ...]
    tags: list[str]
    is_published: bool
    options: list[str]
    variants: list[ParsedVariant] = field(default_factory=list)
    images: list[ParsedImage] = field(default_factory=list)

    def add_image(self, address: str, position: int = 0, alt: str = "") -> None:
        """Add a picture unless it is there; without a position it comes last."""
        if not address or any(image.source_url == address for image in self.images):
            return
        last = max((image.position for image in self.images), default=0)
        self.images.append(ParsedImage(address, position or last + 1, alt))


def _lines(file: Iterable[bytes]) -> Iterator[str]:
    for number, raw in enumerate(file, 1):
        if number == 1 and raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise CsvProblem("the file is UTF-16; save it as “CSV UTF-8”", 1)
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as problem:
            byte = raw[problem.start]
            raise CsvProblem(
                f"not UTF-8 text (byte 0x{byte:02x} at position {problem.start + 1}); "
                "save it as “CSV UTF-8”",
                number,
            ) from problem
        if "\x00" in text:
            raise CsvProblem("a zero byte: this is not a CSV file", number)
        yield text


def read_rows(file: Iterable[bytes]) -> Iterator[Row]:
    """The rows of a file opened in binary mode, one at a time.

    Raises CsvProblem: not UTF-8 (a byte order mark is fine), not CSV, no rows, a column missing
    or named twice, a row with too few or too many cells.
    """
    reader = csv.reader(_lines(file), strict=True)
    header: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as problem:
            raise CsvProblem(f"not valid CSV: {problem}", line) from problem
        if cells is None:
            break
        cells = [cell.strip() for cell in cells]
        if not any(cells):
            continue
        if header is None:
            header = _checked_header(cells, line)
        elif len(cells) != len(header):
            raise CsvProblem(f"{len(cells)} columns, but the header has {len(header)}", line)
        else:
            yield Row(line, dict(zip(header, cells, strict=True)))
    if header is None:
        raise CsvProblem("the file is empty")


def _checked_header(cells: list[str], line: int) -> list[str]:
    missing = [column for column in REQUIRED if column not in cells]
    if missing:
        names = ", ".join(f"“{column}”" for column in missing)
        raise CsvProblem(f"no column {names}; this is not Shopify's product CSV", line)
    twice = next((cell for cell in cells if cell and cells.count(cell) > 1), None)
    if twice:
        raise CsvProblem("the header names it twice", line, twice)
    return cells


def read_products(file: Iterable[bytes]) -> Iterator[ParsedProduct]:
    """The products of a file opened in binary mode, one at a time; none is kept.

    Raises CsvProblem with line, column and reason.
    """
    skus: dict[str, int] = {}
    handles: dict[str, int] = {}
    product: ParsedProduct | None = None
    for row in read_rows(file):
        handle = row.get("Handle")
        if product is None or handle != product.slug:
            if product is not None:
                yield product
            if handle in handles:
                first = handles[handle]
                raise row.problem(
                    "Handle",
                    f"“{handle}” again; its rows on line {first} and here must be together",
                )
            handles[handle] = row.line
            product = _product(row)
            _add_variant(product, row, skus)
        else:
            if row.get("Title") not in {"", product.title}:
                raise row.problem("Title", f"a second title for “{handle}”")
            if _holds_variant(row):
                _add_variant(product, row, skus)
        _add_images(product, row)
    if product is None:
        raise CsvProblem("the file has a header, but no products")
    yield product


def _holds_variant(row: Row) -> bool:
    columns = ["Variant Price", "Variant SKU", *(f"Option{n} Value" for n in OPTIONS)]
    return any(row.get(column) for column in columns)


def _product(row: Row) -> ParsedProduct:
    handle, title = row.get("Handle"), row.get("Title", 255)
    if not handle:
        raise row.problem("Handle", "missing")
    if not _HANDLE.fullmatch(handle):
        raise row.problem("Handle", f"“{handle[:80]}” may hold letters, digits, - and _ only")
    if not title:
        raise row.problem("Title", f"missing in the first row of “{handle}”")
    options = [row.get(f"Option{n} Name", 255) for n in OPTIONS]
    values = [row.get(f"Option{n} Value") for n in OPTIONS]
    if options[0] in {"", "Title"} and values[0] in {"", DEFAULT_VALUE} and not any(options[1:]):
        options = []
    while options and not options[-1]:
        options.pop()
    for number, name in enumerate(options, 1):
        if not name or name in options[: number - 1]:
            raise row.problem(f"Option{number} Name", "named twice" if name else "missing")
    tags = (tag.strip() for tag in row.get("Tags").split(","))
    offered = row.choice("Status", _STATUS)
    published = row.choice("Published", {"": True, **_TRUTH})
    return ParsedProduct(
        line=row.line,
        slug=handle,
        title=title,
        description=clean_html(row.get("Body (HTML)")),
        vendor=row.get("Vendor", 255),
        category_path=_category_path(row),
        tags=list(dict.fromkeys(_short(row, "Tags", tag, 255) for tag in tags if tag)),
        is_published=offered and published,
        options=options,
    )


def _category_path(row: Row) -> tuple[str, ...]:
    names = (name.strip() for name in row.get("Type").split(" > "))
    return tuple(_short(row, "Type", name, 120) for name in names if name)


def _short(row: Row, column: str, value: str, limit: int) -> str:
    if len(value) > limit:
        raise row.problem(column, f"“{value[:40]}…” is longer than {limit} characters")
    return value


def _add_variant(product: ParsedProduct, row: Row, skus: dict[str, int]) -> None:
    values = [row.get(f"Option{n} Value", 255) for n in OPTIONS]
    for number in range(1, len(product.options) + 1):
        if not values[number - 1]:
            raise row.problem(
                f"Option{number} Value", f"missing for “{product.options[number - 1]}”"
            )
    for number in range(len(product.options) + 1, 4):
        if values[number - 1] not in {"", DEFAULT_VALUE}:
            raise row.problem(
                f"Option{number} Value",
                f"“{values[number - 1]}”, but “{product.slug}” has no option {number}",
            )
    price = row.money("Variant Price")
    if price is None:
        raise row.problem("Variant Price", "missing")
    variant = ParsedVariant(
        line=row.line,
        option_values=values[: len(product.options)],
        sku=row.get("Variant SKU", 255),
        barcode=row.get("Variant Barcode", 64),
        price=price,
        compare_at_price=row.money("Variant Compare At Price"),
        tracks_stock=bool(row.get("Variant Inventory Tracker")),
        stock=row.integer("Variant Inventory Qty"),
        allows_backorder=row.choice("Variant Inventory Policy", _POLICY),
        weight_grams=row.integer("Variant Grams"),
        requires_shipping=row.choice("Variant Requires Shipping", {"": True, **_TRUTH}),
        taxable=row.choice("Variant Taxable", {"": True, **_TRUTH}),
        position=len(product.variants) + 1,
        image=row.address("Variant Image"),
    )
    same = next((other for other in product.variants if other.title == variant.title), None)
    if same:
        what = f"“{variant.title}”" if variant.title else "the only variant"
        raise row.problem(
            "Option1 Value", f"{what} of “{product.slug}” is on line {same.line} already"
        )
    if variant.sku:
        if variant.sku in skus:
            raise row.problem(
                "Variant SKU", f"“{variant.sku}” is on line {skus[variant.sku]} already"
            )
        skus[variant.sku] = row.line
    product.variants.append(variant)


def _add_images(product: ParsedProduct, row: Row) -> None:
    position = min(row.integer("Image Position"), 32767)
    product.add_image(row.address("Image Src"), position, row.get("Image Alt Text", 512))
    product.add_image(row.address("Variant Image"))
