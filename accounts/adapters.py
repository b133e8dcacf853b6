"""Where django-allauth asks us: how mails go out, what is limited by what, how secrets are kept."""

import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from accounts import letters, sealing
from accounts.models import User
from accounts.services import devices, emails
from sessionsync.protocol import safe_next
from shop.storefronts.middleware import StorefrontRequest
from shop.storefronts.queries import main_storefront
from shop.visitors import counted_as

_NOTHING_CHANGED = "account/email/email_deleted"
"""Only an address that was never confirmed can be removed."""
_SAID: Mapping[str, Any] = {
    "account/messages/logged_out.txt": _("You are signed out."),
    "account/messages/email_confirmation_sent.txt": _("We have sent a mail to %(email)s."),
    "account/messages/email_confirmed.txt": _("Your e-mail address %(email)s is confirmed."),
    "account/messages/email_confirmation_failed.txt": _("Another account has this address."),
    "account/messages/email_deleted.txt": _("%(email)s is forgotten."),
    "account/messages/password_changed.txt": _("Your new password is set."),
    "account/messages/password_set.txt": _("Your new password is set."),
    "mfa/messages/totp_activated.txt": _("Two-step sign-in is on."),
    "mfa/messages/totp_deactivated.txt": _("Two-step sign-in is off."),
    "mfa/messages/recovery_codes_generated.txt": _("Please keep your recovery codes safe."),
    "socialaccount/messages/account_connected.txt": _("The other service is connected."),
    "socialaccount/messages/account_connected_other.txt": _(
        "That account of the other service belongs to another account here."
    ),
    "socialaccount/messages/account_disconnected.txt": _("The other service is disconnected."),
}


class AccountAdapter(DefaultAccountAdapter):
    """Accounts, the same on every storefront."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("This e-mail address and password do not belong together."),
        "too_many_login_attempts": _(
            "That was tried too often. Please wait five minutes, or choose a new password."
        ),
        "rate_limited": _("That was tried too often. Please wait a few minutes."),
        "incorrect_password": _("This is not your password."),
        "enter_current_password": _("This is not your current password."),
        "duplicate_email": _("This is your address already."),
        "invalid_password_reset": _("This link is no longer valid. Please ask for a new one."),
    }

    # Signing in and out.

    def login(self, request: StorefrontRequest, user: User) -> None:
        """Sign in, and note where and with what.

        The guest's cart joins the customer's when the new session's cookie is first presented:
        see `carts.merging.merge_carts`.
        """
        super().login(request, user)
        devices.remember_sign_in(
            request.session, request.storefront, request.headers.get("User-Agent", "")
        )

    def get_login_stages(self) -> list[str]:
        """Confirmed address first, then the second factor."""
        return [
            "allauth.account.stages.EmailVerificationStage",
            "allauth.mfa.stages.AuthenticateStage",
        ]

    def is_safe_url(self, url: str | None) -> bool:
        """Whether a browser may be sent there: a path of the site it is on, and nothing else."""
        is_path = url_has_allowed_host_and_scheme(url, allowed_hosts=None)
        return is_path and url is not None and safe_next(iri_to_uri(url)) is not None

    def is_ajax(self, request: HttpRequest) -> bool:
        """Never: these pages have one way to be used."""
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to the account's first page."""
        return reverse("accounts:overview")

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Confirm an address, and free it from accounts that only claimed to have it."""
        if not emails.free_from_unproven(email_address.email, keep=email_address.user):
            messages.error(request, _("Another account has this address."))
            return False
        confirmed: bool = super().confirm_email(request, email_address)
        return confirmed

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Say in our words what was done; what the page shows by itself is not said again."""
        said = message or _SAID.get(message_template or "")
        if said:
            messages.add_message(request, level, str(said) % (message_context or {}), extra_tags)

    # Limits.

    def get_client_ip(self, request: HttpRequest) -> str:
        """What limits count an address as; a new name each time where it tells nobody apart.

        As in sessionsync: a proxy on this machine that names nobody stands for everyone, and one
        person's attempts must not lock out all others. Limits by account hold in any case.
        """
        return counted_as(request.META.get("REMOTE_ADDR", "")) or f"#{secrets.token_hex(8)}"

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Attempts count by account, whichever of our sites (or of its ports) they are made on."""
        return str(credentials.get("email", credentials.get("username", ""))).lower()

    # Mails.

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put a letter into the outbox."""
        user = context.get("user")
        letters.send(
            letters.letter_for(template_prefix, context),
            to=email,
            storefront=self.request.storefront,
            site_url=f"{self.request.scheme}://{self.request.get_host()}",
            reference=f"account-{user.pk}" if user is not None else "account",
        )

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell the owner what was done to the account, when, and with which browser."""
        if template_prefix == _NOTHING_CHANGED:
            return
        browser = devices.browser_of(self.request.headers.get("User-Agent", ""))
        about: dict[str, Any] = {
            "user": user,
            "timestamp": timezone.now(),
            "browser": ", ".join(filter(None, (browser.name, browser.system))),
        }
        self.send_mail(template_prefix, email or user.email, {**about, **(context or {})})


class SecondFactorAdapter(DefaultMFAAdapter):
    """Authenticator apps and recovery codes."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right, or no longer. Please try the next one."),
    }

    def get_totp_issuer(self) -> str:
        """What the app calls us: the network's name, whichever site it was set up on."""
        return main_storefront().name

    def encrypt(self, text: str) -> str:
        """Seal a secret before the database has it."""
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open a sealed secret; one that cannot be opened becomes one that nobody knows."""
        try:
            return sealing.unseal(encrypted_text)
        except sealing.CannotOpen:
            return sealing.unknown_secret()
