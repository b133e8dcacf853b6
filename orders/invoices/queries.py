"""Reading invoices."""

from orders.models import Invoice, Order


def invoices_of(order: Order) -> list[Invoice]:
    """The invoice of an order and its credit notes, as they were issued. One query."""
    return list(order.invoices.order_by("issued_at", "pk"))


def invoice_of(order: Order) -> Invoice | None:
    """The invoice of an order, None before it is issued. One query."""
    return order.invoices.filter(kind=Invoice.Kind.INVOICE).first()


def file_name(invoice: Invoice) -> str:
    """What its PDF is called: invoice-2026-000001.pdf."""
    kind = "invoice" if invoice.kind == Invoice.Kind.INVOICE else "credit-note"
    return f"{kind}-{invoice.number}.pdf"
