"""Signing up, in and out by the Store API."""

import structlog
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from accounts.api import shapes
from accounts.api.caller import read, storefront_of, token_of
from accounts.models import User
from accounts.queries import has_second_factor
from accounts.services.factors import is_right_code
from accounts.tokens import registration, services
from accounts.tokens.models import Identity
from shop.api.base.errors import InvalidData, Unauthorized
from shop.api.base.throttles import AddressThrottle, CustomerThrottle, KeyThrottle
from shop.api.base.views import StoreView

log = structlog.get_logger("accounts")


class Entrance(StoreView):
    """A call by somebody who has no token yet; one that is sent along is not looked at."""

    authentication_classes = ()
    throttle_classes: tuple[type[BaseThrottle], ...] = (KeyThrottle, AddressThrottle)


class Register(Entrance):
    """The first step of signing up."""

    @extend_schema(
        operation_id="register",
        request=shapes.Registration,
        responses=shapes.Token,
    )
    def post(self, request: Request) -> Response:
        """Keep an address and a password; the token can make a customer of them."""
        data = read(shapes.Registration, request)
        try:
            identity = registration.register(data["email"], data["password"])
        except registration.EmailTaken:
            raise Unauthorized("Identity with email already exists") from None
        except ValidationError as error:
            raise InvalidData(" ".join(error.messages)) from None
        return Response({"token": services.issue_for_identity(identity, storefront_of(request))})


class LogIn(Entrance):
    """Signing in."""

    @extend_schema(
        operation_id="log_in",
        request=shapes.Credentials,
        responses=shapes.Token,
    )
    def post(self, request: Request) -> Response:
        """A token for whoever has this address and password.

        An account with a second factor asks for its `code`, too: a password alone opens as little
        here as on the web.
        """
        data = read(shapes.Credentials, request)
        storefront = storefront_of(request)
        try:
            known = registration.log_in(request._request, data["email"], data["password"])
        except registration.WrongCredentials:
            raise Unauthorized("Invalid email or password") from None
        if isinstance(known, Identity):
            return Response({"token": services.issue_for_identity(known, storefront)})
        _check_second_factor(known, data.get("code", ""))
        User.objects.filter(pk=known.pk).update(last_login=timezone.now())
        log.info("signed in by the API", account=known.pk, storefront=storefront.slug)
        if not data.get("refresh"):
            return Response({"token": services.issue(known, storefront)})
        return _pair(services.issue_pair(known, storefront))


class Refresh(Entrance):
    """The next token of a client that refreshes."""

    throttle_classes = (KeyThrottle,)

    @extend_schema(
        operation_id="refresh_token",
        request=shapes.Refreshing,
        responses=shapes.Token,
    )
    def post(self, request: Request) -> Response:
        """Swap a refresh token. One that comes a second time ends its whole login."""
        data = read(shapes.Refreshing, request)
        try:
            return _pair(services.refresh(data["refresh_token"], storefront_of(request)))
        except services.TokenRefused:
            raise Unauthorized from None


class Revoke(StoreView):
    """Logging out."""

    needs_token = True

    throttle_classes = (KeyThrottle, CustomerThrottle)

    @extend_schema(
        operation_id="revoke_token",
        request=shapes.Revoking,
        responses=shapes.Done,
    )
    def post(self, request: Request) -> Response:
        """End the token that came with this call, or everything of its customer's."""
        token = token_of(request)
        if token is None:
            raise Unauthorized
        data = read(shapes.Revoking, request)
        if data.get("everywhere") and token.customer is not None:
            services.revoke_all(token.customer, "logged out everywhere")
        services.revoke(token)
        return Response({"success": True})


def _check_second_factor(user: User, code: str) -> None:
    if not has_second_factor(user):
        return
    if not code:
        raise Unauthorized(
            _("This account asks for the code of your second factor."), code="code_required"
        )
    if not is_right_code(user, code):
        raise Unauthorized("Invalid email or password")


def _pair(pair: services.Pair) -> Response:
    return Response(
        {
            "token": pair.token,
            "refresh_token": pair.refresh_token,
            "expires_in": pair.expires_in,
        }
    )
