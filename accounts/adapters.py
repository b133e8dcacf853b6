"""Where django-allauth asks us: how mails go out, what is limited by what, how secrets are kept."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Accounts."""


class SecondFactorAdapter(DefaultMFAAdapter):
    """The second factor."""


class SocialAdapter(DefaultSocialAccountAdapter):
    """Sign-in with another service."""
