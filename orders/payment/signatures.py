"""Signed messages between two servers that share a secret: `t=<seconds>,v1=<hex>`.

The signature is an HMAC-SHA256 over the time and the exact bytes of the message, as Stripe and
others do it: whoever does not have the secret can forge none, and a recording is worthless after a
few minutes.
"""

import hmac
import time
from hashlib import sha256
from typing import Final

WINDOW: Final = 300
"""Seconds that a signature is good for, either way: clocks differ."""

LONGEST: Final = 500


class NotSigned(Exception):
    """There is no signature, or it is not of this message."""


class OutsideWindow(Exception):
    """The message is signed, but not now."""


def sign(secret: str, *message: bytes, now: float | None = None) -> str:
    """The signature of a message's parts, in their order. now: seconds since 1970."""
    seconds = int(time.time() if now is None else now)
    return f"t={seconds},v1={_mac(secret, seconds, message)}"


def verify(secret: str, signature: str, *message: bytes, now: float | None = None) -> None:
    """Raise NotSigned or OutsideWindow unless `sign` made this of the same, just now."""
    if not secret:
        raise NotSigned("no secret is set, so nothing can be signed with it")
    if len(signature) > LONGEST:
        raise NotSigned("the signature is too long")
    pairs = [part.partition("=")[::2] for part in signature.split(",")]
    times = [value for name, value in pairs if name == "t"]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdecimal()):
        raise NotSigned("the signature has no time")
    seconds = int(times[0])
    expected = _mac(secret, seconds, message).encode()
    given = [value.encode() for name, value in pairs if name == "v1"]
    if not any(hmac.compare_digest(expected, each) for each in given):
        raise NotSigned("the signature is not of this message")
    if abs((time.time() if now is None else now) - seconds) > WINDOW:
        raise OutsideWindow(f"signed {seconds}, which is not now")


def _mac(secret: str, seconds: int, message: tuple[bytes, ...]) -> str:
    # Each part with its length before it: parts cannot flow into each other.
    framed = b"".join(b"%d:%b" % (len(part), part) for part in message)
    return hmac.new(secret.encode(), b"%d.%b" % (seconds, framed), sha256).hexdigest()
