"""Issuing invoices and credit notes.

Numbers have no gaps, as tax law wants it: the next one is taken by locking its series' counter
until the transaction ends, so that whoever comes second waits, and a number that was taken by a
transaction that failed is taken again. The counter is the last lock anyone takes.
"""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from orders.invoices import documents
from orders.invoices.crediting import taxes_of_credit
from orders.invoices.documents import Document
from orders.models import Invoice, InvoiceCounter, Order, Return
from orders.shares import ZERO
from shop.audit import trail
from shop.audit.actors import Actor


def issue(order: Order, *, by: Actor) -> Invoice:
    """The invoice of an order, issued now if there is none yet. Once issued it never changes.

    order: locked by the caller, in the caller's transaction. Raises RuntimeError outside one.
    """
    _need_transaction()
    there = order.invoices.filter(kind=Invoice.Kind.INVOICE).first()
    if there is not None:
        return there
    now = timezone.now()
    document = documents.invoice(order, _next_number("", now), now)
    return _write(order, Invoice.Kind.INVOICE, order.total, document, by)


def credit_up_to(order: Order, refunded: Decimal, *, by: Actor) -> Invoice | None:
    """A credit note for what has gone back and is on none yet; None where there is nothing.

    order: locked by the caller, in the caller's transaction. refunded: all that ever went back, in
    the order's currency. Without an invoice there is nothing to correct, and no credit note. The
    oldest return that is worth just this amount, and on no note yet, is what it is about.

    Raises RuntimeError outside a transaction.
    """
    _need_transaction()
    issued = list(order.invoices.order_by("issued_at", "pk"))
    invoice = next((each for each in issued if each.kind == Invoice.Kind.INVOICE), None)
    notes = [each for each in issued if each.kind == Invoice.Kind.CREDIT_NOTE]
    amount = refunded - sum((each.amount for each in notes), ZERO)
    if invoice is None or amount <= 0:
        return None
    back = (
        order.returns.filter(
            status=Return.Status.RECEIVED, refund_amount=amount, credit_note__isnull=True
        )
        .order_by("received_at", "pk")
        .first()
    )
    came_back = list(back.lines.select_related("line")) if back else []
    taxes = taxes_of_credit(order, amount, came_back, [each.document for each in notes])
    now = timezone.now()
    document = documents.credit_note(
        order,
        _next_number("CR-", now),
        now,
        about=invoice.number,
        amount=amount,
        taxes=taxes,
        came_back=came_back,
    )
    return _write(order, Invoice.Kind.CREDIT_NOTE, amount, document, by, back)


def _need_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("A number is taken in the transaction that uses it.")


def _next_number(prefix: str, now: datetime) -> str:
    """The next number of this year's series, 2026-000001; its counter stays locked."""
    series = f"{prefix}{timezone.localtime(now).year}"
    InvoiceCounter.objects.bulk_create([InvoiceCounter(series=series)], ignore_conflicts=True)
    counter = InvoiceCounter.objects.select_for_update().get(series=series)
    counter.last += 1
    counter.save(update_fields=["last"])
    return f"{series}-{counter.last:06d}"


def _write(
    order: Order,
    kind: Invoice.Kind,
    amount: Decimal,
    document: Document,
    by: Actor,
    back: Return | None = None,
) -> Invoice:
    invoice = Invoice.objects.create(
        order=order,
        kind=kind,
        number=document["number"],
        amount=amount,
        document=document,
        of_return=back,
    )
    trail.record(order.trail, f"{kind}.issued", by, number=invoice.number, amount=str(amount))
    return invoice
