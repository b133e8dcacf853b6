"""Session tokens: minted, ordered, sealed with a MAC. No clock, no settings, no HTTP in here."""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NANOSECONDS = 1_000_000_000
_TS = re.compile(r"[1-9][0-9]{0,18}")
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True, order=True, slots=True)
class Token:
    """Names a session. Ordered by the nanosecond it was minted at, then by its random id.

    The order is total, so that of any two tokens exactly one is greater: links run towards it.
    """

    ts: int
    id: str

    @property
    def key(self) -> str:
        """The token without its MAC: what databases, caches and logs may hold."""
        return f"{self.ts}.{self.id}"

    @classmethod
    def from_key(cls, key: str) -> "Token":
        """The token a key names. Raises ValueError on anything that is no key."""
        ts, _, token_id = key.partition(".")
        if not (_TS.fullmatch(ts) and _ID.fullmatch(token_id)):
            raise ValueError("not a token's key")
        return cls(int(ts), token_id)


def mint(now_ns: int, presented: Iterable[Token] = ()) -> Token:
    """A new token, greater than all that were presented with it.

    now_ns: nanoseconds since the epoch. A clock that runs ahead on one server must not win for
    ever, so a token minted later by a slower clock still comes out greater.
    """
    greatest = max((token.ts for token in presented), default=0)
    return Token(max(now_ns, greatest + 1), secrets.token_urlsafe(16))


class Sealer:
    """Writes tokens as cookie values and reads them back.

    keys: secrets, the first one seals; the others are only accepted (a key being rotated out).
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = [hashlib.sha256(b"sessionsync.token:" + key.encode()).digest() for key in keys]

    @staticmethod
    def _mac(key: bytes, token: Token) -> str:
        digest = hmac.digest(key, token.key.encode(), "sha256")[:18]
        return urlsafe_b64encode(digest).decode()

    def seal(self, token: Token) -> str:
        """The cookie value, `<id>.<mac>`; the MAC covers the time in the cookie's name too."""
        return f"{token.id}.{self._mac(self._keys[0], token)}"

    def unseal(self, ts: str, value: str) -> Token | None:
        """The token of a cookie named `…<ts>` with this value; None if it is not one of ours."""
        token_id, _, mac = value.partition(".")
        if not (_TS.fullmatch(ts) and _ID.fullmatch(token_id) and mac.isascii()):
            return None
        token = Token(int(ts), token_id)
        genuine = [hmac.compare_digest(self._mac(key, token), mac) for key in self._keys]
        return token if any(genuine) else None


def challenge_of(client_key: str) -> str:
    """What travels in the URL instead of a client key: its SHA-256, base64url without padding."""
    digest = hashlib.sha256(client_key.encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def same_secret(one: str, other: str) -> bool:
    """Whether two texts are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())
