"""Signing in and all around it: django-allauth's views, under the names by which it finds them.

Only those that this shop uses, and each behind a guard of ours: none of these pages is cached, none
of their POSTs ever waits on the server, and what changes how one signs in asks who one is first.
"""

from importlib import import_module

from allauth.account import views
from allauth.account.decorators import verified_email_required
from allauth.mfa.base import views as factor_views
from allauth.mfa.recovery_codes import views as code_views
from allauth.mfa.totp import views as totp_views
from allauth.socialaccount import views as social_views
from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path, re_path

from accounts.views import entrance
from accounts.views.guards import private_page, proven, signed_in

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", private_page(views.login), name="account_login"),
    path("logout/", private_page(views.logout), name="account_logout"),
    path("signup/", private_page(views.signup), name="account_signup"),
    path("inactive/", private_page(views.account_inactive), name="account_inactive"),
    path("reauthenticate/", signed_in(views.reauthenticate), name="account_reauthenticate"),
    path("email/", proven(verified_email_required(views.email)), name="account_email"),
    path(
        "confirm-email/",
        private_page(views.email_verification_sent),
        name="account_email_verification_sent",
    ),
    re_path(
        r"^confirm-email/(?P<key>[-:\w]+)/$",
        private_page(entrance.confirm_email),
        name="account_confirm_email",
    ),
    path("password/change/", signed_in(views.password_change), name="account_change_password"),
    path("password/set/", proven(views.password_set), name="account_set_password"),
    path("password/reset/", private_page(views.password_reset), name="account_reset_password"),
    path(
        "password/reset/done/",
        private_page(views.password_reset_done),
        name="account_reset_password_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        private_page(entrance.new_password),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        private_page(views.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    # The second factor.
    path("2fa/", signed_in(factor_views.index), name="mfa_index"),
    path("2fa/authenticate/", private_page(factor_views.authenticate), name="mfa_authenticate"),
    path("2fa/reauthenticate/", signed_in(factor_views.reauthenticate), name="mfa_reauthenticate"),
    path("2fa/totp/activate/", proven(totp_views.activate_totp), name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", proven(totp_views.deactivate_totp), name="mfa_deactivate_totp"),
    path("2fa/codes/", proven(code_views.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "2fa/codes/generate/",
        proven(code_views.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "2fa/codes/download/",
        proven(code_views.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
]


def service_urls(app: str) -> list[URLPattern | URLResolver]:
    """Signing in with another service; app: django-allauth's for its protocol."""
    protocol = import_module(f"{app}.urls")
    return [
        path("services/", proven(social_views.connections), name="socialaccount_connections"),
        path("services/signup/", private_page(social_views.signup), name="socialaccount_signup"),
        path(
            "services/cancelled/",
            private_page(social_views.login_cancelled),
            name="socialaccount_login_cancelled",
        ),
        path(
            "services/error/",
            private_page(social_views.login_error),
            name="socialaccount_login_error",
        ),
        path("services/", include(protocol.urlpatterns)),
    ]


for app in settings.OIDC_APPS:
    urlpatterns += service_urls(app)
