"""Sending what is in the outbox, by any number of workers at the same time.

A mail is claimed by one guarded UPDATE, so that two workers never send the same one. A worker that
dies between the mail server's "accepted" and our "sent" leaves a claim that runs out: the mail goes
out again, with the same Message-ID. A shopper with two confirmations is better off than one with
none: at least once, not at most once.
"""

import logging
import smtplib
from datetime import timedelta
from typing import Literal

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F
from django.tasks import task
from django.utils import timezone

from shop.mailing.models import OutgoingMail

logger = logging.getLogger(__name__)

CLAIM = timedelta(minutes=10)
"""How long a sender may take. The mail server gets 10 seconds for each of its few answers."""
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
MOST_ATTEMPTS = 16
"""Spread over almost two days: 1, 2, 4 … 256 minutes, then every 6 hours."""

type Outcome = Literal["sent", "later", "failed", "unreachable", "not due"]


@task(queue_name="mail")
def send_mail(mail_id: int) -> str:
    """The worker's task: send one mail; see `deliver` for what it returns."""
    return deliver(mail_id)


def deliver(mail_id: int) -> Outcome:
    """Send one mail if it is due and nobody else is at it. Raises nothing about the mail itself.

    Returns "sent"; "later" (it failed and is tried again by itself); "unreachable" (the same, and
    not for anything in this mail: the mail server did not answer); "failed" (given up); or "not
    due" (sent already, claimed by another, too early, or gone).
    """
    mail = _claim(mail_id)
    if mail is None:
        return "not due"
    try:
        message_of(mail).send(using="default")
    except Exception as error:  # noqa: BLE001 - a mail must not keep the next from being sent
        return _not_sent(mail, error)
    if _end(mail, OutgoingMail.State.SENT, sent_at=timezone.now(), last_error=""):
        logger.info("mail %s sent: %s", mail.pk, mail.template)
    else:
        logger.warning("mail %s took so long that another worker has sent it, too", mail.pk)
    return "sent"


def message_of(mail: OutgoingMail) -> EmailMultiAlternatives:
    """The mail as Django sends it: text and HTML, and the marks of a program's mail (RFC 3834)."""
    return EmailMultiAlternatives(
        subject=mail.subject,
        body=mail.text,
        from_email=mail.sender,
        to=[mail.to],
        headers={
            "Message-ID": mail.message_id,
            "Auto-Submitted": "auto-generated",
            "Content-Language": mail.language,
        },
        alternatives=[(mail.html, "text/html")],
        attachments=[
            (file.name, bytes(file.content), file.mimetype) for file in mail.attachments.all()
        ],
    )


def wait_after(attempts: int) -> timedelta:
    """How long to leave a mail alone after so many failed attempts (1 or more)."""
    doubled: timedelta = FIRST_WAIT * 2 ** min(attempts - 1, 20)
    return min(doubled, LONGEST_WAIT)


def _claim(mail_id: int) -> OutgoingMail | None:
    """Take a due mail for ourselves. Committed before a word goes to the mail server."""
    with transaction.atomic(durable=True):
        taken = (
            OutgoingMail.objects.due()
            .filter(pk=mail_id)
            .update(
                state=OutgoingMail.State.SENDING,
                attempts=F("attempts") + 1,
                due_at=timezone.now() + CLAIM,
            )
        )
        return OutgoingMail.objects.get(pk=mail_id) if taken else None


def _finish(mail: OutgoingMail, **fields: object) -> bool:
    """Write what became of our attempt, unless the claim ran out and is another's by now."""
    ours = OutgoingMail.objects.filter(
        pk=mail.pk, state=OutgoingMail.State.SENDING, attempts=mail.attempts
    )
    return bool(ours.update(**fields))


def _end(mail: OutgoingMail, state: OutgoingMail.State, **fields: object) -> bool:
    """Nothing more is tried: what was secret in it is not kept."""
    wiped = {"text": "", "html": ""} if mail.is_secret else {}
    return _finish(mail, state=state, **fields, **wiped)


def _not_sent(mail: OutgoingMail, error: Exception) -> Outcome:
    said = _in_short(error)
    # The error of a mail server often repeats the address, which belongs in no log.
    logger.warning(
        "mail %s (%s) not sent, attempt %s: %s",
        *(mail.pk, mail.template, mail.attempts, type(error).__name__),
    )
    if is_final(error) or mail.attempts >= MOST_ATTEMPTS:
        _end(mail, OutgoingMail.State.FAILED, last_error=said)
        return "failed"
    due_at = timezone.now() + wait_after(mail.attempts)
    with transaction.atomic():
        if _finish(mail, state=OutgoingMail.State.WAITING, last_error=said, due_at=due_at):
            send_mail.using(run_after=due_at).enqueue(mail.pk)
    return "unreachable" if is_unreachable(error) else "later"


def is_final(error: Exception) -> bool:
    """Whether trying again is pointless: the address or the mail itself is refused for good.

    Refusals of the sender or of our password are not: they are mended in the settings.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _answer in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code >= 500
    return isinstance(error, ValueError)  # a header or an address that cannot be written


def is_unreachable(error: Exception) -> bool:
    """Whether the mail server did not answer at all, so that the next mail would not go either."""
    if isinstance(error, smtplib.SMTPException):
        return isinstance(error, smtplib.SMTPConnectError)
    return isinstance(error, OSError)


def _in_short(error: Exception) -> str:
    text = f"{type(error).__name__}: {error}".replace("\0", "")
    return text[: OutgoingMail._meta.get_field("last_error").max_length]
