"""Sending events, by any number of workers at the same time: each at least once.

An event is claimed by one guarded UPDATE. Whoever answers with 2xx has it; anything else, and
silence, is tried again for a day. Addresses are checked as those of pictures are (`shop.outside`):
no event goes to a machine of our own network, and no redirect is followed.
"""

import http.client
import json
import logging
import ssl
from collections.abc import Collection
from datetime import timedelta
from typing import Literal

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.tasks import task
from django.utils import timezone

from orders.webhooks.models import Delivery, Endpoint
from orders.webhooks.signing import HEADER, signature
from shop import outside
from shop.outside import NotReached

logger = logging.getLogger(__name__)

WITHIN = 10.0
"""Seconds for an answer from beginning to end."""
CLAIM = timedelta(minutes=2)
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 240, 360, 360, 360))
"""How long each next attempt waits: eleven of them, over a day and two hours."""
PATIENCE = timedelta(days=3)
"""An endpoint that has taken nothing for so long is switched off."""
ANSWER_KEPT = 500
"""Characters of an answer that staff can read."""

type Outcome = Literal["delivered", "later", "failed", "not due"]


@task(queue_name="default")
def send_event(delivery_id: int) -> str:
    """The worker's task: send one event; see `deliver` for what it returns."""
    return deliver(delivery_id)


def deliver(delivery_id: int, tls: ssl.SSLContext | None = None) -> Outcome:
    """Send one event if it is due and nobody else is at it.

    tls: how the receiver's certificate is checked, else as the system does. Returns "delivered";
    "later" (tried again by itself); "failed" (given up); or "not due" (delivered already, claimed
    by another, too early, switched off, or gone).
    """
    delivery = _claim(delivery_id)
    if delivery is None:
        return "not due"
    status, said = _post(delivery, tls or ssl.create_default_context())
    if status is not None and 200 <= status < 300:
        return _delivered(delivery, status, said)
    return _not_delivered(delivery, status, said)


def _claim(delivery_id: int) -> Delivery | None:
    """Take a due event for ourselves. Committed before a word goes out."""
    # Without a join: an UPDATE that waited for another worker's looks again only at its own row.
    switched_on = Endpoint.objects.filter(is_active=True)
    with transaction.atomic(durable=True):
        taken = (
            Delivery.objects.due()
            .filter(pk=delivery_id, endpoint__in=switched_on)
            .update(
                state=Delivery.State.SENDING,
                attempts=F("attempts") + 1,
                due_at=timezone.now() + CLAIM,
            )
        )
        if not taken:
            return None
        return Delivery.objects.select_related("endpoint").get(pk=delivery_id)


def _post(delivery: Delivery, tls: ssl.SSLContext) -> tuple[int | None, str]:
    """The answer's status and beginning; no status where there was none, and why."""
    body = json.dumps(delivery.payload, ensure_ascii=False, separators=(",", ":")).encode()
    at = int(timezone.now().timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Galleria-Webhooks/1",
        "Galleria-Event": delivery.event,
        "Galleria-Event-Id": str(delivery.event_id),
        HEADER: signature(delivery.endpoint.secret, body, at),
        "Connection": "close",
    }
    allow: Collection[str] = settings.WEBHOOK_PRIVATE_ADDRESSES
    try:
        with outside.connected(delivery.endpoint.url, allow=allow, tls=tls, within=WITHIN) as (
            connection,
            target,
        ):
            connection.request("POST", target, body=body, headers=headers)
            answer = connection.getresponse()
            said = answer.read(ANSWER_KEPT * 4).decode("utf-8", "replace").replace("\0", "")
            return answer.status, said[:ANSWER_KEPT]
    except NotReached as problem:
        return None, str(problem)[:ANSWER_KEPT]
    except (OSError, http.client.HTTPException, ValueError) as problem:
        return None, f"{type(problem).__name__}: {problem}"[:ANSWER_KEPT]


def _delivered(delivery: Delivery, status: int, said: str) -> Outcome:
    if not _finish(
        delivery,
        state=Delivery.State.DELIVERED,
        status=status,
        answer=said,
        delivered_at=timezone.now(),
    ):
        logger.warning("event %s took so long that another worker has sent it, too", delivery.pk)
    Endpoint.objects.filter(pk=delivery.endpoint_id).update(failing_since=None)
    return "delivered"


def _not_delivered(delivery: Delivery, status: int | None, said: str) -> Outcome:
    now = timezone.now()
    failing = Endpoint.objects.filter(pk=delivery.endpoint_id)
    failing.filter(failing_since=None).update(failing_since=now)
    if failing.filter(is_active=True, failing_since__lte=now - PATIENCE).update(is_active=False):
        logger.error("webhook %s was switched off: it takes nothing", delivery.endpoint_id)
    logger.warning(
        "event %s not delivered, attempt %s: %s", delivery.pk, delivery.attempts, status or "-"
    )
    if delivery.attempts > len(WAITS):
        _finish(delivery, state=Delivery.State.FAILED, status=status, answer=said)
        return "failed"
    due_at = now + WAITS[delivery.attempts - 1]
    with transaction.atomic():
        if _finish(
            delivery, state=Delivery.State.WAITING, status=status, answer=said, due_at=due_at
        ):
            send_event.using(run_after=due_at).enqueue(delivery.pk)
    return "later"


def _finish(delivery: Delivery, **fields: object) -> bool:
    """Write what became of our attempt, unless the claim ran out and is another's by now."""
    ours = Delivery.objects.filter(
        pk=delivery.pk, state=Delivery.State.SENDING, attempts=delivery.attempts
    )
    return bool(ours.update(**fields))
