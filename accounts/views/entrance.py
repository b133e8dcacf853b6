"""Where django-allauth's views are not quite as we want them."""

from allauth.account import views
from django.http import HttpRequest


class _OnlyByAClick:
    """Opening a link signs nobody out: somebody else may have sent it. Its button does."""

    request: HttpRequest

    def logout(self) -> None:
        """Sign out whoever is signed in as another account than the link's."""
        if self.request.method == "POST":
            super().logout()  # type: ignore[misc]


class ConfirmEmailView(_OnlyByAClick, views.ConfirmEmailView):
    """Is this your address?"""


class NewPasswordView(_OnlyByAClick, views.PasswordResetFromKeyView):
    """Choose a new password, having followed a link."""


confirm_email = ConfirmEmailView.as_view()
new_password = NewPasswordView.as_view()
