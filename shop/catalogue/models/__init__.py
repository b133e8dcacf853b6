"""Categories, products, variants, prices and stock."""

from shop.catalogue.derived import (
    FacetValue,
    ListChange,
    SearchDocument,
    SearchWord,
    Tally,
    VariantValue,
)
from shop.catalogue.uploads import ProductFile

from .categories import Category
from .products import Option, Product, ProductImage, Tag
from .variants import Variant, variant_title

__all__ = [
    "Category", "FacetValue", "ListChange", "Option", "Product", "ProductFile", "ProductImage",
    "SearchDocument", "SearchWord", "Tag", "Tally", "Variant", "VariantValue", "variant_title",
]  # fmt: skip
