"""Links that are mailed: signed, good once, for one person, until they expire.

What travels is random and signed; what is kept is its digest. So a link cannot be made up, who
reads the table can use none, and of two who use the same link at once one gets it.
"""

import secrets
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.core import signing
from django.utils import timezone

from accounts.models import MailedLink, User

_SALT = "accounts.mailed-link"


class LinkRefused(Exception):
    """The link is not ours, has expired, was used before, or is somebody else's."""


def issue(
    customer: User, purpose: MailedLink.Purpose, data: dict[str, Any], life: timedelta
) -> str:
    """Make a link for this customer; returns its key, which goes into a mail and nowhere else."""
    now = timezone.now()
    MailedLink.objects.filter(expires_at__lt=now - timedelta(days=1)).delete()  # of no use any more
    secret = secrets.token_urlsafe(32)
    MailedLink.objects.create(
        customer=customer,
        purpose=purpose,
        digest=_digest(secret),
        data=data,
        created_at=now,
        expires_at=now + life,
    )
    return signing.Signer(salt=_SALT).sign(secret)


def look_up(key: str, purpose: MailedLink.Purpose, customer: User) -> MailedLink:
    """The link that a key names, without using it. Raises LinkRefused."""
    link = _good(key, purpose)
    if link.customer_id != customer.pk:
        raise LinkRefused
    return link


def use(key: str, purpose: MailedLink.Purpose, customer: User) -> MailedLink:
    """The link that a key names, used up in the caller's transaction. Raises LinkRefused."""
    return _use_up(look_up(key, purpose, customer))


def refuse(key: str, purpose: MailedLink.Purpose) -> MailedLink:
    """The link that a key names, used up for nothing: whoever got the mail may do that.

    In the caller's transaction. Raises LinkRefused.
    """
    return _use_up(_good(key, purpose))


def _good(key: str, purpose: MailedLink.Purpose) -> MailedLink:
    try:
        secret = signing.Signer(salt=_SALT).unsign(key)
    except signing.BadSignature:
        raise LinkRefused from None
    link = MailedLink.objects.filter(
        digest=_digest(secret), purpose=purpose, used_at=None, expires_at__gt=timezone.now()
    ).first()
    if link is None:
        raise LinkRefused
    return link


def _use_up(link: MailedLink) -> MailedLink:
    link.used_at = timezone.now()
    if not MailedLink.objects.filter(pk=link.pk, used_at=None).update(used_at=link.used_at):
        raise LinkRefused
    return link


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
