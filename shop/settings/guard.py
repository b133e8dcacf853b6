"""What production must not be started with."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

SHORTEST_SECRET = 50
LEAST_DIFFERENT = 12
KNOWN_SECRETS = ("django-insecure", "test-only", "change", "secret", "example", "insert", "your-")


class UnsafeSettings(ImproperlyConfigured):
    """Production was asked to start with unsafe settings; the message names each of them."""


def refuse_unsafe(settings: Mapping[str, Any]) -> None:
    """Raise UnsafeSettings if any of `settings` (name to value) is unsafe, naming all that are."""
    if problems := list(unsafe(settings)):
        listed = "\n".join(f"  - {problem}" for problem in problems)
        raise UnsafeSettings(
            f"Not starting in production; see docs/settings.md. Set right:\n{listed}"
        )


def unsafe(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with `settings`: the variable's name, what it is and why that matters.

    No value is repeated: a secret that is only nearly right must not end up in a log.
    """
    yield from _secrets(settings)
    if settings["DEBUG"]:
        yield "DEBUG is on: error pages would show the shop's settings and code to anyone."
    yield from _stores(settings)
    if not settings["EMAIL_URL"]:
        yield "EMAIL_URL is missing: order confirmations would go nowhere."
    elif not settings["MAILERS"]["default"]["BACKEND"].endswith("smtp.EmailBackend"):
        yield "EMAIL_URL names no mail server: it must start with smtp, smtp+tls or smtp+ssl."
    yield from _transport(settings)
    yield from _payment(settings)
    yield from _other_service(settings)


def _secrets(settings: Mapping[str, Any]) -> Iterator[str]:
    named = [("SECRET_KEY", settings["SECRET_KEY"])]
    named += [("SECRET_KEY_FALLBACKS", old) for old in settings["SECRET_KEY_FALLBACKS"]]
    for name, secret in named:
        if not secret:
            yield f"{name} is missing."
        elif secret.lower().startswith(KNOWN_SECRETS):
            yield f"{name} is a published or placeholder value: anyone could forge a session."
        elif len(secret) < SHORTEST_SECRET:
            yield f"{name} has {len(secret)} characters; it needs at least {SHORTEST_SECRET}."
        elif len(set(secret)) < LEAST_DIFFERENT:
            yield f"{name} repeats too few characters to be random."


def _stores(settings: Mapping[str, Any]) -> Iterator[str]:
    engine = settings["DATABASES"]["default"].get("ENGINE", "")
    if not engine:
        yield "DATABASE_URL is missing."
    elif not engine.endswith("postgresql"):
        yield f"DATABASE_URL names {engine.rsplit('.')[-1]}; production needs PostgreSQL."
    if not settings["REDIS_URL"]:
        yield "REDIS_URL is missing: sessions and auth codes need a Redis that all processes share."
    elif not settings["REDIS_URL"].startswith(("redis://", "rediss://", "unix://")):
        yield "REDIS_URL must start with redis://, rediss:// or unix://."


def _transport(settings: Mapping[str, Any]) -> Iterator[str]:
    for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"):
        if not settings[name]:
            yield f"{name} is off: the cookie would travel over plain HTTP."
    if not settings["SECURE_SSL_REDIRECT"]:
        yield "SECURE_SSL_REDIRECT is off: pages and logins would be served over plain HTTP."
    if settings["SECURE_HSTS_SECONDS"] <= 0:
        yield "SECURE_HSTS_SECONDS is 0: a browser could be led back to plain HTTP."
    header = settings.get("SECURE_PROXY_SSL_HEADER")
    if header is not None and not (len(header) == 2 and header[0].startswith("HTTP_")):
        yield "SECURE_PROXY_SSL_HEADER must be a header and a value: HTTP_X_FORWARDED_PROTO,https."


def _payment(settings: Mapping[str, Any]) -> Iterator[str]:
    offered = settings["PAYMENT_GATEWAYS"]
    known = {"on-delivery", "bank-transfer", "stripe"}
    if "sandbox" in offered or settings["SANDBOX_GATEWAY_HOST"]:
        yield "PAYMENT_GATEWAYS offers the sandbox: orders would be paid for with no money."
    if not offered:
        yield "PAYMENT_GATEWAYS is empty: nobody could order anything."
    for name in sorted(set(offered) - known - {"sandbox"}):
        yield f"PAYMENT_GATEWAYS names {name!r}; there are {', '.join(sorted(known))}."
    needs = {
        "stripe": ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS"),
        "bank-transfer": ("BANK_ACCOUNT_HOLDER", "BANK_IBAN"),
    }
    for name, values in needs.items():
        missing = [value for value in values if not settings[value]]
        if name in offered and missing:
            yield f"PAYMENT_GATEWAYS offers {name} without {' and '.join(missing)}."


def _other_service(settings: Mapping[str, Any]) -> Iterator[str]:
    server = settings.get("OIDC_SERVER_URL", "")
    if not server:
        return
    if not server.startswith("https://"):
        yield "OIDC_SERVER_URL must start with https://: what it says signs people in."
    for name in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"):
        if not settings[name]:
            yield f"{name} is missing, while OIDC_SERVER_URL is set."
