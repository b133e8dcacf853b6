"""Everything the shop knows of a person: handed out to them, or taken out of the shop.

Each app that keeps something personal names a function in settings.PERSONAL_DATA_EXPORTERS and one
in settings.PERSONAL_DATA_ERASERS, so that this floor need not know the ones above. What was erased
cannot be had back; an account that was erased stays as an empty row that the books may point to.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models.functions import Lower
from django.forms.models import model_to_dict
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from accounts.models import ERASED_DOMAIN, User
from accounts.services import devices
from accounts.tokens import services as tokens
from accounts.tokens.models import Identity
from shop.mailing.models import OutgoingMail


@dataclass(frozen=True, slots=True)
class Person:
    """Whose data is meant: an account, and what guests left under these e-mail addresses.

    emails: in lower case. Whoever is asked for must have shown them to be theirs.
    """

    customer: User | None = None
    emails: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one kind of data, for the person or the operator to read.

    what: a sentence's subject ("Orders"). count: how many were erased. kept: why others were not,
    "" where none is left. blocks: the person should wait with deleting the account until then.
    """

    what: str
    count: int
    kept: str = ""
    blocks: bool = False


type Exporter = Callable[[Person], dict[str, Any]]
"""Gives what an app knows, as JSON can hold it (Django's encoder), under names of its own."""
type Eraser = Callable[[Person], Iterable[Outcome]]
"""Erases what an app knows, in the caller's transaction. Finds nothing to do a second time."""


class StaffAccount(Exception):
    """Staff are not erased: an administrator takes their rights away first."""


class NotYet(Exception):
    """What is under way still needs the data; nothing was erased. `outcomes` says what it is."""

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        super().__init__("; ".join(outcome.kept for outcome in outcomes))
        self.outcomes = outcomes


def export_all(person: Person) -> dict[str, Any]:
    """Everything that every app knows of a person, by name."""
    found: dict[str, Any] = {"exported_at": timezone.now()}
    for path in settings.PERSONAL_DATA_EXPORTERS:
        exporter: Exporter = import_string(path)
        found |= exporter(person)
    return found


@transaction.atomic
def erase_all(person: Person, *, in_spite_of_blocks: bool = False) -> list[Outcome]:
    """Erase a person everywhere, or nothing at all.

    in_spite_of_blocks: erase what can be erased, also while something is under way (for
    operators, who read what was kept). Raises StaffAccount, NotYet. Safe twice.
    """
    if person.customer is not None and person.customer.is_staff:
        raise StaffAccount
    outcomes: list[Outcome] = []
    for path in settings.PERSONAL_DATA_ERASERS:
        eraser: Eraser = import_string(path)
        outcomes += eraser(person)
    blocks = [outcome for outcome in outcomes if outcome.blocks]
    if blocks and not in_spite_of_blocks:
        raise NotYet(blocks)
    return outcomes


def export(person: Person) -> dict[str, Any]:
    """What this app knows: the account, its addresses, where it is signed in."""
    user = person.customer
    if user is None:
        return {}
    factors = Authenticator.objects.filter(user=user)
    return {
        "account": {
            "email": user.email,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "phone": user.phone,
            "joined": user.date_joined,
            "last_sign_in": user.last_login,
            "emails": list(
                EmailAddress.objects.filter(user=user).values("email", "verified", "primary")
            ),
            "second_factors": list(factors.values("type", "created_at", "last_used_at")),
            "other_services": list(
                SocialAccount.objects.filter(user=user).values(
                    "provider", "uid", "date_joined", "last_login", "extra_data"
                )
            ),
        },
        "addresses": [
            model_to_dict(address, exclude=["id", "customer"]) for address in user.addresses.all()
        ],
        "signed_in": [
            {
                "browser": device.browser.name,
                "system": device.browser.system,
                "site": device.site,
                "since": device.signed_in_at,
                "last_used": device.used_at,
            }
            for device in devices.signed_in(user)
        ],
        "api_tokens": list(user.api_tokens.values("storefront__slug", "issued_at", "expires_at")),
    }


def erase_mails(person: Person) -> list[Outcome]:
    """Delete the mails in the outbox that went, or are to go, to this person."""
    found = OutgoingMail.objects.alias(lower_to=Lower("to")).filter(lower_to__in=_addresses(person))
    return [Outcome(_("Mails"), found.delete()[1].get(OutgoingMail._meta.label, 0))]


def erase_account(person: Person) -> list[Outcome]:
    """Empty the account, end its sign-ins, and delete what belongs to it alone."""
    Identity.objects.filter(email__in=_addresses(person)).delete()
    user = person.customer
    if user is None or user.erased_at is not None:
        return []
    # Orders that are being placed may name the account meanwhile; they hold sessions that we need.
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    addresses, _rows = user.addresses.all().delete()
    ended = devices.end_all(user)
    tokens.revoke_all(user, "account erased")
    user.mailed_links.all().delete()
    for model in (EmailAddress, Authenticator, SocialAccount):
        model.objects.filter(user=user).delete()
    LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk)
    ).update(object_repr=f"{ERASED_DOMAIN} {user.pk}")
    user.groups.clear()
    user.user_permissions.clear()
    user.email = f"{user.pk}@{ERASED_DOMAIN}"
    user.first_name = user.last_name = user.phone = ""
    user.is_active = False
    user.last_login = None
    user.erased_at = timezone.now()
    user.set_unusable_password()
    user.save()
    return [
        Outcome(_("Account, with its password and second factor"), 1),
        Outcome(_("Addresses"), addresses),
        Outcome(_("Places signed in"), ended),
    ]


def _addresses(person: Person) -> set[str]:
    own = {person.customer.email} if person.customer is not None else set()
    return own | set(person.emails)
