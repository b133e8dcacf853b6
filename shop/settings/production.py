"""Production: refuses to start with an unsafe value, and names every one of them at once."""

from pathlib import Path

from shop.settings.base import *
from shop.settings.base import BASE_DIR, env, redis_cache, smtp_mailer
from shop.settings.guard import refuse_unsafe

DEBUG = env.bool("DEBUG", default=False)

SECRET_KEY: str = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])

DATABASE_URL: str = env.str("DATABASE_URL", default="")
DATABASES = {
    "default": {
        **(env.db("DATABASE_URL") if DATABASE_URL else {}),
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
    }
}
REDIS_URL: str = env.str("REDIS_URL", default="")
CACHES = {"default": redis_cache(REDIS_URL)}

EMAIL_URL: str = env.str("EMAIL_URL", default="")
MAILERS = {"default": smtp_mailer(env.email("EMAIL_URL"))} if EMAIL_URL else {}

MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default="") or BASE_DIR / "media")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

SESSION_COOKIE_SECURE = env.bool("SESSION_COOKIE_SECURE", default=True)
CSRF_COOKIE_SECURE = env.bool("CSRF_COOKIE_SECURE", default=True)
CSRF_COOKIE_NAME = "__Host-csrftoken"
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=365 * 24 * 3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=True)
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=False)
# Name and value of the header by which the proxy says that a request came over TLS. Only for a
# proxy that always sets or removes it: whoever can send it to the shop directly is believed.
if _header := env.list("SECURE_PROXY_SSL_HEADER", default=[]):
    SECURE_PROXY_SSL_HEADER = tuple(_header)

# Preloading is for the domains' owner to decide; everything else that Django checks must hold.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

refuse_unsafe(globals())
