"""Which formats there are, and which one a file is in."""

from collections.abc import Sequence
from typing import IO, Any, Protocol

from django.utils.translation import gettext as _

from .parsed import ParsedProduct, Source
from .reading import CsvProblem, Row, Table
from .shopify import NAMES, ShopifySource, ShopifyWriter
from .woocommerce_files import WooCommerceSource, WooCommerceWriter

SHOPIFY, WOOCOMMERCE = "shopify", "woocommerce"
FORMATS = (SHOPIFY, WOOCOMMERCE)


class Writer(Protocol):
    """Writes products in one of the formats."""

    @property
    def header(self) -> tuple[str, ...]:
        """The columns, in their order."""

    def rows(self, product: ParsedProduct) -> list[dict[str, Any]]:
        """The rows of a product; what a row does not name is blank."""

    def parse(self, rows: list[Row]) -> ParsedProduct:
        """What an import would make of the rows. Raises CsvProblem."""


def open_source(file: IO[bytes], format_name: str = "", encoding: str = "") -> Source:
    """Read the header of a file, opened in binary mode, and get ready to read its products.

    format_name: one of FORMATS; without one the header tells. Raises CsvProblem where the file is
    in no format that is known, or not in this one.
    """
    table = Table(file, encoding)
    if not format_name:
        format_name = _detected(table)
    return ShopifySource(table) if format_name == SHOPIFY else WooCommerceSource(table)


def _detected(table: Table) -> str:
    columns = {cell.casefold() for cell in table.header}
    if {"type", "name"} < columns and columns & {"regular price", "published", "categories"}:
        return WOOCOMMERCE
    if {NAMES.get(column) for column in columns} & {"Handle", "Title", "Variant Price"}:
        return SHOPIFY
    raise CsvProblem(
        _("neither Shopify's nor WooCommerce's product CSV: of “Handle”, “Title” and “Variant "
          "Price”, or “Type”, “Name” and “Regular price”, it has no column"),
        table.header_line,
    )  # fmt: skip


def writer_for(format_name: str, attributes: int, languages: Sequence[str] = ()) -> Writer:
    """The writer of a format.

    attributes: how many options and facts a product has at most. languages: those that any of the
    products is translated into.
    """
    if format_name == SHOPIFY:
        return ShopifyWriter(languages)
    return WooCommerceWriter(attributes, languages)
