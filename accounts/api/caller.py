"""Who calls the Store API: told by this call's header, and by nothing else."""

from typing import Any

from rest_framework.request import Request
from rest_framework.serializers import Serializer

from accounts.models import User
from accounts.tokens.models import IssuedToken
from sessionsync.fingerprints import fingerprint
from shop.api.base.errors import Unauthorized
from shop.audit.actors import Actor
from shop.storefronts.models import Storefront


def token_of(request: Request) -> IssuedToken | None:
    """The token that came with this call; None where none did."""
    token: Any = request.auth
    return token if isinstance(token, IssuedToken) else None


def customer_of(request: Request) -> User | None:
    """The customer whose token came with this call; None for a guest."""
    token = token_of(request)
    return token.customer if token is not None else None


def known_customer(request: Request) -> User:
    """The customer. Raises Unauthorized for a guest, and for an identity that is none yet."""
    customer = customer_of(request)
    if customer is None:
        raise Unauthorized
    return customer


def storefront_of(request: Request) -> Storefront:
    """The storefront that the call's key names."""
    storefront: Storefront = request.storefront  # type: ignore[attr-defined]
    return storefront


def actor_of(request: Request, secret: str = "") -> Actor:
    """The caller, as the audit trail writes it down.

    secret: what a guest showed instead of a token, a cart's id for example. With a token, its id
    tells one login from another, and what the calling program says of itself whether it is one
    program: a token that is in two places at once shows (`orders.auditing`).
    """
    customer, token = customer_of(request), token_of(request)
    session = fingerprint(secret) if secret else ""
    if token is not None:
        told = (request.headers.get(name, "") for name in ("User-Agent", "Accept-Language"))
        session = f"{fingerprint(f'token:{token.jti}')}.{fingerprint('|'.join(told))}"
    return Actor(
        "customer" if customer else "guest",
        "token" if token is not None else "none",
        customer_id=customer.pk if customer else None,
        storefront=storefront_of(request).slug,
        session=session,
        request_id=request.META.get("REQUEST_ID", ""),
        channel="api",
    )


def read(kind: type[Serializer[Any]], request: Request, *, partial: bool = False) -> dict[str, Any]:
    """The body as this kind of serializer takes it. Raises its ValidationError."""
    serializer = kind(data=request.data, partial=partial)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
