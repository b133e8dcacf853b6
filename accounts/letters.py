"""What the mails about an account say. They go through the outbox like all others.

A letter is a few sentences and at most one link; `templates/account/mail/` gives it its looks.
Those with a secret link are shown to nobody and not kept once they are sent.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shop.mailing import services as mailing
from shop.storefronts.models import Storefront

TEMPLATE = "account/mail/letter"


@dataclass(frozen=True, slots=True)
class Letter:
    """Subject, paragraphs, one link with its words, and what stands below it.

    is_secret: the link is as good as a password for as long as it works.
    """

    subject: str
    paragraphs: tuple[str, ...]
    link: str = ""
    label: str = ""
    below: tuple[str, ...] = ()
    is_secret: bool = False


def send(
    letter: Letter, *, to: str, storefront: Storefront, site_url: str, reference: str = "account"
) -> None:
    """Put a letter into the outbox, in the language that is active and the caller's transaction.

    site_url: scheme and host of the site, without a slash at the end. Raises BadAddress.
    """
    mailing.queue(
        to=to,
        template=TEMPLATE,
        context=asdict(letter),
        language=get_language(),
        reference=reference,
        storefront=storefront,
        site_url=site_url,
        secret=letter.is_secret,
    )


def letter_for(event: str, context: Mapping[str, Any]) -> Letter:
    """The letter for one of django-allauth's events, by its name. Raises KeyError for others."""
    return _LETTERS[event](context)


def _not_you() -> str:
    return _(
        "If this was not you, set a new password at once with “Forgot your password?” on the "
        "sign-in page: that signs everybody else out."
    )


def _when(context: Mapping[str, Any]) -> str:
    """When and with what it was done, where that is known."""
    when = date_format(localtime(context["timestamp"]), "DATETIME_FORMAT")
    return _("When: %(when)s (UTC). Browser: %(browser)s.") % {
        "when": when,
        "browser": context["browser"] or _("unknown"),
    }


def _done(subject: str, sentence: str, context: Mapping[str, Any]) -> Letter:
    return Letter(subject, (sentence, _when(context), _not_you()))


def _confirm_new_account(context: Mapping[str, Any]) -> Letter:
    return Letter(
        _("Please confirm your e-mail address"),
        (_("Welcome! One click and your account is ready, in all of our shops."),),
        context["activate_url"],
        _("Confirm my address"),
        (
            _("The link works for one day."),
            _("If you did not sign up, do nothing: without this click there is no account."),
        ),
        is_secret=True,
    )


def _confirm_new_address(context: Mapping[str, Any]) -> Letter:
    return Letter(
        _("Please confirm your e-mail address"),
        (_("From then on you sign in with this address, and we write to it."),),
        context["activate_url"],
        _("Confirm my address"),
        (
            _("The link works for one day."),
            _("If you did not ask for this, do nothing: nothing will change."),
        ),
        is_secret=True,
    )


def _there_is_one_already(context: Mapping[str, Any]) -> Letter:
    return Letter(
        _("You have an account already"),
        (
            _(
                "Somebody, probably you, has tried to open an account with this address. There "
                "is one already, so nothing was changed."
            ),
            _("If you do not remember your password, you can choose a new one:"),
        ),
        context["password_reset_url"],
        _("Choose a new password"),
        (_("If this was not you, you need not do anything."),),
    )


def _there_is_none(context: Mapping[str, Any]) -> Letter:
    return Letter(
        _("There is no account with this address"),
        (
            _(
                "Somebody, probably you, has asked for a new password for this address. We know "
                "no account with it: perhaps you used another address."
            ),
            _("You can order without an account, or open one:"),
        ),
        context["signup_url"],
        _("Open an account"),
        (_("If this was not you, you need not do anything."),),
    )


def _reset(context: Mapping[str, Any]) -> Letter:
    return Letter(
        _("Choose a new password"),
        (_("You, or somebody else, asked for a new password for your account."),),
        context["password_reset_url"],
        _("Choose a new password"),
        (
            _("The link works once, and for one hour. Please give it to nobody."),
            _("If this was not you, do nothing: your password stays as it is."),
        ),
        is_secret=True,
    )


def _address_changed(context: Mapping[str, Any]) -> Letter:
    sentence = _("From now on you sign in with %(new)s instead of %(old)s.") % {
        "new": context["to_email"],
        "old": context["from_email"],
    }
    return Letter(
        _("Your e-mail address was changed"),
        (
            sentence,
            _when(context),
            _("If this was not you, please answer this mail at once: we will help you."),
        ),
    )


def _password_changed(context: Mapping[str, Any]) -> Letter:
    sentence = _("Your password was changed. You were signed out in all other places.")
    return _done(_("Your password was changed"), sentence, context)


def _factor_added(context: Mapping[str, Any]) -> Letter:
    sentence = _("From now on, signing in needs a code from your authenticator app as well.")
    return _done(_("Two-step sign-in is on"), sentence, context)


def _factor_removed(context: Mapping[str, Any]) -> Letter:
    sentence = _("From now on, your password alone is enough to sign in.")
    return _done(_("Two-step sign-in is off"), sentence, context)


def _codes_made(context: Mapping[str, Any]) -> Letter:
    sentence = _("New recovery codes were made for your account. The old ones no longer work.")
    return _done(_("You have new recovery codes"), sentence, context)


def _service_connected(context: Mapping[str, Any]) -> Letter:
    sentence = _("From now on you can also sign in with another service.")
    return _done(_("Another way to sign in"), sentence, context)


def _service_disconnected(context: Mapping[str, Any]) -> Letter:
    sentence = _("You can no longer sign in with another service that you had connected.")
    return _done(_("A way to sign in was removed"), sentence, context)


_LETTERS: Mapping[str, Callable[[Mapping[str, Any]], Letter]] = {
    "account/email/email_confirmation_signup": _confirm_new_account,
    "account/email/email_confirmation": _confirm_new_address,
    "account/email/account_already_exists": _there_is_one_already,
    "account/email/unknown_account": _there_is_none,
    "account/email/password_reset_key": _reset,
    "account/email/password_changed": _password_changed,
    "account/email/password_reset": _password_changed,
    "account/email/password_set": _password_changed,
    "account/email/email_changed": _address_changed,
    "mfa/email/totp_activated": _factor_added,
    "mfa/email/totp_deactivated": _factor_removed,
    "mfa/email/recovery_codes_generated": _codes_made,
    "socialaccount/email/account_connected": _service_connected,
    "socialaccount/email/account_disconnected": _service_disconnected,
}


def account_erased() -> Letter:
    """The last letter that an account gets."""
    return Letter(
        _("Your account is deleted"),
        (
            _("Your account and what we knew of you are deleted, as you asked."),
            _("We keep what the law makes us keep of your orders, without your name."),
        ),
    )
