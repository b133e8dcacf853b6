"""For the tests: PostgreSQL and Valkey, as in production; tests/conftest.py starts them."""

from shop.settings.base import *
from shop.settings.base import BASE_DIR, INSTALLED_APPS, MIDDLEWARE, env, redis_cache
from shop.settings.payment import SANDBOX_APP, with_sandbox

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

INSTALLED_APPS = [*INSTALLED_APPS, SANDBOX_APP]
MIDDLEWARE = with_sandbox(MIDDLEWARE)
PAYMENT_GATEWAYS = ["sandbox", "on-delivery", "bank-transfer", "stripe"]
SANDBOX_GATEWAY_HOST = "pay.localhost"
SANDBOX_GATEWAY_SECRET = "sandbox" * 6
BANK_ACCOUNT_HOLDER = "Galleria Ltd"
BANK_IBAN = "DE89370400440532013000"
BANK_BIC = "COBADEFFXXX"
STRIPE_SECRET_KEY = "sk_test_" + "k" * 24
STRIPE_WEBHOOK_SECRETS = ["whsec_test"]
# Nobody is there: a test that speaks to Stripe says where its own one listens.
STRIPE_API_BASE = "http://127.0.0.1:9"
