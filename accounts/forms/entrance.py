"""Sign-up, sign-in, and what changes how one signs in: django-allauth's forms in our words."""

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.forms.looks import ShopLooks
from accounts.models import User

EMAIL = _("E-mail")
MISSING_EMAIL = {
    "required": _("Please enter your e-mail address."),
    "invalid": _("This is not a complete e-mail address, like name@example.com."),
}
MISSING_PASSWORD = {"required": _("Please enter your password.")}
NEW_PASSWORD = {"required": _("Please choose a password.")}
PASSWORD_HELP = _("At least eight characters: a few words that only you would put together.")


def _say(field: forms.Field, label: Any, messages: dict[str, Any], help_text: Any = "") -> None:
    field.label, field.help_text = label, help_text
    field.error_messages = {**field.error_messages, **messages}


def _email(field: forms.Field, label: Any = EMAIL) -> None:
    _say(field, label, MISSING_EMAIL)
    field.widget.attrs.update(autocomplete="username", inputmode="email", maxlength="254")


def _new_passwords(form: forms.Form) -> None:
    _say(form.fields["password1"], _("New password"), NEW_PASSWORD, PASSWORD_HELP)
    _say(form.fields["password2"], _("New password, once more"), NEW_PASSWORD)


class LoginForm(ShopLooks, allauth_forms.LoginForm):
    """Sign in with e-mail address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _email(self.fields["login"])
        _say(self.fields["password"], _("Password"), MISSING_PASSWORD)


class SignupForm(ShopLooks, allauth_forms.SignupForm):
    """Open an account: an address and a password.

    Whether the address is known already is told to its mailbox alone: the page's answer is the
    same, and takes as long.
    """

    account_already_exists: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _email(self.fields["email"])
        _say(self.fields["password1"], _("Password"), NEW_PASSWORD, PASSWORD_HELP)

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Make the account, or answer as if it had been made."""
        if not self.account_already_exists:
            try:
                with transaction.atomic():
                    made: tuple[User | None, HttpResponse | None] = super().try_save(request)
                    return made
            except IntegrityError:  # the same address signed up at the same moment
                self.account_already_exists = True
        else:
            make_password(self.cleaned_data["password1"])
        answered: tuple[User | None, HttpResponse | None] = super().try_save(request)
        return answered


class ResetPasswordForm(ShopLooks, allauth_forms.ResetPasswordForm):
    """Ask for a link with which to choose a new password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _email(self.fields["email"])


class NewPasswordForm(ShopLooks, allauth_forms.ResetPasswordKeyForm):
    """Choose a new password, having followed the link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _new_passwords(self)


class ChangePasswordForm(ShopLooks, allauth_forms.ChangePasswordForm):
    """Change the password, knowing the old one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self.fields["oldpassword"], _("Current password"), MISSING_PASSWORD)
        _new_passwords(self)


class SetPasswordForm(ShopLooks, allauth_forms.SetPasswordForm):
    """Choose a first password, where another service was the only way in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _new_passwords(self)


class ChangeEmailForm(ShopLooks, allauth_forms.AddEmailForm):
    """The address to sign in with from when it is confirmed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _email(self.fields["email"], _("New e-mail address"))
        self.fields["email"].widget.attrs["autocomplete"] = "email"


class ReauthenticateForm(ShopLooks, allauth_forms.ReauthenticateForm):
    """The password once more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self.fields["password"], _("Password"), MISSING_PASSWORD)
