"""Secrets that the database must hold and its copies must not give away: sealed with SECRET_KEY.

The key is derived (HKDF, RFC 5869) and seals with Fernet (AES-128-CBC and HMAC-SHA256). Keys in
SECRET_KEY_FALLBACKS still open; `manage.py reseal_secrets` seals everything anew with the first.
"""

import secrets
from base64 import b32encode, urlsafe_b64encode

import structlog
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes

log = structlog.get_logger("accounts.sealing")


class CannotOpen(Exception):
    """None of the keys that we have has sealed this."""


def seal(secret: str) -> str:
    """The secret, as it may be stored."""
    return _keys().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret. Raises CannotOpen, and says so in the log: a key is missing."""
    try:
        return _keys().decrypt(sealed).decode()
    except InvalidToken:
        log.error("a sealed value cannot be opened: is a key missing in SECRET_KEY_FALLBACKS?")
        raise CannotOpen from None


def reseal(sealed: str) -> str:
    """The same secret, sealed with today's key. Raises CannotOpen."""
    return seal(unseal(sealed))


def unknown_secret() -> str:
    """A secret that nobody has: 160 random bits, in the alphabet of TOTP secrets."""
    return b32encode(secrets.token_bytes(20)).decode()


def _keys() -> MultiFernet:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str | bytes) -> bytes:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"galleria.sealing")
    return urlsafe_b64encode(derive.derive(force_bytes(key)))
