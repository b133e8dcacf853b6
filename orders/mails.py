"""The mails about an order. Their templates are in templates/orders/mail/.

Each is written into the outbox, in the caller's transaction: it goes out if and only if what it
tells of has happened. What cannot be written is logged and holds nothing up: an order stands
whether or not there is a mail about it.
"""

import logging
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation

from accounts.countries import country_name
from orders.invoices import file_name, invoices_of, pdf_of
from orders.models import Cancellation, Fulfilment, Invoice, Order, Return
from orders.totals import Totals
from shop.audit import trail
from shop.audit.actors import Actor
from shop.mailing import services as outbox
from shop.mailing.models import MailAttachment, OutgoingMail, OutgoingMails
from shop.mailing.services import Attachment

logger = logging.getLogger(__name__)

FOLDER = "orders/mail"


def queue_order_placed(order: Order, instructions: Sequence[Any] = ()) -> None:
    """Confirm an accepted order. instructions: how to pay for it (orders.payment's Instruction)."""
    _queue(order, "placed", instructions=instructions)


def queue_payment_received(order: Order, amount: Decimal) -> None:
    """Say that money has come for an order that was confirmed before: on delivery, by transfer."""
    _queue(order, "paid", amount=amount)


def queue_payment_failed(order: Order) -> None:
    """Say that a payment did not work and can be tried again; once for each order."""
    if not of_order(order).filter(template=f"{FOLDER}/payment_failed").exists():
        _queue(order, "payment_failed")


def queue_cancelled(order: Order, owed: Decimal = Decimal(0)) -> None:
    """Say that an order is cancelled, or was not paid in time.

    owed: what the shopper has paid and gets back.
    """
    _queue(order, "cancelled", owed=owed)


def queue_lines_cancelled(
    cancellation: Cancellation,
    *,
    waived: Decimal,
    due: Decimal,
    instructions: Sequence[Any] = (),
) -> None:
    """Say that some items will not be sent, what goes back for them, or what is to be paid now.

    waived: what needs not be paid any more; due: what is left to be paid then, and `instructions`
    how (orders.payment's Instruction).
    """
    _queue(
        cancellation.order,
        "lines_cancelled",
        cancellation=cancellation,
        items=cancellation.lines.select_related("line"),
        waived=waived,
        due=due,
        instructions=instructions,
    )


def queue_shipped(fulfilment: Fulfilment, *, is_last: bool) -> None:
    """Say that a parcel is on its way. is_last: nothing of the order is left to be sent."""
    items = fulfilment.lines.select_related("line")
    _queue(fulfilment.order, "shipped", fulfilment=fulfilment, items=items, is_last=is_last)


def queue_refunded(order: Order, amount: Decimal) -> None:
    """Say that money went back."""
    _queue(order, "refunded", amount=amount)


def queue_return_announced(back: Return) -> None:
    """Say where to send what the shopper wants to give back."""
    _queue(back.order, "return_announced", items=back.lines.select_related("line"))


def queue_return_received(back: Return, amount: Decimal) -> None:
    """Say that a parcel has come back. amount: what the shopper gets back for it."""
    items = back.lines.select_related("line")
    _queue(back.order, "return_received", items=items, amount=amount)


def queue_return_refused(back: Return) -> None:
    """Say that something is not taken back, and why (the return's note)."""
    items = back.lines.select_related("line")
    _queue(back.order, "return_refused", items=items, why=back.note)


def of_order(order: Order) -> OutgoingMails:
    """All mails about an order, the newest first."""
    return OutgoingMail.objects.filter(reference=order.token)


@transaction.atomic
def send_again(order: Order, mail: OutgoingMail, *, by: Actor) -> None:
    """Let a mail about an order go out once more. Raises shop.mailing's StillOpen."""
    outbox.send_again(mail)
    trail.record(order.trail, "mail.sent_again", by, mail=mail.template)


def site_url(order: Order) -> str:
    """Scheme and host of the site an order was placed on."""
    return order.site_url or f"https://{order.storefront.domain}"


def _queue(order: Order, name: str, **context: Any) -> None:
    base = site_url(order)
    try:
        # A savepoint, so that a mail that cannot be written undoes nothing else.
        with transaction.atomic(), translation.override(order.language):
            attached = _not_sent_yet(order)
            outbox.queue(
                to=order.email,
                template=f"{FOLDER}/{name}",
                context={
                    "order": order,
                    "lines": order.lines.select_related("storefront"),
                    "totals": Totals.of_order(order),
                    "country": country_name(order.country_code),
                    "order_url": base + reverse("orders:order", args=[order.token]),
                    "find_url": base + reverse("orders:find"),
                    "return_address": "\n".join(_return_address()),
                    "attached": attached,
                    **context,
                },
                language=order.language,
                reference=order.token,
                storefront=order.storefront,
                site_url=base,
                attachments=[
                    Attachment(file_name(each), pdf_of(each), "application/pdf")
                    for each in attached
                ],
            )
    except Exception:
        connection = transaction.get_connection()
        if connection.in_atomic_block and connection.needs_rollback:
            raise  # the connection was lost, and with it all that the caller had written
        logger.exception("the mail %s about order %s was not written", name, order.number)


def _return_address() -> list[str]:
    """Where parcels come back to, a line each."""
    return settings.RETURN_ADDRESS or [settings.SELLER_NAME, *settings.SELLER_ADDRESS]


def _not_sent_yet(order: Order) -> list[Invoice]:
    """Invoices and credit notes that no mail has brought: the next one does. Two queries."""
    mailed = MailAttachment.objects.filter(mail__reference=order.token)
    names = set(mailed.values_list("name", flat=True))
    return [each for each in invoices_of(order) if file_name(each) not in names]
