"""Templates of the outbox's own tests, and a mail server."""

import copy
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from shop.settings.base import smtp_mailer
from tests.mailing.smtp import MailServer, mail_server


@pytest.fixture(autouse=True)
def _templates(settings: Settings) -> None:
    templates = copy.deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"].append(Path(__file__).parent / "templates")
    settings.TEMPLATES = templates


@pytest.fixture
def smtp(settings: Settings) -> Iterator[MailServer]:
    """Mails go to a server that speaks SMTP, by the backend that production uses."""
    with mail_server() as server:
        settings.MAILERS = {
            "default": smtp_mailer(
                {
                    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                    "EMAIL_HOST": "127.0.0.1",
                    "EMAIL_PORT": server.port,
                    "EMAIL_HOST_USER": "",
                    "EMAIL_HOST_PASSWORD": "",
                }
            )
        }
        yield server
