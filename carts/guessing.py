"""Voucher codes are short, and might be guessed: what is counted is the trying.

By the session, in the Store API by the customer or the guest's cart, and by the network address
where that tells visitors apart: whoever throws the session away is still there. Without Redis
nothing is counted: a shop that is open is worth more.
"""

from time import time
from typing import Final

from django.core.cache import cache
from django.utils.translation import gettext as _

from carts.refusals import VoucherRefused
from sessionsync.fingerprints import fingerprint
from shop.visitors import counted_as

WINDOW: Final = 600
"""Seconds."""
LIMITS: Final = {"holder": 20, "address": 100}
"""Tries in each window, right ones included."""


class TooManyCodes(VoucherRefused):
    """One of the limits is reached. `wait`: seconds until the next window begins."""

    def __init__(self, wait: float) -> None:
        super().__init__()
        self.wait = wait

    def __str__(self) -> str:
        return _("That was tried too often. Please wait a few minutes.")


def count_try(holder: str, address: str) -> None:
    """Count that a code was typed. Raises TooManyCodes.

    holder: whose tries they are: a session's key, or what names a customer or a cart. address: as
    the server saw it.
    """
    kinds = {"holder": holder}
    if network := counted_as(address):
        kinds["address"] = network
    window, elapsed = divmod(time(), WINDOW)
    for kind, value in kinds.items():
        name = f"carts.guessing:{kind}:{fingerprint(value)}:{window:.0f}"
        cache.add(name, 0, WINDOW)
        try:
            tries = cache.incr(name) or 0  # None while Redis is away
        except ValueError:  # it was emptied just now
            continue
        if tries > LIMITS[kind]:
            raise TooManyCodes(WINDOW - elapsed)
