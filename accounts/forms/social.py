"""The one question that may be left when somebody comes from another service."""

from typing import Any

from allauth.socialaccount.forms import SignupForm
from django.utils.translation import gettext_lazy as _

from accounts.forms.entrance import MISSING_EMAIL
from accounts.forms.looks import ShopLooks


class SocialSignupForm(ShopLooks, SignupForm):
    """The address of the new account, where the service told none or one that is taken."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail")
        self.fields["email"].error_messages |= MISSING_EMAIL
