"""Product files for the tests of the importer."""

import csv
import io
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"

COLUMNS = [
    "Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Published", "Option1 Name",
    "Option1 Value", "Option2 Name", "Option2 Value", "Option3 Name", "Option3 Value",
    "Variant SKU", "Variant Grams", "Variant Inventory Tracker", "Variant Inventory Qty",
    "Variant Inventory Policy", "Variant Price", "Variant Compare At Price",
    "Variant Requires Shipping", "Variant Taxable", "Variant Barcode", "Image Src",
    "Image Position", "Image Alt Text", "Variant Image", "Status",
]  # fmt: skip


def product_file(*rows: dict[str, Any]) -> bytes:
    """A file with these rows; a column that a row does not name is blank."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def plain(handle: str = "mug", **cells: Any) -> dict[str, Any]:
    """The row of a product without options that costs 12.50."""
    return {
        "Handle": handle, "Title": handle.title(), "Option1 Name": "Title",
        "Option1 Value": "Default Title", "Variant Price": "12.50", **cells,
    }  # fmt: skip
