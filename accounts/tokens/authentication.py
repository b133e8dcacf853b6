"""Who is calling: what this call's own `Authorization` header says, and nothing else."""

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import User
from accounts.tokens import services
from accounts.tokens.models import IssuedToken


class BearerAuthentication(BaseAuthentication):
    """No header and an empty one are the same guest; anything that is not a good token is 401.

    `request.auth` is the token's row; `request.user` is a guest for a token that speaks for an
    identity that is no customer yet, so nothing but the one call that looks at `request.auth` can
    mistake it for one.
    """

    def authenticate(self, request: Request) -> tuple[User | AnonymousUser, IssuedToken | None]:
        """The customer and the token. Raises AuthenticationFailed for a bad token."""
        header = request.headers.get("Authorization", "").strip()
        if not header:
            return AnonymousUser(), None
        scheme, _space, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise AuthenticationFailed
        try:
            row = services.check(token.strip(), request.storefront)  # type: ignore[attr-defined]
        except services.TokenRefused:
            raise AuthenticationFailed from None
        return row.customer or AnonymousUser(), row

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Bearer"
