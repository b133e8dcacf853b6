"""For the tests: PostgreSQL and Valkey, as in production; tests/conftest.py starts them."""

from shop.settings.base import *
from shop.settings.base import BASE_DIR, env, redis_cache

SECRET_KEY = "test-only-" + "k" * 50

DATABASES = {"default": env.db("DATABASE_URL", default="postgres://localhost/galleria")}
# pytest-django empties the tables after a test that commits; the audit trail allows it here only.
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c galleria.tests=on"
CACHES = {"default": redis_cache(env.str("REDIS_URL", default="redis://localhost/0"))}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
MEDIA_ROOT = BASE_DIR / "test-results" / "media"
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None
