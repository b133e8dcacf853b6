"""Accounts: who signs in, how passwords are kept, what is limited. docs/accounts.md tells why."""

from datetime import timedelta
from typing import Any

import environ

env = environ.Env()

AUTH_USER_MODEL = "accounts.User"
# One backend, so that a wrong password costs one hash, and an unknown address as much.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
# The first one hashes; whoever still has another is moved to it by their next sign-in.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=1).total_seconds())

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "accounts:overview"
LOGOUT_REDIRECT_URL = "/"

# --- django-allauth ----------------------------------------------------------------------------

ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
# Together these make sign-up, sign-in and reset answer alike for known and unknown addresses.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 1
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# How long a session lives is sessionsync's to say; nobody is asked.
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_FORMS = {
    "login": "accounts.forms.entrance.LoginForm",
    "signup": "accounts.forms.entrance.SignupForm",
    "reset_password": "accounts.forms.entrance.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.entrance.NewPasswordForm",
    "change_password": "accounts.forms.entrance.ChangePasswordForm",
    "set_password": "accounts.forms.entrance.SetPasswordForm",
    "add_email": "accounts.forms.entrance.ChangeEmailForm",
    "reauthenticate": "accounts.forms.entrance.ReauthenticateForm",
}
# So many / in so long / by client address, by what was typed, or by who is signed in.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "signup": "20/m/ip",
    "reset_password": "20/m/ip,5/h/key",
    "reset_password_from_key": "20/m/ip",
    "confirm_email": "1/3m/key",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
    "reauthenticate": "10/m/user",
}

MFA_ADAPTER = "accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1
# Nobody is signed in with an unconfirmed address; who changes theirs keeps the old one meanwhile.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_FORMS = {
    "authenticate": "accounts.forms.second_factor.AuthenticateForm",
    "reauthenticate": "accounts.forms.second_factor.ReauthenticateForm",
    "activate_totp": "accounts.forms.second_factor.ActivateForm",
}

SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
SOCIALACCOUNT_FORMS = {"signup": "accounts.forms.social.SocialSignupForm"}

# Sign-in with another service (OpenID Connect), off unless it is named here.
OIDC_SERVER_URL: str = env.str("OIDC_SERVER_URL", default="")
OIDC_CLIENT_ID: str = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET: str = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_APPS: list[str] = []
if OIDC_SERVER_URL:
    OIDC_APPS = ["allauth.socialaccount.providers.openid_connect"]
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": env.str("OIDC_NAME", default="") or "OpenID Connect",
                "client_id": OIDC_CLIENT_ID,
                "secret": OIDC_CLIENT_SECRET,
                "settings": {"server_url": OIDC_SERVER_URL},
            }
        ],
    }

# --- The shop's own ----------------------------------------------------------------------------

STAFF_SECOND_FACTOR: bool = env.bool("STAFF_SECOND_FACTOR", default=False)
"""Whether the admin's pages are closed to staff without a second factor."""

BOOKS_KEEP_NAMES_DAYS: int = env.int("BOOKS_KEEP_NAMES_DAYS", default=0)
"""How long the law makes the shop keep the names in its orders, in days since they were placed."""

PERSONAL_DATA_EXPORTERS = [
    "accounts.services.personal_data.export",
    "orders.personal_data.export",
    "carts.personal_data.export",
    "shop.pricing.personal_data.export",
]
"""Dotted paths of functions that know of a person: `accounts.services.personal_data.Exporter`."""
PERSONAL_DATA_ERASERS = [
    "carts.personal_data.erase",
    "orders.personal_data.erase",
    "shop.pricing.personal_data.erase",
    "accounts.services.personal_data.erase_mails",
    "accounts.services.personal_data.erase_account",
]
"""Dotted paths, called in this order, which is that of locks (docs/locking.md):
`accounts.services.personal_data.Eraser`.
"""
