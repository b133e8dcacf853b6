"""A network of four sites that knows nothing of the shop."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from sessionsync import store
from shop.ops.ports import free_port

MAIN, ONE, TWO, THREE = "main.example", "one.example", "two.example", "three.example"


@pytest.fixture(autouse=True)
def network(settings: Settings) -> None:
    settings.SESSIONSYNC = {
        "SITES": [
            {"id": "main", "domain": MAIN, "is_main": True},
            {"id": "one", "domain": ONE},
            {"id": "two", "domain": TWO},
            {"id": "three", "domain": THREE},
        ]
    }
    settings.ROOT_URLCONF = "tests.sessionsync.urls"
    settings.ALLOWED_HOSTS = ["*"]
    settings.MIDDLEWARE = [
        "sessionsync.middleware.SessionSyncMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ]
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {"context_processors": ["sessionsync.context.sessionsync"]},
        }
    ]


@pytest.fixture
def redis_away(settings: Settings) -> Iterator[None]:
    """Redis at a port where nobody listens."""
    cache = dict(settings.CACHES["default"], LOCATION=f"redis://127.0.0.1:{free_port()}/0")
    settings.CACHES = {"default": cache}
    store.breaker.reset()
    yield
    store.breaker.reset()
