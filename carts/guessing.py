"""Voucher codes are short, and might be guessed: what is counted is the trying.

By the session, and by the network address where that tells visitors apart: whoever throws the
session away is still there. Without Redis nothing is counted: a shop that is open is worth more.
"""

import time
from typing import Final

from django.core.cache import cache
from django.utils.translation import gettext as _

from carts.refusals import VoucherRefused
from sessionsync.fingerprints import fingerprint
from shop.visitors import tells_apart

WINDOW: Final = 600
"""Seconds."""
LIMITS: Final = {"session": 20, "address": 100}
"""Tries in each window, right ones included."""


class TooManyCodes(VoucherRefused):
    """One of the limits is reached."""

    def __str__(self) -> str:
        return _("That was tried too often. Please wait a few minutes.")


def count_try(session_key: str, address: str) -> None:
    """Count that a code was typed. address: as the server saw it. Raises TooManyCodes."""
    kinds = {"session": session_key}
    if tells_apart(address):
        kinds["address"] = address
    window = int(time.time()) // WINDOW
    for kind, value in kinds.items():
        name = f"carts.guessing:{kind}:{fingerprint(value)}:{window}"
        cache.add(name, 0, WINDOW)
        try:
            tries = cache.incr(name) or 0  # None while Redis is away
        except ValueError:  # it was emptied just now
            continue
        if tries > LIMITS[kind]:
            raise TooManyCodes
