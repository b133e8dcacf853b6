"""The demo: everything it keeps is in .demo/, and nothing has to be installed or configured.

`manage.py` uses these settings unless told otherwise, so that its commands work on the demo's
data, whether the demo is running or not.
"""

from hashlib import sha256
from pathlib import Path

from shop.ops.logs import logging_config
from shop.ops.paths import DemoFiles
from shop.settings.base import *
from shop.settings.base import (
    BASE_DIR,
    INSTALLED_APPS,
    MIDDLEWARE,
    SESSIONSYNC,
    env,
    redis_cache,
)
from shop.settings.payment import SANDBOX_APP, with_sandbox

DEMO = True

DEMO_FILES = DemoFiles(Path(env.str("DEMO_DIR", default="") or BASE_DIR / ".demo").resolve())
DEMO_FILES.prepare()

SECRET_KEY: str = env.str("SECRET_KEY", default="") or DEMO_FILES.secret_key()

DATABASES = {
    # Several processes write: readers must not block them (WAL), and a transaction must take its
    # write lock at the start (IMMEDIATE), or SQLite refuses it halfway instead of waiting.
    "default": env.db("DATABASE_URL")
    if env.str("DATABASE_URL", default="")
    else {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DEMO_FILES.database,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
        },
    }
}
CACHES = {"default": redis_cache(env.str("REDIS_URL", default="") or DEMO_FILES.valkey_url)}

# `manage.py sessionsync check` finds the demo that runs.
SESSIONSYNC = {**SESSIONSYNC, "CHECKED_AT": f"http:{DEMO_FILES.port()}"}

MAILERS = {"default": {"BACKEND": "shop.mailing.console.ReadableConsoleBackend"}}

# A payment company of its own, on a site of its own; its secret is one that both of them know.
INSTALLED_APPS = [*INSTALLED_APPS, SANDBOX_APP]
MIDDLEWARE = with_sandbox(MIDDLEWARE)
PAYMENT_GATEWAYS = env.list("PAYMENT_GATEWAYS", default=["on-delivery", "sandbox", "bank-transfer"])
SANDBOX_GATEWAY_HOST = "pay.localhost"
SANDBOX_SHOP_PORT = env.int("PORT", default=None)
SANDBOX_GATEWAY_SECRET = sha256(b"sandbox pay:" + SECRET_KEY.encode()).hexdigest()
BANK_ACCOUNT_HOLDER = env.str("BANK_ACCOUNT_HOLDER", default="Galleria Demo")
BANK_IBAN = env.str("BANK_IBAN", default="DE89370400440532013000")  # the banks' own example

SELLER_NAME = env.str("SELLER_NAME", default="Galleria Demo")
SELLER_ADDRESS = env.list(
    "SELLER_ADDRESS", default=["1 Arcade Street", "12345 Sampleton", "Germany"]
)
SELLER_TAX_ID = env.str("SELLER_TAX_ID", default="DE000000000")
SELLER_CONTACT = env.str("SELLER_CONTACT", default="shop@galleria.localhost")

MEDIA_ROOT = DEMO_FILES.media
WHITENOISE_USE_FINDERS = True  # no collectstatic, and nowhere to collect to
STATIC_ROOT = None

# The terminal shows the addresses and the mails; a line for each request would bury them.
LOG_LEVEL = env.str("LOG_LEVEL", default="WARNING").upper()
LOGGING = logging_config(level=LOG_LEVEL, json_lines=False)
