"""A guest finds an order again, by its number and the e-mail address it was made with.

Order numbers follow one another and an address may be known to many, so both together are tried by
guessing, and what is counted is the trying: by the number, by the address that was typed, and by
the network address where that tells visitors apart. The counts are in the database: they hold
while Redis is away, and over all processes. Whoever is wrong learns nothing about which part.
"""

import hmac
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Lower
from django.utils import timezone

from orders.models import LookupTries, Order
from shop.visitors import counted_as

WINDOW: Final = timedelta(minutes=15)
LIMITS: Final = {"number": 10, "email": 10, "address": 30}
"""Tries in each window, right ones included. Whoever has the mail has the order's own address."""
KEPT: Final = timedelta(days=1)


class TooManyTries(Exception):
    """One of the limits is reached; `until` is when the next try counts again."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


def find(number: str, email: str, *, address: str) -> Order | None:
    """The order with this number that was made with this e-mail address; None if there is none.

    number, email: as typed, in any case. address: the visitor's network address, as the server saw
    it. Whether it exists, belongs to another address, or is nobody's: the answer and the work are
    the same. Raises TooManyTries. Eight queries.
    """
    number, email = (typed.replace("\0", "").strip() for typed in (number.upper(), email.lower()))
    kinds = {"number": number, "email": email}
    if network := counted_as(address):
        kinds["address"] = network
    _count(kinds)
    # Compared as it was counted: to `iexact` a dotless i is an i, and would bring tries of its own.
    found = Order.objects.alias(lower_email=Lower("email"))
    return found.filter(number=number, lower_email=email).first()


def prune() -> int:
    """Forget old counts; how many there were."""
    return LookupTries.objects.filter(since__lt=timezone.now() - KEPT).delete()[0]


def _count(kinds: dict[str, str]) -> None:
    """Count a try for each. Raises TooManyTries; what was counted before that stays counted."""
    prune()
    since = _window(timezone.now())
    names = {kind: _name(kind, value) for kind, value in kinds.items()}
    LookupTries.objects.bulk_create(
        [LookupTries(what=name, since=since) for name in names.values()], ignore_conflicts=True
    )
    for kind, name in names.items():
        # The limit is in the UPDATE itself: of any number at once, no more than that get through.
        left = LookupTries.objects.filter(what=name, since=since, tries__lt=LIMITS[kind])
        if not left.update(tries=F("tries") + 1):
            raise TooManyTries(since + WINDOW)


def _window(now: datetime) -> datetime:
    """The beginning of the stretch of time that `now` is in."""
    seconds = WINDOW.total_seconds()
    return datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)


def _name(kind: str, value: str) -> str:
    """What a count is kept under: nobody can read from it who tried what."""
    secret = sha256(b"orders.lookup:" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(secret, f"{kind}:{value}".encode(), sha256).hexdigest()
