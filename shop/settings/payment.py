"""Payment: which ways are offered, and what each needs. docs/payment.md tells why."""

import environ

env = environ.Env()

PAYMENT_GATEWAYS: list[str] = env.list("PAYMENT_GATEWAYS", default=["on-delivery"])
PAYMENT_MANUAL_CAPTURE: bool = env.bool("PAYMENT_MANUAL_CAPTURE", default=False)

BANK_ACCOUNT_HOLDER: str = env.str("BANK_ACCOUNT_HOLDER", default="")
BANK_IBAN: str = env.str("BANK_IBAN", default="")
BANK_BIC: str = env.str("BANK_BIC", default="")

STRIPE_SECRET_KEY: str = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRETS: list[str] = env.list("STRIPE_WEBHOOK_SECRETS", default=[])
STRIPE_API_BASE = "https://api.stripe.com"

# Only the demo and the tests have a sandbox; its site answers on this host,
# at the shop's own port unless it names another.
SANDBOX_GATEWAY_HOST: str = ""
SANDBOX_GATEWAY_SECRET: str = ""
# The shop's own port, for calls between the two; without it, that of the order's site.
SANDBOX_SHOP_PORT: int | None = None

SANDBOX_APP = "orders.payment.sandbox"


def with_sandbox(middleware: list[str]) -> list[str]:
    """The middleware, with the sandbox's before all that knows of storefronts and visitors."""
    at = middleware.index("shop.storefronts.middleware.StorefrontMiddleware")
    return [*middleware[:at], f"{SANDBOX_APP}.middleware.SandboxHostMiddleware", *middleware[at:]]
