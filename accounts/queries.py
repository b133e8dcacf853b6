"""Reads of accounts; each says how many queries it needs."""

from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Exists, OuterRef

from accounts.models import Address, User


@dataclass(frozen=True, slots=True)
class Overview:
    """What the account's first page says. default_address: the one to deliver to, if any."""

    default_address: Address | None
    has_second_factor: bool
    can_connect_services: bool


def overview(user: User) -> Overview:
    """The account at a glance. Two queries."""
    return Overview(
        default_address=user.addresses.filter(is_default_shipping=True).first(),
        has_second_factor=has_second_factor(user),
        can_connect_services=bool(settings.OIDC_APPS),
    )


def has_second_factor(user: User) -> bool:
    """Whether signing in needs more than a password. One query."""
    app = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP)
    found: bool = app.exists()
    return found


def addresses_of(customer: User) -> list[Address]:
    """The customer's address book, the default first. One query."""
    return list(customer.addresses.all())


def confirmed_emails(customer: User) -> list[str]:
    """The addresses the customer has shown to be theirs, in lower case. One query."""
    return list(
        EmailAddress.objects.filter(user=customer, verified=True).values_list("email", flat=True)
    )


def with_sign_in_facts(users: Any) -> Any:
    """Accounts with `is_confirmed` and `has_factor`, for the admin's list."""
    mine = {"user": OuterRef("pk")}
    return users.annotate(
        is_confirmed=Exists(EmailAddress.objects.filter(**mine, verified=True)),
        has_factor=Exists(Authenticator.objects.filter(**mine)),
    )
