"""The outbox's writes: queue a mail, send one again, delete old ones.

Sending itself is in `sending`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from shop.mailing.models import MailAttachment, OutgoingMail, new_message_id
from shop.mailing.sending import send_mail
from shop.storefronts.models import Storefront

LONGEST_SUBJECT = 200
"""Characters; mail programs show far fewer."""
_TOO_MANY_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")
"""Blank lines that a template's conditions leave behind."""


class MailError(Exception):
    """A mail that was not queued or not sent again; nothing has changed."""


class BadAddress(MailError):
    """No mail can go to this address."""


class NotKept(MailError):
    """It held a secret, and was wiped when it had gone out."""


class StillOpen(MailError):
    """It is waiting or on its way already: sending it again now could only double it."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file for a mail: its name as the shopper sees it, its bytes and their type."""

    name: str
    content: bytes
    mimetype: str


@transaction.atomic
def queue(
    *,
    to: str,
    template: str,
    context: Mapping[str, Any],
    language: str,
    reference: str,
    storefront: Storefront,
    site_url: str,
    attachments: Sequence[Attachment] = (),
    secret: bool = False,
) -> OutgoingMail:
    """Write a mail now, in the caller's transaction; the worker sends it once that is committed.

    template: a name below templates/, without ending; `<name>.subject.txt`, `<name>.txt` and
    `<name>.html` are rendered with `context`, `site_url`, `storefront` and `language`.
    language: the reader's. reference: what the mail is about (an order's token), so that its mails
    are found together. site_url: scheme and host that links lead to, without a slash at the end.
    secret: it holds a link that is as good as a password, and is not kept once it is sent.

    Raises BadAddress; TemplateDoesNotExist and what else a template raises.
    """
    try:
        validate_email(to)
    except ValidationError:
        raise BadAddress(_("This is not an e-mail address.")) from None
    given = {**context, "site_url": site_url, "storefront": storefront, "language": language}
    with translation.override(language):
        subject = _one_line(render_to_string(f"{template}.subject.txt", given))
        text = render_to_string(f"{template}.txt", given)
        html = render_to_string(f"{template}.html", given)
    mail = OutgoingMail.objects.create(
        reference=reference,
        storefront=storefront,
        site_url=site_url,
        template=template,
        language=language,
        sender=sender_of(storefront),
        to=to,
        subject=subject,
        text=_TOO_MANY_LINES.sub("\n\n", text).strip() + "\n",
        html=html,
        is_secret=secret,
        message_id=new_message_id(storefront.domain),
    )
    MailAttachment.objects.bulk_create(
        MailAttachment(mail=mail, name=file.name, mimetype=file.mimetype, content=file.content)
        for file in attachments
    )
    # A row in the same database: it exists for the worker if and only if the mail does.
    send_mail.enqueue(mail.pk)
    return mail


def sender_of(storefront: Storefront) -> str:
    """The From of a storefront's mails: its own name, and the network's one address."""
    _name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return str(Address(_one_line(storefront.name), addr_spec=address))


@transaction.atomic
def send_again(mail: OutgoingMail) -> None:
    """Let a mail that was sent or given up go out once more, with all its attempts anew.

    A mail that was sent gets a new Message-ID, or the mailbox that has it would drop the second.
    Raises StillOpen, NotKept.
    """
    locked = OutgoingMail.objects.select_for_update().get(pk=mail.pk)
    if locked.state in OutgoingMail.OPEN:
        raise StillOpen(_("This mail has not gone out yet; it is tried again by itself."))
    if locked.is_secret:
        raise NotKept(
            _("This mail held a secret and was not kept; its reader can ask for another.")
        )
    if locked.state == OutgoingMail.State.SENT:
        domain = locked.message_id.rpartition("@")[2].rstrip(">")
        locked.message_id = new_message_id(domain)
    locked.state = OutgoingMail.State.WAITING
    locked.attempts = 0
    locked.last_error = ""
    locked.due_at = timezone.now()
    locked.save(update_fields=["message_id", "state", "attempts", "last_error", "due_at"])
    send_mail.enqueue(locked.pk)


def prune(*, dry_run: bool = False) -> int:
    """Delete mails that ended more than MAIL_KEEP_DAYS days ago; how many there are or were."""
    before = timezone.now() - timedelta(days=settings.MAIL_KEEP_DAYS)
    ended = OutgoingMail.objects.exclude(state__in=OutgoingMail.OPEN)
    old = ended.filter(queued_at__lt=before).exclude(sent_at__gte=before)
    if dry_run:
        return old.count()
    _rows, deleted = old.delete()
    return deleted.get(OutgoingMail._meta.label, 0)


def _one_line(text: str) -> str:
    """A header's value: no line breaks, which would begin another header, and not endless."""
    return " ".join(text.split())[:LONGEST_SUBJECT]
