"""Who sells, and how long a shopper may give something back; docs/after-sale.md."""

import environ

env = environ.Env()

SELLER_NAME: str = env.str("SELLER_NAME", default="Galleria")
"""The company, as it must stand on an invoice."""
SELLER_ADDRESS: list[str] = env.list("SELLER_ADDRESS", default=[])
"""Its postal address, a line each."""
SELLER_TAX_ID: str = env.str("SELLER_TAX_ID", default="")
SELLER_CONTACT: str = env.str("SELLER_CONTACT", default="")
"""Where questions about an invoice go: an e-mail address or a phone number."""

RETURN_ADDRESS: list[str] = env.list("RETURN_ADDRESS", default=[])
"""Where parcels come back to, a line each; without it, to the seller."""
RETURN_DAYS: int = env.int("RETURN_DAYS", default=30)
"""Days after the last parcel was sent in which a shopper may announce a return."""
