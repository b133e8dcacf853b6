"""Draws an invoice or a credit note as PDF, from its frozen document alone.

The same document gives the same bytes. https://docs.reportlab.com/reportlab/userguide/ch5_platypus/
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any, cast

from django.utils import translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, Spacer, Table

from orders.invoices.documents import Document, Item
from orders.invoices.lettering import SANS, breaks_anywhere, load, markup
from orders.models import Invoice
from shop.catalogue.money import format_money

INK = HexColor("#1f1d1a")
FAINT = HexColor("#6a645c")
RULE = HexColor("#d8d3c8")
MARGIN = 18 * mm
BOTTOM = 26 * mm
WIDTH = A4[0] - 2 * MARGIN


def pdf_of(invoice: Invoice) -> bytes:
    """The invoice or credit note as PDF, in the language of its order."""
    document = cast("Document", invoice.document)
    with translation.override(document["language"]):
        return _Sheet(document).drawn()


class _Sheet:
    """One document on its way to paper. Texts are in the active language."""

    def __init__(self, document: Document) -> None:
        load()
        self.document = document
        is_credit = bool(document["credits"])
        self.title = (_("Credit note %s") if is_credit else _("Invoice %s")) % document["number"]

    def drawn(self) -> bytes:
        """The PDF's bytes."""
        out = BytesIO()
        seller = self.document["seller"]
        pages = BaseDocTemplate(
            out,
            pagesize=A4,
            title=self.title,
            author=seller["name"],
            lang=self.document["language"],
            invariant=1,
        )
        frame = Frame(
            *(MARGIN, BOTTOM, WIDTH, A4[1] - MARGIN - BOTTOM),
            *(0, 0, 0, 0),  # no padding: texts and tables begin at the same edge
        )
        pages.addPageTemplates(PageTemplate(frames=[frame], onPage=self._foot))
        story = [*self._head(), self._items(), Spacer(1, 5 * mm), self._sums(), *self._taxes()]
        pages.build(story)
        return out.getvalue()

    def _head(self) -> list[Any]:
        document, seller = self.document, self.document["seller"]
        from_line = " · ".join([seller["name"], *seller["address"]])
        facts = [
            (_("Date"), _date(document["issued"])),
            (_("Order number"), document["order"]),
            (_("Ordered"), _date(document["ordered"])),
            (_("Payment"), document["payment"]),
        ]
        if document["credits"]:
            facts.insert(0, (_("For invoice"), document["credits"]))
        if seller["tax_id"]:
            facts.append((_("Tax number of the seller"), seller["tax_id"]))
        left = [_text(from_line, size=7.5, colour=FAINT), Spacer(1, 2 * mm)]
        left += [_text(line) for line in document["buyer"]]
        if document["deliver_to"]:
            left += [Spacer(1, 4 * mm), _text(_("Delivered to"), size=7.5, colour=FAINT)]
            left += [_text(line, size=8.5) for line in document["deliver_to"]]
        right = [
            [_text(label, size=8.5, colour=FAINT), _text(value, size=8.5)] for label, value in facts
        ]
        columns = Table(
            [[left, Table(right, colWidths=[32 * mm, 43 * mm], style=_tight())]],
            colWidths=[WIDTH - 78 * mm, 78 * mm],
            style=[*_tight(), ("VALIGN", (0, 0), (-1, -1), "TOP")],
        )
        return [
            _text(document["shop"], size=15),
            Spacer(1, 10 * mm),
            columns,
            Spacer(1, 10 * mm),
            _text(self.title, size=15),
            Spacer(1, 4 * mm),
        ]

    def _items(self) -> Any:
        document = self.document
        if not document["items"]:
            text = _("We pay back a part of the invoice's amount.")
            return _text(text)
        rows: list[list[Any]] = [
            [
                _text(_("Item"), size=8, colour=FAINT),
                _text(_("Quantity"), size=8, colour=FAINT, right=True),
                _text(_("Price"), size=8, colour=FAINT, right=True),
                _text(_("Tax"), size=8, colour=FAINT, right=True),
                _text(_("Amount"), size=8, colour=FAINT, right=True),
            ]
        ]
        rows += [self._item(item) for item in document["items"]]
        return Table(
            rows,
            colWidths=[WIDTH - 92 * mm, 16 * mm, 28 * mm, 18 * mm, 30 * mm],
            repeatRows=1,
            style=[
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (0, -1), 0),
                ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
                ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK),
                ("LINEBELOW", (0, 1), (-1, -1), 0.4, RULE),
            ],
        )

    def _item(self, item: Item) -> list[Any]:
        title = item["title"]
        if item["quantity"] < 0:
            title = _("Cancelled: %s") % title
        what: list[Any] = [_text(title)]
        below = " · ".join(part for part in (item["detail"], item["sku"]) if part)
        if below:
            what.append(_text(below, size=8, colour=FAINT))
        return [
            what,
            _text(str(item["quantity"]), right=True),
            _text(self._money(item["unit_price"]), right=True),
            _text(_percent(item["tax_rate"]), right=True),
            _text(self._money(item["amount"]), right=True),
        ]

    def _sums(self) -> Table:
        document = self.document
        rows: list[tuple[str, str]] = []
        if document["items_total"]:
            rows.append((_("Items"), self._money(document["items_total"])))
        rows += [(cut["name"], self._money(f"-{cut['amount']}")) for cut in document["discounts"]]
        if document["delivery"]:
            label = f"{_('Delivery')}: {document['delivery']['name']}"
            rows.append((label, self._money(document["delivery"]["amount"])))
        if document["adjustment"]:
            rows.append((_("Delivery and other"), self._money(document["adjustment"])))
        if not document["tax_included"]:
            rows += [
                (f"{tax['name']} {_percent(tax['rate'])}", self._money(tax["amount"]))
                for tax in document["taxes"]
            ]
        drawn = [[_text(label), _text(amount, right=True)] for label, amount in rows]
        label = _("You get back") if document["credits"] else _("Total")
        if document.get("unpaid"):
            label = _("Taken off")
        total = self._money(document["total"])
        drawn.append([_text(label, size=12), _text(total, size=12, right=True)])
        return Table(
            drawn,
            colWidths=[58 * mm, 34 * mm],
            hAlign="RIGHT",
            style=[*_tight(), ("LINEABOVE", (0, -1), (-1, -1), 0.8, INK)],
        )

    def _taxes(self) -> list[Any]:
        document = self.document
        if not document["taxes"]:
            return []
        rows = [
            [
                _text(_("Tax"), size=8, colour=FAINT),
                _text(_("Rate"), size=8, colour=FAINT, right=True),
                _text(_("Without tax"), size=8, colour=FAINT, right=True),
                _text(_("Tax"), size=8, colour=FAINT, right=True),
            ]
        ]
        rows += [
            [
                _text(tax["name"], size=8.5),
                _text(_percent(tax["rate"]), size=8.5, right=True),
                _text(self._money(tax["base"]), size=8.5, right=True),
                _text(self._money(tax["amount"]), size=8.5, right=True),
            ]
            for tax in document["taxes"]
        ]
        note = _("The tax is in the prices.") if document["tax_included"] else ""
        table = Table(
            rows,
            colWidths=[38 * mm, 20 * mm, 32 * mm, 30 * mm],
            hAlign="LEFT",
            style=[*_tight(), ("LINEBELOW", (0, 0), (-1, 0), 0.4, RULE)],
        )
        return [Spacer(1, 8 * mm), table, *([_text(note, size=8, colour=FAINT)] if note else [])]

    def _foot(self, canvas: Any, _pages: Any) -> None:
        """Who sells, and the page's number, on every page."""
        seller = self.document["seller"]
        parts = [seller["name"], *seller["address"], seller["tax_id"], seller["contact"]]
        line = _text(" · ".join(part for part in parts if part), size=7.5, colour=FAINT)
        number = f"{self.document['number']} · {canvas.getPageNumber()}"
        page = _text(number, size=7.5, colour=FAINT, right=True)
        for paragraph, left, width in ((line, MARGIN, WIDTH - 45 * mm), (page, MARGIN, WIDTH)):
            paragraph.wrapOn(canvas, width, 14 * mm)
            paragraph.drawOn(canvas, left, 20 * mm - paragraph.height)

    def _money(self, amount: str) -> str:
        return format_money(Decimal(amount), self.document["currency"])


def _text(text: str, size: float = 9.5, colour: Any = INK, *, right: bool = False) -> Paragraph:
    style = ParagraphStyle(
        "text",
        fontName=SANS,
        fontSize=size,
        leading=size * 1.4,
        textColor=colour,
        alignment=TA_RIGHT if right else 0,
        wordWrap="CJK" if breaks_anywhere(text) else None,
        splitLongWords=1,
    )
    return Paragraph(markup(text), style)


def _tight() -> Sequence[Any]:
    return [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
    ]


def _date(iso: str) -> str:
    return date_format(date.fromisoformat(iso), "DATE_FORMAT")


def _percent(rate: str) -> str:
    """A rate for people: 19.0000 is "19 %", 7.7 is "7.7 %"."""
    return f"{number_format(Decimal(rate).normalize() + 0)} %"
