"""A site with nothing but sessions: three domains, PostgreSQL, Valkey."""

import environ

env = environ.Env()

SECRET_KEY = "only-for-measuring-" + "k" * 40
ALLOWED_HOSTS = [".localhost"]
ROOT_URLCONF = "benchmarks.sessionsync.urls"
WSGI_APPLICATION = "benchmarks.sessionsync.wsgi.application"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",  # for the comparison with Django's own cached_db
    "sessionsync",
]
SESSIONSYNC_MIDDLEWARE = "sessionsync.middleware.SessionSyncMiddleware"
DJANGO_MIDDLEWARE = "django.contrib.sessions.middleware.SessionMiddleware"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    SESSIONSYNC_MIDDLEWARE,
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
SESSION_ENGINE = "sessionsync.engine"
SESSIONSYNC = {
    "SITES": [
        {"id": "mall", "domain": "mall.localhost", "is_main": True},
        {"id": "shoes", "domain": "shoes.localhost"},
        {"id": "hats", "domain": "hats.localhost"},
    ]
}
DATABASES = {"default": {**env.db("DATABASE_URL"), "CONN_MAX_AGE": None}}
CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": env.str("REDIS_URL")}}
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
USE_TZ = True
LOGGING_CONFIG = None
