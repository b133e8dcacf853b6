"""Which keys sign and check the Store API's tokens.

A key is derived from SECRET_KEY and its id (HKDF, RFC 5869), so that a copy of the database signs
nothing; an older SECRET_KEY goes on checking as long as it is among SECRET_KEY_FALLBACKS. The ids
are rows. A new key signs at once; an older one goes on checking until the last token it can have
signed has expired.
"""

import secrets
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.encoding import force_bytes

from .models import SigningKey

LONGEST_LIFE = timedelta(days=7)
"""The longest that any token lives."""
_CACHED = "accounts.tokens.keys"
_CACHED_SECONDS = 60


def signing_key() -> tuple[str, bytes]:
    """The id and the secret that new tokens are signed with; made if there is none yet."""
    known = _known()
    kid = known[0] if known else add_key().kid
    return kid, _secret(settings.SECRET_KEY, kid)


def checking_keys(kid: str) -> list[bytes]:
    """The secrets a token with this key id may have been signed with; none for an unknown one."""
    if kid not in _known():
        return []
    return [_secret(key, kid) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


@transaction.atomic
def add_key(now: datetime | None = None) -> SigningKey:
    """Make a new key. From now on it signs, and what others signed is refused once expired."""
    now = now or timezone.now()
    SigningKey.objects.filter(refused_from=None).update(refused_from=now + LONGEST_LIFE)
    key = SigningKey.objects.create(kid=secrets.token_urlsafe(12), created_at=now)
    transaction.on_commit(forget)
    return key


@transaction.atomic
def refuse_others(key: SigningKey, now: datetime | None = None) -> int:
    """Refuse from now on whatever another key signed: everyone logs in anew.

    Returns how many keys that ended.
    """
    now = now or timezone.now()
    others = SigningKey.objects.exclude(pk=key.pk)
    ended = others.filter(Q(refused_from=None) | Q(refused_from__gt=now)).update(refused_from=now)
    transaction.on_commit(forget)
    return ended


def forget() -> None:
    """Let every process read the keys anew, at the latest in a minute."""
    cache.delete(_CACHED)


def _known() -> list[str]:
    """Ids of the keys that check, the one that signs first. No query with a warm cache."""
    known: list[str] | None = cache.get(_CACHED)
    if known is None:
        alive = Q(refused_from=None) | Q(refused_from__gt=timezone.now())
        known = list(SigningKey.objects.filter(alive).values_list("kid", flat=True))
        if known:
            cache.set(_CACHED, known, _CACHED_SECONDS)
    return known


def _secret(secret_key: str | bytes, kid: str) -> bytes:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"galleria.jwt:" + kid.encode())
    return derive.derive(force_bytes(secret_key))
