"""Handing out, checking, refreshing and revoking the Store API's tokens.

Two ways to live. Storefronts made for this API keep a token for seven days, never refresh it and
tell nobody when they drop it: theirs lives seven days, and each request asks the database whether
it has been revoked. A client that asks for it gets a token of fifteen minutes and a refresh token,
which is good for one swap; one that comes a second time has been copied, and ends its whole family
(RFC 9700, section 4.14.2).
"""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import jwt
import structlog
from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from shop.storefronts.models import Storefront

from . import keys
from .models import Identity, IssuedToken, RefreshToken

ALGORITHM = "HS256"
ISSUER = "galleria"
STOREFRONT_LIFE = keys.LONGEST_LIFE
ACCESS_LIFE = timedelta(minutes=15)
REFRESH_LIFE = timedelta(days=30)
IDENTITY_LIFE = timedelta(hours=1)
LEEWAY = timedelta(seconds=5)
"""How far the clocks of two of our servers may be apart."""
_CLAIMS = ["iss", "aud", "sub", "iat", "exp", "jti"]

log = structlog.get_logger("accounts.tokens")


class TokenRefused(Exception):
    """The token speaks for nobody: malformed, forged, expired, revoked or made for another shop."""


class RefreshTokenReused(TokenRefused):
    """A refresh token came a second time; every token of its family has been revoked."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What a client that refreshes gets. `expires_in`: seconds that `token` lives."""

    token: str
    refresh_token: str
    expires_in: int


def issue(customer: User, storefront: Storefront, now: datetime | None = None) -> str:
    """A token of seven days for the customer, good on this storefront only."""
    return _issue(storefront, STOREFRONT_LIFE, now, customer=customer)


def issue_for_identity(
    identity: Identity, storefront: Storefront, now: datetime | None = None
) -> str:
    """A token of an hour that can do one thing: become a customer."""
    return _issue(storefront, IDENTITY_LIFE, now, identity=identity)


@transaction.atomic
def issue_pair(customer: User, storefront: Storefront, now: datetime | None = None) -> Pair:
    """A token of fifteen minutes and the refresh token that gets the next one."""
    return _pair(customer, storefront, uuid.uuid4(), now or timezone.now())


def check(token: str, storefront: Storefront, now: datetime | None = None) -> IssuedToken:
    """The row of a token that speaks for somebody on this storefront, with its customer.

    One query; none for a token that is known to be revoked. Raises TokenRefused.
    """
    jti = _read(token, storefront)
    if cache.get(_revoked_key(jti)):
        raise TokenRefused("revoked")
    row = (
        IssuedToken.objects.alive(now)
        .select_related("customer", "identity")
        .filter(jti=jti, storefront=storefront)
        .first()
    )
    if row is None:
        raise TokenRefused("revoked or expired")
    if row.customer is not None and not row.customer.is_active:
        raise TokenRefused("account closed")
    return row


def refresh(refresh_token: str, storefront: Storefront, now: datetime | None = None) -> Pair:
    """Swap a refresh token for the next pair.

    Raises TokenRefused, or RefreshTokenReused where it was swapped before: then every token that
    came of the same login is revoked, whoever holds it.
    """
    now = now or timezone.now()
    with transaction.atomic():
        row = (
            RefreshToken.objects.select_for_update(of=("self",))
            .select_related("customer")
            .filter(digest=_digest(refresh_token), storefront=storefront)
            .first()
        )
        if row is None or row.revoked_at or row.expires_at <= now or not row.customer.is_active:
            raise TokenRefused("unknown, revoked or expired")
        if row.used_at is None:
            row.used_at = now
            row.save(update_fields=["used_at"])
            return _pair(row.customer, storefront, row.family, now)
        _revoke_family(row.family, "refresh token reused", now)
    log.warning("refresh token reused", customer=row.customer_id, family=str(row.family))
    raise RefreshTokenReused("used before")


@transaction.atomic
def revoke(row: IssuedToken, why: str = "logged out", now: datetime | None = None) -> None:
    """End one token and what came of the same login. Safe twice."""
    _revoke_family(row.family, why, now or timezone.now())


