"""Sandbox Pay's messages go out: by the worker, or at once where somebody waits for it."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.tasks import task
from django.utils import timezone

from orders.payment import signatures
from orders.payment.sandbox.models import Message
from orders.payment.wire import NoAnswer, ask

MOST_TRIES: Final = 6
"""After 10, 20, 40, 80 and 160 seconds."""


@task
def send_message(message_id: int) -> str:
    """The worker's task; see `send` for what it returns."""
    return send(message_id)


def send_later(message: Message) -> None:
    """Have the worker send a message when it is due; in the caller's transaction."""
    send_message.using(run_after=message.due_at).enqueue(message.pk)


def send(message_id: int, *, by_hand: bool = False) -> str:
    """Send a message if it is due, or by hand at any time; what the merchant answered.

    Claimed by one UPDATE before it goes out, so that two workers do not both send it. A merchant
    who does not say 200 is told again.
    """
    with transaction.atomic(durable=True):
        mine = Message.objects.filter(pk=message_id)
        if not by_hand:
            mine = mine.due()
        wait = timedelta(seconds=10)
        taken = mine.update(tries=F("tries") + 1, due_at=timezone.now() + wait)
        if not taken:
            return "not due"
        message = Message.objects.select_related("payment").get(pk=message_id)
    body = message.body.encode()
    signature = signatures.sign(settings.SANDBOX_GATEWAY_SECRET, b"webhook", body)
    try:
        reply = ask(
            "POST",
            message.payment.webhook_url,
            body=body,
            headers={"Sandbox-Signature": signature, "Content-Type": "application/json"},
        )
        message.answer = str(reply.status)
    except NoAnswer as error:
        message.answer = str(error)[:100]
    if message.answer == "200":
        message.sent_at, message.due_at = timezone.now(), None
    elif message.tries < MOST_TRIES:
        message.due_at = timezone.now() + 2 ** (message.tries - 1) * wait
        send_later(message)
    else:
        message.due_at = None
    message.save(update_fields=["answer", "sent_at", "due_at"])
    return message.answer
