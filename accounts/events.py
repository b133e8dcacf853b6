"""What happens to accounts: written to the log without anything personal, and its consequences.

Django and django-allauth send signals, and this is where they are heard; our own apps send none.
"""

from typing import Any

import structlog
from allauth.account import signals as account_signals
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from allauth.socialaccount import signals as social_signals
from django.contrib.auth import signals as auth_signals
from django.dispatch import Signal
from django.http import HttpRequest

from accounts.models import User
from accounts.services import devices

log = structlog.get_logger("accounts")


def listen() -> None:
    """Begin to hear the signals. Called once, when the app is ready."""
    for signal, event in _LOGGED.items():
        signal.connect(_logger(event), weak=False, dispatch_uid=f"accounts.{event}")
    auth_signals.user_login_failed.connect(_failed, dispatch_uid="accounts.sign-in failed")
    account_signals.email_confirmed.connect(_confirmed, dispatch_uid="accounts.email confirmed")
    account_signals.password_changed.connect(_end_others, dispatch_uid="accounts.end others")
    account_signals.password_set.connect(_end_others, dispatch_uid="accounts.end others")
    account_signals.password_reset.connect(_end_all, dispatch_uid="accounts.end all")
    account_signals.email_changed.connect(_end_others, dispatch_uid="accounts.end others")


_LOGGED: dict[Signal, str] = {
    auth_signals.user_logged_in: "signed in",
    auth_signals.user_logged_out: "signed out",
    account_signals.user_signed_up: "signed up",
    account_signals.password_changed: "password changed",
    account_signals.password_set: "password set",
    account_signals.password_reset: "password reset",
    account_signals.email_changed: "e-mail address changed",
    mfa_signals.authenticator_added: "second factor added",
    mfa_signals.authenticator_removed: "second factor removed",
    mfa_signals.authenticator_reset: "recovery codes made anew",
    mfa_signals.authentication_failed: "second factor failed",
    social_signals.social_account_added: "other service connected",
    social_signals.social_account_removed: "other service disconnected",
}


def _logger(event: str) -> Any:
    def write(*, request: HttpRequest | None = None, user: User | None = None, **more: Any) -> None:
        # The account's number says who, to those who may look it up; nothing else does.
        facts: dict[str, Any] = {"account": user.pk if user is not None else None}
        factor = more.get("authenticator")
        if isinstance(factor, Authenticator):
            facts["factor"] = factor.type
        social = more.get("sociallogin")
        if social is not None:
            facts["account"] = social.user.pk
        storefront = getattr(request, "storefront", None)
        if storefront is not None:
            facts["storefront"] = storefront.slug
        log.info(event, **facts)

    return write


def _failed(*, request: HttpRequest | None = None, **_: Any) -> None:
    """Not a word of what was typed: people type passwords into the wrong field."""
    storefront = getattr(request, "storefront", None)
    log.info("sign-in failed", storefront=storefront.slug if storefront is not None else None)


def _confirmed(*, email_address: Any, **_: Any) -> None:
    log.info("e-mail address confirmed", account=email_address.user_id)


def _end_others(*, request: HttpRequest, user: User, **_: Any) -> None:
    """What opened the other places is no longer what opens the account."""
    devices.end_others(user, request.session.session_key)


def _end_all(*, user: User, **_: Any) -> None:
    devices.end_all(user)