@transaction.atomic
def revoke_all(customer: User, why: str, now: datetime | None = None) -> int:
    """End every token of a customer, on all storefronts. Returns how many were alive."""
    now = now or timezone.now()
    RefreshToken.objects.filter(customer=customer, revoked_at=None).update(revoked_at=now)
    return _revoke(IssuedToken.objects.filter(customer=customer), why, now)


@transaction.atomic
def prune(now: datetime | None = None) -> int:
    """Delete the rows of tokens that have expired, and identities nobody became. Safe any time.

    Returns how many rows went.
    """
    now = now or timezone.now()
    tokens, _ = IssuedToken.objects.filter(expires_at__lte=now).delete()
    refreshers, _ = RefreshToken.objects.filter(expires_at__lte=now).delete()
    identities, _ = Identity.objects.filter(
        created_at__lte=now - LEFT_IDENTITY, tokens=None
    ).delete()
    return tokens + refreshers + identities


LEFT_IDENTITY = timedelta(days=7)
"""How long a registration may wait for its second step."""


def _read(token: str, storefront: Storefront) -> str:
    """The id a genuine token names; says nothing about whether it is still good."""
    try:
        kid = str(jwt.get_unverified_header(token).get("kid", ""))
        for secret in keys.checking_keys(kid):
            try:
                claims = jwt.decode(
                    token,
                    secret,
                    algorithms=[ALGORITHM],
                    audience=audience(storefront),
                    issuer=ISSUER,
                    leeway=LEEWAY,
                    options={"require": _CLAIMS, "strict_aud": True},
                )
            except jwt.InvalidSignatureError:
                continue
            return str(claims["jti"])
    except (jwt.PyJWTError, ValueError) as error:
        raise TokenRefused(type(error).__name__) from error
    raise TokenRefused("no key of ours signed it")


def audience(storefront: Storefront) -> str:
    """Whom a token of this storefront is for."""
    return f"storefront:{storefront.slug}"


def _issue(
    storefront: Storefront,
    life: timedelta,
    now: datetime | None,
    *,
    customer: User | None = None,
    identity: Identity | None = None,
    family: uuid.UUID | None = None,
) -> str:
    now = now or timezone.now()
    row = IssuedToken.objects.create(
        jti=secrets.token_urlsafe(16),
        family=family or uuid.uuid4(),
        customer=customer,
        identity=identity,
        storefront=storefront,
        issued_at=now,
        expires_at=now + life,
    )
    subject = f"customer:{customer.pk}" if customer else f"identity:{identity.pk}"  # type: ignore[union-attr]
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": audience(storefront),
        "sub": subject,
        "iat": now,
        "exp": row.expires_at,
        "jti": row.jti,
    }
    kid, secret = keys.signing_key()
    return jwt.encode(claims, secret, algorithm=ALGORITHM, headers={"kid": kid})


def _pair(customer: User, storefront: Storefront, family: uuid.UUID, now: datetime) -> Pair:
    refresh_token = secrets.token_urlsafe(32)
    RefreshToken.objects.create(
        digest=_digest(refresh_token),
        family=family,
        customer=customer,
        storefront=storefront,
        expires_at=now + REFRESH_LIFE,
    )
    token = _issue(storefront, ACCESS_LIFE, now, customer=customer, family=family)
    return Pair(token, refresh_token, int(ACCESS_LIFE.total_seconds()))


def _revoke_family(family: uuid.UUID, why: str, now: datetime) -> None:
    RefreshToken.objects.filter(family=family, revoked_at=None).update(revoked_at=now)
    _revoke(IssuedToken.objects.filter(family=family), why, now)


def _revoke(rows: QuerySet[IssuedToken], why: str, now: datetime) -> int:
    ended = list(rows.filter(revoked_at=None, expires_at__gt=now).values_list("jti", "expires_at"))
    rows.filter(jti__in=[jti for jti, _ in ended]).update(revoked_at=now, revoked_why=why)
    seconds = int(STOREFRONT_LIFE.total_seconds())
    # The rows decide; this only spares the database a flood of calls with a dead token.
    transaction.on_commit(
        lambda: cache.set_many({_revoked_key(jti): True for jti, _ in ended}, seconds)
    )
    return len(ended)


def _revoked_key(jti: str) -> str:
    return f"accounts.tokens.revoked:{jti}"


def _digest(refresh_token: str) -> str:
    return sha256(refresh_token.encode()).hexdigest()
