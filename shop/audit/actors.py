"""Who does something, as the audit trail writes it down."""

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest

from sessionsync.fingerprints import fingerprint

type Kind = Literal["guest", "customer", "staff", "system"]
type How = Literal["session", "token", "none", "staff-session", "command", "gateway"]
type Channel = Literal["web", "api", "admin", "command", "webhook"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and what told us so.

    how: what identified them. customer_id: the account of a customer or a member of staff.
    storefront: the slug of the site. session: the fingerprint of the session (sessionsync's), or
    of the API token (its jti). request_id: the request's, or the name of a command.
    """

    kind: Kind
    how: How
    customer_id: int | None = None
    storefront: str = ""
    session: str = ""
    request_id: str = ""
    channel: Channel = "web"


def actor_of(request: HttpRequest) -> Actor:
    """Who sent this request to a web page: told by its own user and session, and by nothing else.

    In the admin a member of staff is staff; in the shop they are a customer like any other.
    """
    user: Any = getattr(request, "user", None)
    session: Any = getattr(request, "session", None)
    storefront: Any = getattr(request, "storefront", None)
    key: str | None = session.session_key if session is not None else None
    account: int | None = user.pk if user is not None and user.is_authenticated else None
    match = request.resolver_match
    in_admin = match is not None and "admin" in match.namespaces
    kind: Kind = "guest"
    how: How = "session" if key else "none"
    if account is not None:
        kind = "customer"
        if in_admin:
            kind, how = "staff", "staff-session"
    return Actor(
        kind,
        how,
        customer_id=account,
        storefront=storefront.slug if storefront is not None else "",
        session=fingerprint(key) if key else "",
        request_id=request.META.get("REQUEST_ID", ""),
        channel="admin" if in_admin else "web",
    )


def system(name: str) -> Actor:
    """A command or a worker, by its name."""
    return Actor("system", "command", request_id=name, channel="command")


def email_fingerprint(email: str) -> str:
    """What the trail keeps of an e-mail address: 20 hex digits of an HMAC, "" for none.

    Whoever has the address and the shop's SECRET_KEY can compare; nobody can read it back. Case
    and blanks around it make no difference, as they make none to an account.
    """
    bare = email.strip().lower()
    if not bare:
        return ""
    secret = sha256(b"shop.audit.email:" + settings.SECRET_KEY.encode()).digest()
    return hmac.digest(secret, bare.encode(), "sha256").hex()[:20]
