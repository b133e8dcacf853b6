"""Forms of the admin for accounts, which are known by their e-mail address."""

from typing import Any

from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.models import User
from accounts.services import devices


class AccountCreationForm(UserCreationForm):
    """A new account: address and password."""

    class Meta:
        model = User
        fields = ("email",)
        field_classes: dict[str, Any] = {}


class AccountChangeForm(UserChangeForm):
    """An account that is there; the password has a form of its own."""

    class Meta:
        model = User
        fields = "__all__"
        field_classes: dict[str, Any] = {}


class NewPasswordForm(AdminPasswordChangeForm):
    """A password that an administrator sets: whoever is signed in with the old one no longer is."""

    def save(self, commit: bool = True) -> User:
        """Set it, and sign the account out everywhere."""
        user: User = super().save(commit)
        devices.end_all(user)
        return user
