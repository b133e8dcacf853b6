"""What every environment shares. Everything that differs is read from the environment.

docs/settings.md explains each variable; `demo`, `test` and `production` build on this module.
"""

from pathlib import Path
from typing import Any

import environ
from django.templatetags.static import static
from django.utils.csp import CSP
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

from shop.ops.logs import logging_config
from shop.settings.accounts import *
from shop.settings.accounts import OIDC_APPS
from shop.settings.aftersale import *
from shop.settings.payment import *

BASE_DIR = Path(__file__).resolve().parent.parent.parent

env = environ.Env()


def redis_cache(url: str) -> dict[str, Any]:
    """Describe the Redis (or Valkey) cache at `url` to Django.

    The shop must go on when Redis is away: a connection or an answer takes 0.3 seconds at most,
    a dropped connection is tried once more, and the cache API answers an error as a miss (it is
    logged). A timeout is not tried again: the command may have run.
    """
    return {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": url,
        "KEY_PREFIX": "galleria",
        "OPTIONS": {
            "SOCKET_CONNECT_TIMEOUT": 0.3,
            "SOCKET_TIMEOUT": 0.3,
            "IGNORE_EXCEPTIONS": True,
            "CONNECTION_POOL_KWARGS": {
                "max_connections": 200,
                "health_check_interval": 30,
                "retry": Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
            },
        },
    }


def smtp_mailer(parts: dict[str, Any]) -> dict[str, Any]:
    """Describe a mail server to Django; `parts` is what `env.email` read from an address.

    A server that does not answer within 10 seconds is an error, not a hanging page.
    """
    return {
        "BACKEND": parts["EMAIL_BACKEND"],
        "OPTIONS": {
            "host": parts["EMAIL_HOST"],
            "port": parts["EMAIL_PORT"] or 25,
            "username": parts["EMAIL_HOST_USER"] or "",
            "password": parts["EMAIL_HOST_PASSWORD"] or "",
            "use_tls": parts.get("EMAIL_USE_TLS", False),
            "use_ssl": parts.get("EMAIL_USE_SSL", False),
            "timeout": 10,
        },
    }


DEBUG = False
DEMO = False  # True in shop.settings.demo only: demo data and its known passwords are welcome

# The Host header is checked by shop.storefronts.middleware.StorefrontMiddleware, against the
# storefronts in the database; a fixed list here would have to be kept in step with them by hand.
ALLOWED_HOSTS = ["*"]

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "accounts.admin_config.StaffAdminConfig",  # django.contrib.admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "treebeard",
    "django_htmx",
    "django_tasks_db",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "sessionsync",
    "shop.storefronts",
    "shop.api.base",
    "shop.audit",
    "shop.mailing",
    "shop.catalogue",
    "shop.stock",
    "shop.collections",
    "shop.pricing",
    "shop.window",
    # Before ours, which takes their pages out of the admin.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    *OIDC_APPS,
    "accounts",
    "accounts.tokens",
    "carts",
    "orders",
    "orders.payment",
    "orders.webhooks",
    "orders.auditing",
    "shop.staff",
]

# The proxy's header with the client's address; only for one that sets it on every request.
CLIENT_ADDRESS_HEADER: str = env.str("CLIENT_ADDRESS_HEADER", default="")

MIDDLEWARE = [
    "shop.ops.middleware.ClientAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "shop.ops.middleware.RequestIdMiddleware",
    "shop.ops.middleware.HealthMiddleware",
    "shop.ops.middleware.ReadableMiddleware",
    "shop.storefronts.middleware.StorefrontMiddleware",
    "sessionsync.middleware.SessionSyncMiddleware",
    "shop.storefronts.middleware.StorefrontLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    # Last, because it calls the admin's views itself, after every other check has passed.
    "shop.ops.middleware.AdminGateMiddleware",
]

ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
ASGI_APPLICATION = "shop.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "django.template.context_processors.csp",
                "shop.storefronts.context.storefronts",
                "shop.catalogue.context.navigation",
                "carts.context.cart_badge",
                "sessionsync.context.sessionsync",
            ],
        },
    },
]

# --- Data --------------------------------------------------------------------------------------

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True
DJANGO_REDIS_LOGGER = "shop.cache"

# --- The shop ----------------------------------------------------------------------------------

