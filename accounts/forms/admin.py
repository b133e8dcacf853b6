"""Forms of the admin for accounts, which are known by their e-mail address."""

from typing import Any

from unfold.forms import UserChangeForm, UserCreationForm

from accounts.models import User


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
