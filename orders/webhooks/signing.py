"""How a receiver can tell that an event is ours, and new.

The header `Galleria-Signature: t=<seconds since 1970>,v1=<hex>` holds an HMAC-SHA256, by the
endpoint's secret, over the time, a dot and the body as it travels. docs/webhooks.md has the few
lines that check it in other languages.
"""

import hmac
import re

HEADER = "Galleria-Signature"
TOLERANCE = 300
"""Seconds that a signature stays good: nobody can repeat an old event later."""
_SHAPE = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")


class BadSignature(Exception):
    """It is not ours, was changed on the way, or is old."""


def signature(secret: str, body: bytes, at: int) -> str:
    """The header's value for a body sent at this time (seconds since 1970)."""
    return f"t={at},v1={_digest(secret, body, at)}"


def check(secret: str, body: bytes, header: str, now: int) -> None:
    """What a receiver does. Raises BadSignature."""
    found = _SHAPE.fullmatch(header)
    if found is None:
        raise BadSignature("no signature")
    at, told = int(found[1]), found[2]
    if not hmac.compare_digest(_digest(secret, body, at), told):
        raise BadSignature("another body or secret")
    if abs(now - at) > TOLERANCE:
        raise BadSignature("too old")


def _digest(secret: str, body: bytes, at: int) -> str:
    return hmac.digest(secret.encode(), f"{at}.".encode() + body, "sha256").hex()
