"""Prices beside a variant's own, taxes, and promotions."""

from shop.pricing.models.prices import QuantityBreak, StorefrontPrice
from shop.pricing.models.promotions import CustomerGroup, Promotion, Redemption, Voucher
from shop.pricing.models.taxes import HomeCountry, ProductTax, TaxClass, TaxRate

__all__ = [
    "CustomerGroup", "HomeCountry", "ProductTax", "Promotion", "QuantityBreak", "Redemption",
    "StorefrontPrice", "TaxClass", "TaxRate", "Voucher",
]  # fmt: skip
