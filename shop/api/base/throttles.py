"""How often one key, one customer and one address may call.

Guests of a storefront that renders on a server all come from that server, so guests are counted
by key only. Without Redis nothing is counted: a shop that is open is worth more.
"""

from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from sessionsync.fingerprints import fingerprint


class StoreThrottle(SimpleRateThrottle):
    """Counts by what `ident` gives; the rate is `API_RATES[scope]`."""

    scope: str

    def get_rate(self) -> str | None:
        """Read when it is needed, so that a setting can be changed in a test."""
        rate: str | None = settings.API_RATES.get(self.scope)
        return rate

    def ident(self, request: Request) -> str | None:
        """Who is counted; None: nobody."""
        raise NotImplementedError

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """A key that tells nobody who it is."""
        ident = self.ident(request)
        return f"api.throttle:{self.scope}:{fingerprint(ident)}" if ident else None


class KeyThrottle(StoreThrottle):
    """Each publishable key."""

    scope = "key"

    def ident(self, request: Request) -> str | None:
        """The key."""
        return request.headers.get("x-publishable-api-key")


class CustomerThrottle(StoreThrottle):
    """Each customer."""

    scope = "customer"

    def ident(self, request: Request) -> str | None:
        """The customer's id; guests are not told apart."""
        return f"customer:{request.user.pk}" if request.user.pk else None


class AddressThrottle(StoreThrottle):
    """Each e-mail address that somebody tries to log in or register with."""

    scope = "address"

    def ident(self, request: Request) -> str | None:
        """The address that was typed."""
        body = request.data if isinstance(request.data, dict) else {}
        typed = body.get("email") or body.get("identifier")
        return f"address:{str(typed).strip().lower()}" if typed else None
