"""Telling others of orders: written down with what happened, sent by the worker afterwards."""

import uuid
from functools import partial

from django.db import transaction
from django.utils import timezone

from orders.models import Order
from orders.webhooks.models import Delivery, Endpoint
from orders.webhooks.payload import event_of
from orders.webhooks.sending import send_event


class StillOpen(Exception):
    """It is waiting or on its way already: sending it again now could only double it."""


def announce(order: Order, event: str) -> list[Delivery]:
    """Tell every endpoint that wants to know. order: as it is now; event: one of `Event`.

    In the caller's transaction: what is undone is told nobody. One query where nobody listens.
    """
    listening = [each for each in Endpoint.objects.filter(is_active=True) if each.wants(event)]
    if not listening:
        return []
    event_id, now = uuid.uuid4(), timezone.now()
    payload = event_of(order, event, event_id, now.isoformat())
    made = Delivery.objects.bulk_create(
        Delivery(
            endpoint=endpoint,
            order=order,
            event=event,
            event_id=event_id,
            payload=payload,
            created_at=now,
            due_at=now,
        )
        for endpoint in listening
    )
    for delivery in made:
        transaction.on_commit(partial(send_event.enqueue, delivery.pk), robust=True)
    return made


@transaction.atomic
def replay(delivery: Delivery) -> Delivery:
    """Send an event once more, as it was, with the same id. Raises StillOpen."""
    now = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if now.state in Delivery.OPEN:
        raise StillOpen
    now.state, now.attempts, now.due_at = Delivery.State.WAITING, 0, timezone.now()
    now.delivered_at = None
    now.save(update_fields=["state", "attempts", "due_at", "delivered_at"])
    transaction.on_commit(partial(send_event.enqueue, now.pk), robust=True)
    return now


@transaction.atomic
def switch_on(endpoint: Endpoint) -> None:
    """Tell an endpoint again that was switched off; what it missed is replayed by hand."""
    Endpoint.objects.filter(pk=endpoint.pk).update(is_active=True, failing_since=None)
