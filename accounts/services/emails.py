"""Confirmed e-mail addresses: what an account has shown to be its own."""

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.models import User
from accounts.tokens.models import Identity


class AddressTaken(Exception):
    """Another account has shown that this address is its own."""


@transaction.atomic
def confirm(user: User) -> None:
    """Take the account's address as confirmed, without a mail: for those an operator makes.

    A registration on its way with this address is dropped. Raises AddressTaken. Safe twice.
    """
    address, _made = EmailAddress.objects.get_or_create(
        user=user, email=user.email, defaults={"primary": True}
    )
    if not address.set_verified():
        raise AddressTaken
    Identity.objects.filter(email=user.email).delete()
    address.set_as_primary()


@transaction.atomic
def free_from_unproven(email: str, *, keep: User) -> bool:
    """Delete what took this address at sign-up and never showed it to be its own.

    A registration by the Store API that is on its way, with its tokens; and accounts, but only
    those that nobody ever used, on the web or by the Store API (which signs in without a
    confirmed address). Whoever owns the mailbox can enter the others by a new password. keep: the
    account whose owner has just shown it. Returns whether nobody else has the address now.
    """
    Identity.objects.filter(email=email).delete()
    others = User.objects.filter(email=email).exclude(pk=keep.pk)
    proven = EmailAddress.objects.filter(verified=True).values("user")
    unused = others.filter(last_login=None, is_staff=False, addresses=None, api_tokens=None)
    unused.exclude(pk__in=proven).delete()
    return not others.exists()


@transaction.atomic
def follow(user: User) -> None:
    """Let the account's only address be the one it has now, which is still to be confirmed.

    For when an operator has changed it: the old one signs nobody in any more.
    """
    EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
    address, _made = EmailAddress.objects.get_or_create(user=user, email=user.email)
    address.set_as_primary()
