"""Production refuses unsafe values, names all of them, and repeats none."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from shop.settings.guard import unsafe

ROOT = Path(__file__).resolve().parents[2]
RANDOM_SECRET = "q8Zr2LxV0nTgB5yKdW7mHs4JpE9uCfA1oXi6RtNvYbQ3eGkM"
SAFE = {
    "SECRET_KEY": RANDOM_SECRET + "zP",
    "DATABASE_URL": "postgres://galleria:pw@db.example/galleria",
    "REDIS_URL": "redis://cache.example:6379/0",
    "EMAIL_URL": "smtp+tls://mail.example:587",
}


def start(environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Load the production settings in a process of their own, with this environment only."""
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from django.conf import settings; print(settings.SECURE_HSTS_SECONDS)",
        ],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "shop.settings.production",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_starts_with_safe_values() -> None:
    # Given safe values, when production starts
    result = start(SAFE)
    # Then it does, and browsers keep to TLS for a year
    assert (result.returncode, result.stdout) == (0, "31536000\n")


def test_production_names_every_missing_value_at_once() -> None:
    # Given no environment at all, when production starts
    result = start({})
    # Then it refuses and names the four that are missing
    assert result.returncode != 0
    refusals = [line.split()[1] for line in result.stderr.splitlines() if line.startswith("  - ")]
    assert refusals == ["SECRET_KEY", "DATABASE_URL", "REDIS_URL", "EMAIL_URL"]


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("SECRET_KEY", "short-but-odd-1234", "has 18 characters; it needs at least 50"),
        ("SECRET_KEY", "django-insecure-" + RANDOM_SECRET, "a published or placeholder value"),
        ("SECRET_KEY", "test-only-" + "k" * 50, "a published or placeholder value"),
        ("SECRET_KEY", "ab" * 30, "repeats too few characters"),
        ("SECRET_KEY_FALLBACKS", "too-short", "has 9 characters"),
        ("DEBUG", "on", "DEBUG is on"),
        ("DATABASE_URL", "sqlite:///shop.sqlite3", "names sqlite3; production needs PostgreSQL"),
        ("REDIS_URL", "localhost:6379", "must start with redis://, rediss:// or unix://"),
        ("EMAIL_URL", "consolemail://", "names no mail server"),
        ("SESSION_COOKIE_SECURE", "off", "would travel over plain HTTP"),
        ("CSRF_COOKIE_SECURE", "off", "would travel over plain HTTP"),
        ("SECURE_SSL_REDIRECT", "off", "served over plain HTTP"),
        ("SECURE_HSTS_SECONDS", "0", "led back to plain HTTP"),
        ("SECURE_PROXY_SSL_HEADER", "X-Forwarded-Proto", "must be a header and a value"),
        ("PAYMENT_GATEWAYS", "on-delivery,sandbox", "orders would be paid for with no money"),
        ("PAYMENT_GATEWAYS", "on-delivery,paypal", "names 'paypal'; there are bank-transfer"),
        ("PAYMENT_GATEWAYS", "", "nobody could order anything"),
        ("PAYMENT_GATEWAYS", "stripe", "STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRETS"),
        ("PAYMENT_GATEWAYS", "bank-transfer", "without BANK_ACCOUNT_HOLDER and BANK_IBAN"),
    ],
)
def test_production_refuses_one_unsafe_value(name: str, value: str, reason: str) -> None:
    # Given one unsafe value among safe ones, when production starts
    result = start({**SAFE, name: value})
    # Then it refuses, names that one and no other, and says why
    refusals = [line for line in result.stderr.splitlines() if line.startswith("  - ")]
    assert result.returncode != 0
    assert len(refusals) == 1
    assert refusals[0].startswith(f"  - {name} ")
    assert reason in refusals[0]


