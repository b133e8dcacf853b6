"""Storefronts, categories, products and variants for tests."""

from decimal import Decimal
from typing import Any

import factory
from factory.django import DjangoModelFactory

from shop.catalogue.models import Category, Option, Product, Variant
from shop.catalogue.services import add_category
from shop.storefronts.models import Storefront


class StorefrontFactory(DjangoModelFactory[Storefront]):
    """A sub-site, `<slug>.example`."""

    class Meta:
        model = Storefront
        django_get_or_create = ("slug",)

    slug = factory.Sequence(lambda number: f"shop-{number}")
    name = factory.LazyAttribute(lambda shop: shop.slug.title())
    domain = factory.LazyAttribute(lambda shop: f"{shop.slug}.example")
    is_main = False


class NetworkFactory:
    """`NetworkFactory()` makes the four storefronts and gives them by slug, the main one first."""

    def __new__(cls) -> dict[str, Storefront]:  # type: ignore[misc]
        """Galleria, the main site, and apparel, jewelry and home."""
        slugs = ["galleria", "apparel", "jewelry", "home"]
        return {
            slug: StorefrontFactory(slug=slug, is_main=slug == "galleria", theme=slug, position=n)
            for n, slug in enumerate(slugs)
        }


class CategoryFactory(DjangoModelFactory[Category]):
    """A category; `parent=` puts it below another."""

    class Meta:
        model = Category

    name = factory.Sequence(lambda number: f"Category {number}")
    parent = None

    @classmethod
    def _create(cls, model_class: type[Category], *args: Any, **kwargs: Any) -> Category:
        return add_category(**kwargs)


class ProductFactory(DjangoModelFactory[Product]):
    """A published product with one variant; `storefronts=[…]` sell it, `variant__stock=5` reaches
    the variant, `variant=None` makes none.
    """

    class Meta:
        model = Product
        skip_postgeneration_save = True

    slug = factory.Sequence(lambda number: f"product-{number}")
    title = factory.LazyAttribute(lambda product: product.slug.replace("-", " ").title())

    @factory.post_generation
    def storefronts(self: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        """Who sells it."""
        self.storefronts.set(extracted or [])

    @factory.post_generation
    def options(self: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        """Names of options."""
        for position, name in enumerate(extracted or [], 1):
            Option.objects.create(product=self, original_name=name, position=position)

    variant = factory.RelatedFactory(
        "tests.factories.VariantFactory", factory_related_name="product"
    )


class VariantFactory(DjangoModelFactory[Variant]):
    """A variant that costs 10.00 and is not tracked; `stock=` makes it tracked."""

    class Meta:
        model = Variant

    product = factory.SubFactory(ProductFactory, variant=None)
    price = Decimal("10.00")
    stock = 0
    tracks_stock = factory.LazyAttribute(lambda variant: variant.stock > 0)
