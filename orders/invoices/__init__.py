"""Invoices and credit notes: numbered without gaps, frozen when issued, drawn as PDF.

`issuing` is the only writer, `documents` says what stands on one, `drawing` draws it.
"""

from orders.invoices.drawing import pdf_of
from orders.invoices.issuing import credit_up_to, issue
from orders.invoices.queries import file_name, invoice_of, invoices_of

__all__ = ["credit_up_to", "file_name", "invoice_of", "invoices_of", "issue", "pdf_of"]
