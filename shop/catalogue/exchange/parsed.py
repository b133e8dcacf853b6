"""A product between a file and the database: what every format reads and writes."""

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from shop.catalogue.models import variant_title
from shop.catalogue.services import category_slug
from shop.catalogue.text import clean_html

from .languages import Said, languages_of
from .reading import CsvProblem, Refuse, Row

MAX_ROWS = 5_000
"""Rows that one product may have; it bounds memory."""
LAST_POSITION = 32_767

_HTML = re.compile(r"<[a-zA-Z/!][^>]*>")
_HANDLE = re.compile(r"[-\w]{1,255}")


@dataclass
class ParsedVariant:
    """One variant; `option_values` is its identity within the product."""

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
    sku_column: str = ""
    """What the file calls the column of the SKU."""
    translations: dict[str, list[str]] = field(default_factory=dict)
    """The option values by language, in the order of these; blank ones are not translated."""

    @property
    def title(self) -> str:
        """The option values as one line."""
        return variant_title(self.option_values)


@dataclass
class ParsedImage:
    """One picture; its address is its identity within the product."""

    source_url: str
    position: int
    alt: str
    translations: dict[str, str] = field(default_factory=dict)
    """The alternative text by language."""


@dataclass
class ParsedProduct:
    """One product; `slug` is its identity. Translations are those that the file has columns for."""

    line: int
    slug: str
    title: str
    description: str
    vendor: str
    category_path: tuple[str, ...]
    tags: list[str]
    is_published: bool
    options: list[str]
    attributes: dict[str, str] = field(default_factory=dict)
    variants: list[ParsedVariant] = field(default_factory=list)
    images: list[ParsedImage] = field(default_factory=list)
    translations: Said = field(default_factory=dict)
    category_translations: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The names of the category's path by language."""
    option_translations: dict[str, list[str]] = field(default_factory=dict)
    """The names of the options by language."""

    def add_image(
        self,
        address: str,
        position: int = 0,
        alt: str = "",
        translations: dict[str, str] | None = None,
    ) -> None:
        """Add a picture unless it is there; without a position it comes last."""
        if not address or any(image.source_url == address for image in self.images):
            return
        last = max((image.position for image in self.images), default=0)
        position = min(position or last + 1, LAST_POSITION)
        self.images.append(ParsedImage(address, position, alt, translations or {}))

    @property
    def weight(self) -> int:
        """Roughly the characters it holds, to bound how many are kept at a time."""
        return len(self.description) + 1000 * (1 + len(self.variants) + len(self.images))


class Source(Protocol):
    """A file in one of the formats."""

    keeps: frozenset[str]
    """Fields that the file has no column for: what is in the database stays."""

    def products(self, refuse: Refuse) -> Iterator[ParsedProduct]:
        """The products of the file, one at a time; `refuse` gets those that are wrong."""

    def progress(self) -> tuple[int, int]:
        """How far it is read, and how far there is to go, in any unit."""


class Seen:
    """Names that must not come twice, with the line they were first on; kept on disk when many."""

    def __init__(self) -> None:
        self._rows = sqlite3.connect("")
        self._rows.execute(
            "CREATE TABLE seen (kind TEXT, name TEXT, line INTEGER, PRIMARY KEY (kind, name)) "
            "WITHOUT ROWID"
        )

    def line_of(self, kind: str, name: str) -> int | None:
        """The line that had it first; None where none had."""
        found = self._rows.execute(
            "SELECT line FROM seen WHERE kind = ? AND name = ?", (kind, name)
        ).fetchone()
        return found[0] if found else None

    def add(self, kind: str, name: str, line: int) -> None:
        """Remember a name; the first line counts."""
        self._rows.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", (kind, name, line))

    def claim_skus(self, product: ParsedProduct) -> None:
        """Remember the product's SKUs. Raises CsvProblem where one was there before."""
        for variant in product.variants:
            line = self.line_of("sku", variant.sku) if variant.sku else None
            if line:
                raise CsvProblem(
                    _("“%(sku)s” is on line %(line)s already") % {"sku": variant.sku, "line": line},
                    variant.line,
                    variant.sku_column,
                )
        for variant in product.variants:
            if variant.sku:
                self.add("sku", variant.sku, variant.line)


