"""System checks: a network that cannot work says so before it serves a page."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

from sessionsync.conf import get_config

MIDDLEWARE = "sessionsync.middleware.SessionSyncMiddleware"


@register(Tags.security)
def check_settings(**_: Any) -> list[CheckMessage]:
    """The setting is readable, the engine and the middleware are ours, and come in order."""
    found: list[CheckMessage] = []
    try:
        get_config()
    except (ImproperlyConfigured, ImportError) as error:
        found.append(Error(str(error), id="sessionsync.E001"))
    if settings.SESSION_ENGINE != "sessionsync.engine":
        found.append(
            Error(
                f"SESSION_ENGINE is {settings.SESSION_ENGINE!r}.",
                hint='Set it to "sessionsync.engine".',
                id="sessionsync.E002",
            )
        )
    order = list(settings.MIDDLEWARE)
    if MIDDLEWARE not in order:
        found.append(
            Error("The middleware is missing.", hint=f"Add {MIDDLEWARE!r}.", id="sessionsync.E003")
        )
    elif "django.contrib.sessions.middleware.SessionMiddleware" in order:
        found.append(
            Error(
                "Django's SessionMiddleware runs beside ours.",
                hint=f"{MIDDLEWARE!r} takes its place.",
                id="sessionsync.E004",
            )
        )
    else:
        later = {
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        }
        early = [name for name in order[: order.index(MIDDLEWARE)] if name in later]
        if early:
            found.append(
                Error(f"{', '.join(early)} must come after {MIDDLEWARE}.", id="sessionsync.E005")
            )
    return found
