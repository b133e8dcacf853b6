"""A network of one main site and four sub-sites that knows nothing of the shop."""

import os

import environ

env = environ.Env()

MAIN, HATS, RINGS, LAMPS, SHOES = "mall", "hats", "rings", "lamps", "shoes"
SUB_SITES = (HATS, RINGS, LAMPS, SHOES)


def domain(site: str) -> str:
    """Where a site is served: every browser takes `*.localhost` for this machine."""
    return f"{site}.localhost"


SECRET_KEY = "test-only-" + "b" * 50
ALLOWED_HOSTS = ["*"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "tests.browsers.urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "sessionsync",
    "tests.browsers",
]
MIDDLEWARE = [
    "tests.browsers.recorder.record",
    "django.middleware.security.SecurityMiddleware",
    "sessionsync.middleware.SessionSyncMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
SESSION_ENGINE = "sessionsync.engine"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "sessionsync.context.sessionsync",
            ]
        },
    }
]
SESSIONSYNC = {
    "SITES": [
        {"id": MAIN, "domain": domain(MAIN), "is_main": True},
        *({"id": site, "domain": domain(site)} for site in SUB_SITES),
    ],
    "MERGE_HANDLERS": ["tests.browsers.notes.merge"],
    "EXEMPT_PREFIXES": ["/blank/"],
    # So that Chromium still has a sub-site's cookie after the restart that its purge takes.
    "SUB_COOKIE_AGE": 24 * 60 * 60,
}
if "DATABASE_URL" in os.environ:
    DATABASES = {"default": env.db("DATABASE_URL")}
    CACHES = {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": os.environ["REDIS_URL"],
        }
    }
