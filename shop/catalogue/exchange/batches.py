"""Some products of a file beside those in the database."""

from dataclasses import dataclass, field
from typing import Any

from shop.catalogue.models import Product

from .parsed import ParsedProduct, ParsedVariant
from .reports import Change


@dataclass
class Batch:
    """Some products of a file beside those in the database, and what is done about them."""

    found: dict[str, Product]
    """Products by slug; after `write_products` all of them."""
    created: set[int] = field(default_factory=set)
    """Products, by id, that this batch made."""
    changes: dict[int, Change] = field(default_factory=dict)
    """What is new, by the id of the product; those it made are among them."""
    pairs: list[tuple[ParsedProduct, Product]] = field(default_factory=list)
    late_skus: dict[int, tuple[str, ParsedVariant]] = field(default_factory=dict)
    """Variants, by id, that get their SKU at the end, because another one has it now."""
    variants_removed: int = 0
    images_removed: int = 0

    def there(self, product: Product, name: str) -> list[Any]:
        """The product's rows of that name before the import, as they were fetched."""
        return [] if product.pk in self.created else list(getattr(product, name).all())

    def change(self, product: Product) -> Change:
        """Where to note what is new about a product; it counts as changed from now on."""
        if product.pk not in self.changes:
            is_new = product.pk in self.created
            self.changes[product.pk] = Change(product.slug, product.title, is_new)
        return self.changes[product.pk]