def title_of(row: Row, column: str, slug: str = "") -> str:
    """A product's title: text, no HTML."""
    title = _plain(row, column)
    if not title:
        reason = _("missing in the first row of “%s”") % slug if slug else _("missing")
        raise row.problem(column, reason)
    return title


def _plain(row: Row, column: str) -> str:
    text = row.get(column, 255)
    if _HTML.search(text):
        raise row.problem(column, _("“%s” holds HTML; a title is plain text") % text[:80])
    return text


def handle_of(row: Row, column: str, handle: str) -> str:
    """A product's handle, which becomes its address."""
    if not _HANDLE.fullmatch(handle):
        reason = _("“%s” may hold letters, digits, - and _ only") % handle[:80]
        raise row.problem(column, reason)
    return handle


def category_of(row: Row, column: str, text: str) -> tuple[str, ...]:
    """The names from the root of the tree: "Clothing > Shirts"."""
    names = _names_of(row, column, text)
    try:
        length = sum(len(category_slug(name)) + 1 for name in names)
    except ValidationError as problem:
        raise row.problem(column, " ".join(problem.messages)) from problem
    if length > 500 or len(names) > 30:
        raise row.problem(column, _("the address of this category would be too long"))
    return names


def texts_of(row: Row, title: str, description: str, facts: str) -> Said:
    """What these columns say in other languages."""
    said: Said = {}
    for language, column in languages_of(row, title):
        said.setdefault(language, {})["title"] = _plain(row, column)
    for language, column in languages_of(row, description):
        said.setdefault(language, {})["description"] = description_of(row, column)
    for language, column in languages_of(row, facts):
        said.setdefault(language, {})["attributes"] = facts_of(row, column)
    return said


def category_names_of(row: Row, column: str, path: tuple[str, ...], text: str) -> tuple[str, ...]:
    """The names of a category's path in another language, as many as the path has; or none."""
    names = _names_of(row, column, text)
    if names and len(names) != len(path):
        reason = _("“%(text)s” has %(number)s names, but the category has %(wanted)s")
        shown = {"text": text[:80], "number": len(names), "wanted": len(path)}
        raise row.problem(column, reason % shown)
    return names


def _names_of(row: Row, column: str, text: str) -> tuple[str, ...]:
    names = (name.strip() for name in text.split(" > "))
    return tuple(row.short(column, name, 120) for name in names if name)


def tags_of(row: Row, column: str, tags: Iterable[str]) -> list[str]:
    """Tags, each once, in the order of the alphabet."""
    cleaned = {row.short(column, tag.strip(), 255) for tag in tags}
    return sorted(cleaned - {""})


def facts_of(row: Row, column: str) -> dict[str, str]:
    """Facts of a product, written as JSON."""
    text = row.get(column)
    try:
        facts = json.loads(text or "{}")
    except ValueError:
        facts = None
    if not isinstance(facts, dict):
        raise row.problem(column, _('not facts as JSON; write them like {"Material": "Wool"}'))
    return {name: str(facts[name]) for name in sorted(facts)}


def facts_cell(facts: dict[str, str]) -> str:
    """The reverse of `facts_of`."""
    return json.dumps(facts, ensure_ascii=False) if facts else ""


def description_of(row: Row, *columns: str) -> str:
    """The first of the columns that says anything, as HTML that is safe to show."""
    return clean_html(next(filter(None, map(row.get, columns)), ""))


def add_variant(product: ParsedProduct, variant: ParsedVariant, row: Row, column: str) -> None:
    """Add a variant. Raises CsvProblem where the product has one of these values."""
    for other in product.variants:
        if other.title == variant.title:
            what = f"“{variant.title}”" if variant.title else _("the only variant")
            raise row.problem(
                column,
                _("%(variant)s of “%(product)s” is on line %(line)s already")
                % {"variant": what, "product": product.slug, "line": other.line},
            )
    product.variants.append(variant)
