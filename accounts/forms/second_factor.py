"""Codes of authenticator apps, and recovery codes."""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as allauth_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp_forms
from django import forms
from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from accounts.forms.looks import ShopLooks

TOTP_PERIOD = 30
"""Seconds between two codes of an authenticator app (RFC 6238)."""


def _code(field: forms.Field, label: Any) -> None:
    field.label = label
    field.error_messages = {**field.error_messages, "required": _("Please enter the code.")}
    field.widget.attrs.update(
        autocomplete="one-time-code", inputmode="numeric", maxlength="20", spellcheck="false"
    )


class _OnlyOnce(ShopLooks):
    """An app's code is good once, for as long as it is good at all (RFC 6238, section 5.2).

    django-allauth remembers a used one for a single period, and accepts those before and after.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code(self.fields["code"], _("Code from your app, or a recovery code"))

    def clean_code(self) -> str:
        """The code, if it is right and was not used before."""
        code: str = super().clean_code()  # type: ignore[misc]
        authenticator: Authenticator = self.authenticator  # type: ignore[attr-defined]
        if authenticator.type == Authenticator.Type.TOTP:
            digits = "".join(filter(str.isalnum, code))
            good_for = TOTP_PERIOD * (2 * settings.MFA_TOTP_TOLERANCE + 1)
            used = f"accounts.totp.used:{authenticator.pk}:{digits}"
            if not cache.add(used, True, timeout=good_for):
                raise get_adapter().validation_error("incorrect_code")
        return code


class AuthenticateForm(_OnlyOnce, allauth_forms.AuthenticateForm):
    """The second step of signing in."""


class ReauthenticateForm(_OnlyOnce, allauth_forms.ReauthenticateForm):
    """A code in place of the password."""


class ActivateForm(ShopLooks, totp_forms.ActivateTOTPForm):
    """The first code of a new app shows that it has the secret."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code(self.fields["code"], _("Code that your app shows now"))