def test_another_service_is_believed_over_tls_and_with_a_secret_only() -> None:
    # Given a service that is named and nothing else, when production starts
    result = start({**SAFE, "OIDC_SERVER_URL": "http://id.example"})
    # Then it refuses and says what is wrong with each
    refusals = [line.split()[1] for line in result.stderr.splitlines() if line.startswith("  - ")]
    assert refusals == ["OIDC_SERVER_URL", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"]
    # And with all of it right, it starts
    service = {"SERVER_URL": "https://id.example", "CLIENT_ID": "shop", "CLIENT_SECRET": "x"}
    assert start({**SAFE, **{f"OIDC_{n}": value for n, value in service.items()}}).returncode == 0


def test_a_refused_secret_is_not_repeated() -> None:
    # Given a secret that is only nearly right
    secret = "Zx9" * 16 + "q"
    # When production refuses it
    result = start({**SAFE, "SECRET_KEY": secret})
    # Then the secret is not in what it says
    assert result.returncode != 0
    assert secret not in result.stderr + result.stdout


def test_a_proxy_header_is_believed_only_when_it_is_named() -> None:
    # Given the settings of production with and without the variable, when they are checked
    base = {
        "SECRET_KEY": RANDOM_SECRET + "zP",
        "SECRET_KEY_FALLBACKS": [],
        "DEBUG": False,
        "DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql"}},
        "REDIS_URL": "redis://cache.example",
        "EMAIL_URL": "smtp://mail.example",
        "MAILERS": {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend"}},
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 300,
        "PAYMENT_GATEWAYS": ["on-delivery"],
        "SANDBOX_GATEWAY_HOST": "",
        **dict.fromkeys(("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS"), ""),
        **dict.fromkeys(("BANK_ACCOUNT_HOLDER", "BANK_IBAN"), ""),
    }
    # Then none is needed, and a whole one is accepted
    assert list(unsafe(base)) == []
    header = {"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")}
    assert list(unsafe({**base, **header})) == []


def test_the_demo_keeps_its_own_secret_and_data(tmp_path: Path) -> None:
    # Given an empty folder for the demo
    script = (
        "from django.conf import settings as s;"
        "print(s.SECRET_KEY, s.DATABASES['default']['NAME'], s.DEBUG, sep='\\n')"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "shop.settings.demo",
        "DEMO_DIR": str(tmp_path / "demo"),
    }
    # When its settings are loaded twice
    first, second = (
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    )
    # Then both have the same long secret, readable by this user only, and DEBUG is off
    secret, database, debug = first.split()
    assert first == second
    assert len(secret) >= 50
    assert (tmp_path / "demo" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert (database, debug) == (str(tmp_path / "demo" / "galleria.sqlite3"), "False")


def test_a_command_works_without_the_demo_running(tmp_path: Path) -> None:
    # Given a demo folder in which neither Valkey nor a database has ever been
    # When a command uses the cache
    script = "from django.core.cache import cache; print(cache.set('a', 1), cache.get('a', 'miss'))"
    result = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", script],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DEMO_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    # Then it goes on, as if the cache were empty
    assert (result.returncode, result.stdout.split()[-1]) == (0, "miss")


def test_every_variable_is_documented() -> None:
    # Given the variables that the settings read
    sources = (ROOT / "shop" / "settings").glob("*.py")
    read = {
        name
        for source in sources
        for name in re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source.read_text())
    }
    # When the documentation is searched for them, then each has its line
    documented = (ROOT / "docs" / "settings.md").read_text()
    assert len(read) > 15
    assert [name for name in sorted(read) if f"`{name}`" not in documented] == []


def test_the_example_of_an_environment_is_refused_until_it_is_filled_in() -> None:
    # Given the example as it is
    lines = (ROOT / "deploy" / "galleria.env.example").read_text().splitlines()
    example = dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")
    # When production starts with it, then only the secret is missing
    result = start(example)
    refusals = [line.split()[1] for line in result.stderr.splitlines() if line.startswith("  - ")]
    assert refusals == ["SECRET_KEY"]
    # When it has a secret, then it starts
    assert start({**example, "SECRET_KEY": SAFE["SECRET_KEY"]}).returncode == 0
