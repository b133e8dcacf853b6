"""Short names for sessions: enough to see that two sites disagree, useless to anyone else."""

import hmac
from base64 import b32encode
from hashlib import sha256

from django.conf import settings


def fingerprint(session_key: str) -> str:
    """Ten characters of an HMAC over a session's root key."""
    secret = sha256(b"sessionsync.fingerprint:" + settings.SECRET_KEY.encode()).digest()
    digest = hmac.digest(secret, session_key.encode(), "sha256")
    return b32encode(digest)[:10].decode().lower()