SHOP_CURRENCY: str = env.str("SHOP_CURRENCY", default="EUR")
SHOP_COUNTRIES: list[str] = env.list(
    "SHOP_COUNTRIES",
    default=[
        *("AT", "BE", "BG", "CA", "CH", "CN", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR"),
        *("GB", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT"),
        *("RO", "SE", "SI", "SK", "US"),
    ],
)
# Who hears that the time of a promise is over, and ends what reserved the goods.
STOCK_RESERVATION_EXPIRED = "orders.lifecycle.expire_reference"
STOCK_LOW_AT: int = env.int("STOCK_LOW_AT", default=5)

SHOP_PRICES_INCLUDE_TAX: bool = env.bool("SHOP_PRICES_INCLUDE_TAX", default=True)
SHOP_HOME_COUNTRY: str = env.str("SHOP_HOME_COUNTRY", default="DE").upper()

# --- People and sessions -----------------------------------------------------------------------

# Accounts: shop/settings/accounts.py.

# Who moves what belongs to a cart when it becomes a part of another one.
CART_MERGE_HANDLERS = ["orders.checkout.entries.follow_cart"]
# Who knows what delivery will cost, for the cart's page.
CART_DELIVERY_FORESEEN = "orders.shipping.foreseen"

SESSION_ENGINE = "sessionsync.engine"
SESSIONSYNC: dict[str, Any] = {
    "SITES": "shop.storefronts.queries.network_sites",
    "MERGE_HANDLERS": ["carts.merging.merge_carts"],
    "TRACE_LOOKUP": "orders.queries.fingerprint_of_order",
    "EXEMPT_PREFIXES": [
        "/static/",
        "/media/",
        "/pictures/",
        "/favicon.ico",
        "/robots.txt",
        "/sitemap",
        "/search/suggest/",
        "/payments/webhooks/",
        "/en/search/suggest/",
        "/zh-hans/search/suggest/",
        "/healthz",
        "/readyz",
        "/metrics",
        "/store/",
        "/auth/",
        "/api/",
    ],
}

# --- The Store API -----------------------------------------------------------------------------

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.tokens.authentication.BearerAuthentication"],
    "DEFAULT_SCHEMA_CLASS": "shop.api.schema.StoreSchema",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Galleria Store API",
    "DESCRIPTION": (
        "Catalogue, carts, checkout, orders and accounts of one storefront, in the wire format of "
        "Medusa v2's Store API. Every call names its storefront by a publishable key; "
        "`Authorization` alone says who is calling, and a call without it is a guest's."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "shop.api.schema.add_shared",
    ],
}
# Calls per publishable key, per customer, and tries to log in or register per e-mail address.
API_RATES: dict[str, str | None] = {
    "key": env.str("API_RATE_KEY", default="6000/min"),
    "customer": env.str("API_RATE_CUSTOMER", default="300/min"),
    "address": env.str("API_RATE_ADDRESS", default="10/min"),
}

# --- Webhooks ----------------------------------------------------------------------------------

# Private IP addresses that events may go to all the same: a receiver in the shop's own network.
WEBHOOK_PRIVATE_ADDRESSES: list[str] = env.list("WEBHOOK_PRIVATE_ADDRESSES", default=[])

# --- Language and time -------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_URLCONF = "shop.language_urls"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# --- Files -------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "shop" / "static"]
STATIC_ROOT: Path | None = Path(env.str("STATIC_ROOT", default="") or BASE_DIR / "staticfiles")
MEDIA_URL = "/media/"
WHITENOISE_ALLOW_ALL_ORIGINS = False

# --- Mail --------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL: str = env.str(
    "DEFAULT_FROM_EMAIL", default="Galleria <shop@galleria.localhost>"
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL

MAIL_KEEP_DAYS: int = env.int("MAIL_KEEP_DAYS", default=90)

# --- Work in the background --------------------------------------------------------------------

# In the shop's own database: a task is there if and only if its transaction was committed.
# `manage.py db_worker --queue-name '*'` does the work.
TASKS: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django_tasks_db.DatabaseBackend",
        "QUEUES": ["default", "mail"],
    }
}

# --- Browser security --------------------------------------------------------------------------

# A page that holds a form needs an Origin on its POST; "no-referrer" would make that "null".
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"

# form-action is left out on purpose: browsers apply it to the redirects that follow a form's POST
# too, and those lead to the network's other domains, which are rows in the database.
SECURE_CSP: dict[str, list[str]] = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Galleria",
    "SITE_HEADER": "Galleria",
    "SITE_URL": "/",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("shop/favicon.svg"),
        }
    ],
    "SIDEBAR": {"navigation": "shop.ops.navigation.sidebar"},
    "DASHBOARD_CALLBACK": "shop.staff.dashboard.dashboard",
}
# Numbers beside what waits for staff: a model, and who counts.
ADMIN_BADGES = {
    "stock.VariantStock": "shop.stock.queries.low_stock_badge",
    "auditing.Anomaly": "orders.auditing.admin.open_badge",
}

# --- Metrics -----------------------------------------------------------------------------------

METRICS_TOKEN: str = env.str("METRICS_TOKEN", default="")

# --- Logs --------------------------------------------------------------------------------------

LOG_LEVEL: str = env.str("LOG_LEVEL", default="INFO").upper()
LOGGING = logging_config(level=LOG_LEVEL, json_lines=True)
