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
from orders.invoices.crediting import less_taxes, taxes_of_credit
from orders.invoices.documents import Document, Undone
from orders.models import (
    Cancellation,
    CancellationLine,
    Invoice,
    InvoiceCounter,
    Order,
    Return,
)
from orders.shares import ZERO
from shop.audit import trail
from shop.audit.actors import Actor


def issue(order: Order, *, by: Actor) -> Invoice:
    """The invoice of an order, issued now if there is none yet. Once issued it never changes.

    What was cancelled before and is not to be paid stands on it as taken off. order: locked by the
    caller, in the caller's transaction. Raises RuntimeError outside one.
    """
    _need_transaction()
    there = order.invoices.filter(kind=Invoice.Kind.INVOICE).first()
    if there is not None:
        return there
    now = timezone.now()
    taxes, off = documents.taxes_of(order), list[CancellationLine]()
    if order.waived_total:
        # Where some of it was paid after all, nobody can say which.
        if order.waived_total == order.cancelled_total:
            parts = CancellationLine.objects.filter(cancellation__order=order)
            off = list(parts.select_related("line").order_by("pk"))
        less = taxes_of_credit(taxes, order.total, order.waived_total, off)
        taxes = less_taxes(taxes, less)
    document = documents.invoice(order, _next_number("", now), now, cancelled=off, taxes=taxes)
    return _write(order, Invoice.Kind.INVOICE, order.payable, document, by)


def credit_up_to(
    order: Order, refunded: Decimal, *, by: Actor, cancelled: Cancellation | None = None
) -> Invoice | None:
    """A credit note for what has gone back and is on none yet; None where there is nothing.

    order: locked by the caller, in the caller's transaction. refunded: all that ever went back, in
    the order's currency. cancelled: items that are on the invoice and will not be paid; without
    them, the oldest return or cancellation that is paid back with just this amount, and on no note
    yet, is what it is about. Without an invoice there is nothing to correct, and no credit note.

    Raises RuntimeError outside a transaction.
    """
    _need_transaction()
    issued = list(order.invoices.order_by("issued_at", "pk"))
    invoice = next((each for each in issued if each.kind == Invoice.Kind.INVOICE), None)
    notes = [each for each in issued if each.kind == Invoice.Kind.CREDIT_NOTE]
    if invoice is None:
        return None
    due = refunded + invoice.amount - order.payable
    amount = due - sum((each.amount for each in notes), ZERO)
    if amount <= 0:
        return None
    about = cancelled or _paid_back_with(order, amount)
    undone: list[Undone] = list(about.lines.select_related("line")) if about else []
    billed: Document = invoice.document
    taxes = taxes_of_credit(
        billed["taxes"], invoice.amount, amount, undone, [each.document for each in notes]
    )
    now = timezone.now()
    document = documents.credit_note(
        order,
        _next_number("CR-", now),
        now,
        about=invoice.number,
        amount=amount,
        taxes=taxes,
        undone=undone,
        is_paid_back=cancelled is None,
    )
    return _write(order, Invoice.Kind.CREDIT_NOTE, amount, document, by, about)


def _paid_back_with(order: Order, amount: Decimal) -> Return | Cancellation | None:
    """The oldest return or cancellation that is worth this, and on no credit note yet."""
    fresh = {"refund_amount": amount, "credit_note__isnull": True}
    back = order.returns.filter(status=Return.Status.RECEIVED, **fresh)
    came = back.order_by("received_at", "pk").first()
    cancelled = order.cancellations.filter(**fresh).order_by("cancelled_at", "pk").first()
    if came and came.received_at and cancelled:
        return came if came.received_at <= cancelled.cancelled_at else cancelled
    return came or cancelled


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
    about: Return | Cancellation | None = None,
) -> Invoice:
    invoice = Invoice.objects.create(
        order=order,
        kind=kind,
        number=document["number"],
        amount=amount,
        document=document,
        of_return=about if isinstance(about, Return) else None,
        of_cancellation=about if isinstance(about, Cancellation) else None,
    )
    trail.record(order.trail, f"{kind}.issued", by, number=invoice.number, amount=str(amount))
    return invoice
