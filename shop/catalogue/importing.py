"""Takes a product file into the catalogue: all of it, or nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, Prefetch
from django.utils import timezone

from shop.storefronts.models import Storefront

from .models import Category, Option, Product, ProductImage, Tag, Variant
from .services import add_category, category_slug, lock_tree
from .shopify_csv import CsvProblem, ParsedProduct, ParsedVariant, read_products
from .text import plain_text

BATCH = 500
"""Products read, compared and written together; bounds memory."""

PRODUCT_FIELDS = (
    "title", "description", "description_text", "vendor", "category_id", "is_published",
)  # fmt: skip
VARIANT_FIELDS = (
    "barcode", "price", "compare_at_price", "tracks_stock", "stock", "allows_backorder",
    "weight_grams", "requires_shipping", "taxable", "position",
)  # fmt: skip
IMAGE_FIELDS = ("variant_id", "alt", "position")


RELATED: dict[str, type[Model]] = {
    "variants": Variant,
    "images": ProductImage,
    "options": Option,
}


@dataclass
class Report:
    """What an import did, in numbers."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    variants: int = 0
    images: int = 0
    variants_removed: int = 0
    images_removed: int = 0

    @property
    def products(self) -> int:
        """All products of the file."""
        return self.created + self.updated + self.unchanged

    @property
    def changed_nothing(self) -> bool:
        """Whether the catalogue was already as the file has it."""
        return self.created == self.updated == 0


@transaction.atomic
def import_products(file: Iterable[bytes], storefront: Storefront) -> Report:
    """Import Shopify's product CSV, opened in binary mode, for a storefront.

    A product is known by its handle, a variant by its option values, a picture by its address:
    what is there is brought up to date, and what the file no longer has of a product's variants
    and imported pictures is removed. The storefront is added to those that sell the product. A
    blank Type leaves the category alone. Pictures stay where they are: only addresses are kept.

    One transaction: raises CsvProblem with line, column and reason, and then nothing has changed.
    """
    lock_tree()
    run = _Import(storefront)
    for batch in batched(read_products(file), BATCH):
        run.take(list(batch))
    run.assign_late_skus()
    return run.report


def _assign(row: Model, values: dict[str, Any]) -> bool:
    """Set the values on the row and tell whether one was another."""
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)


@dataclass
class _Batch:
    """What one batch is going to write."""

    created: set[int] = field(default_factory=set)
    """Products, by id, that this batch made."""
    changed: set[int] = field(default_factory=set)
    """Products, by id, that something was changed about; those it made are among them."""
    variants_to_create: list[Variant] = field(default_factory=list)
    variants_to_update: list[Variant] = field(default_factory=list)
    variants_to_delete: list[int] = field(default_factory=list)

    def there(self, product: Product, name: str) -> list[Any]:
        """The product's rows of that name before the import, as they were fetched."""
        return [] if product.pk in self.created else list(getattr(product, name).all())


class _Import:
    """One run: what it has found out so far, and its report."""

    def __init__(self, storefront: Storefront) -> None:
        self.storefront = storefront
        self.report = Report()
        self.categories = {c.url_path: c for c in Category.objects.all()}
        self.tags = {tag.name: tag for tag in Tag.objects.all()}
        self.late_skus: dict[int, ParsedVariant] = {}

    def take(self, parsed: list[ParsedProduct]) -> None:
        """Compare and write one batch."""
        slugs = [item.slug for item in parsed]
        found = {
            product.slug: product
            for product in Product.objects.filter(slug__in=slugs)
            .select_for_update(of=("self",))
            .order_by("pk")
            .prefetch_related(
                *(
                    Prefetch(name, rows._default_manager.order_by("pk"))
                    for name, rows in RELATED.items()
                )
            )
        }
        batch = _Batch()
        self.write_products(parsed, found, batch)
        pairs = [(item, found[item.slug]) for item in parsed]
        self.write_options(pairs, batch)
        self.write_variants(pairs, batch)
        self.write_images(pairs, batch)
        self.write_tags_and_storefronts(pairs, batch)
        updated = batch.changed - batch.created
        Product.objects.filter(pk__in=updated).update(updated_at=timezone.now())
        self.report.created += len(batch.created)
        self.report.updated += len(updated)
        self.report.unchanged += len(parsed) - len(batch.changed)

    def write_products(
        self, parsed: list[ParsedProduct], found: dict[str, Product], batch: _Batch
    ) -> None:
        """Create and update the products themselves; `found` then holds all."""
        to_create, to_update = [], []
        for item in parsed:
            values = {
                "title": item.title,
                "description": item.description,
                "description_text": plain_text(item.description),
                "vendor": item.vendor,
                "is_published": item.is_published,
            }
            if item.category_path:
                values["category_id"] = self.category(item).pk
            product = found.get(item.slug)
            if product is None:
                to_create.append(Product(slug=item.slug, **values))
            elif _assign(product, values):
                to_update.append(product)
        Product.objects.bulk_create(to_create)
        Product.objects.bulk_update(to_update, [f.removesuffix("_id") for f in PRODUCT_FIELDS])
        found.update({product.slug: product for product in to_create})
        batch.created.update(product.pk for product in to_create)
        batch.changed.update(product.pk for product in [*to_create, *to_update])

    def category(self, item: ParsedProduct) -> Category:
        """The category that a Type names, made where it is missing."""
        parent: Category | None = None
        for name in item.category_path:
            try:
                slug = category_slug(name)
                address = f"{parent.url_path}/{slug}" if parent else slug
                if address not in self.categories:
                    self.categories[address] = add_category(name, parent)
            except ValidationError as problem:
                raise CsvProblem(" ".join(problem.messages), item.line, "Type") from problem
            parent = self.categories[address]
        assert parent is not None  # noqa: S101 - a path has a name at least
        return parent

    def write_options(self, pairs: list[tuple[ParsedProduct, Product]], batch: _Batch) -> None:
        """Give each product the options of the file, in their order."""
        stale, new = [], []
        for item, product in pairs:
            there = sorted(batch.there(product, "options"), key=lambda option: option.position)
            if [option.name for option in there] != item.options:
                stale.append(product.pk)
                new += [
                    Option(product=product, name=name, position=position)
                    for position, name in enumerate(item.options, 1)
                ]
        Option.objects.filter(product__in=stale).delete()
        Option.objects.bulk_create(new)
        batch.changed.update(stale)

    def write_variants(self, pairs: list[tuple[ParsedProduct, Product]], batch: _Batch) -> None:
        """Create, update and remove variants, so that each product has those of the file."""
        skus = {v.sku: v for item, _product in pairs for v in item.variants if v.sku}
        taken = set(Variant.objects.filter(sku__in=skus).order_by().values_list("sku", flat=True))
        parsed_of: dict[tuple[int, str], ParsedVariant] = {}
        sku_changed: list[int] = []
        late: list[tuple[Variant, ParsedVariant]] = []
        for item, product in pairs:
            there = {variant.title: variant for variant in batch.there(product, "variants")}
            for parsed in item.variants:
                parsed_of[product.pk, parsed.title] = parsed
                variant = there.pop(parsed.title, None)
                values = {name: getattr(parsed, name) for name in VARIANT_FIELDS}
                if variant is None:
                    variant = Variant(
                        product=product,
                        option_values=parsed.option_values,
                        title=parsed.title,
                        **values,
                    )
                    if parsed.sku in taken:
                        late.append((variant, parsed))
                    else:
                        variant.sku = parsed.sku
                    batch.variants_to_create.append(variant)
                    continue
                changed = _assign(variant, values)
                if variant.sku != parsed.sku:
                    sku_changed.append(variant.pk)
                    late.append((variant, parsed))
                    changed = True
                if changed:
                    batch.variants_to_update.append(variant)
            batch.variants_to_delete += [variant.pk for variant in there.values()]
            batch.changed.update(variant.product_id for variant in there.values())
            self.report.variants += len(item.variants)
        Variant.objects.filter(pk__in=batch.variants_to_delete).delete()
        Variant.objects.filter(pk__in=sku_changed).update(sku="")
        Variant.objects.bulk_create(batch.variants_to_create)
        Variant.objects.bulk_update(batch.variants_to_update, VARIANT_FIELDS, batch_size=BATCH)
        for variant in [*batch.variants_to_create, *batch.variants_to_update]:
            batch.changed.add(variant.product_id)
        self.late_skus.update({variant.pk: parsed for variant, parsed in late})
        self.report.variants_removed += len(batch.variants_to_delete)

    def assign_late_skus(self) -> None:
        """Give SKUs that belonged to another variant when their turn came.

        Only when all rows are in can it be told whether the other one gave its SKU up.
        """
        wanted = {parsed.sku: parsed for parsed in self.late_skus.values() if parsed.sku}
        owners = Variant.objects.filter(sku__in=wanted).select_related("product").order_by("pk")
        for owner in owners:
            raise CsvProblem(
                f"“{owner.sku}” belongs to “{owner}” ({owner.product.slug}) already",
                wanted[owner.sku].line,
                "Variant SKU",
            )
        variants = Variant.objects.in_bulk(self.late_skus)
        for pk, variant in variants.items():
            variant.sku = self.late_skus[pk].sku
        Variant.objects.bulk_update(variants.values(), ["sku"], batch_size=BATCH)

    def write_images(self, pairs: list[tuple[ParsedProduct, Product]], batch: _Batch) -> None:
        """Create, update and remove imported pictures; files of ours are left alone."""
        products = [product.pk for _item, product in pairs]
        variants = {
            (variant.product_id, variant.title): variant.pk
            for variant in Variant.objects.filter(product__in=products)
            .order_by()
            .only("product", "title")
        }
        to_create, to_update, stale = [], [], []
        for item, product in pairs:
            there = {
                image.source_url: image
                for image in batch.there(product, "images")
                if image.source_url
            }
            shown_by = dict(_own_images(item))
            for parsed in item.images:
                title = shown_by.get(parsed.source_url)
                values = {
                    "variant_id": None if title is None else variants[product.pk, title],
                    "alt": parsed.alt,
                    "position": parsed.position,
                }
                image = there.pop(parsed.source_url, None)
                if image is None:
                    to_create.append(
                        ProductImage(product=product, source_url=parsed.source_url, **values)
                    )
                elif _assign(image, values):
                    to_update.append(image)
            stale += [image for image in there.values() if not image.file]
            self.report.images += len(item.images)
        ProductImage.objects.bulk_create(to_create)
        ProductImage.objects.bulk_update(to_update, ["variant", "alt", "position"])
        ProductImage.objects.filter(pk__in=[image.pk for image in stale]).delete()
        batch.changed.update(image.product_id for image in [*to_create, *to_update, *stale])
        self.report.images_removed += len(stale)

    def write_tags_and_storefronts(
        self, pairs: list[tuple[ParsedProduct, Product]], batch: _Batch
    ) -> None:
        """Give each product the tags of the file, and the storefront."""
        names = dict.fromkeys(name for item, _product in pairs for name in item.tags)
        new = Tag.objects.bulk_create([Tag(name=name) for name in names if name not in self.tags])
        self.tags.update({tag.name: tag for tag in new})
        tag_link, shop_link = Product.tags.through, Product.storefronts.through
        old = [product.pk for _item, product in pairs if product.pk not in batch.created]
        tags_of: dict[int, set[int]] = {}
        for product_id, tag in tag_link.objects.filter(product__in=old).values_list(
            "product_id", "tag_id"
        ):
            tags_of.setdefault(product_id, set()).add(tag)
        sold = set(
            shop_link.objects.filter(product__in=old, storefront=self.storefront).values_list(
                "product_id", flat=True
            )
        )
        tag_links, shop_links = [], []
        for item, product in pairs:
            wanted, there = (
                {self.tags[name].pk for name in item.tags},
                tags_of.get(product.pk, set()),
            )
            if wanted != there:
                tag_link.objects.filter(product=product, tag__in=there - wanted).delete()
                tag_links += [tag_link(product=product, tag_id=tag) for tag in wanted - there]
                batch.changed.add(product.pk)
            if product.pk not in sold:
                shop_links.append(shop_link(product=product, storefront=self.storefront))
                batch.changed.add(product.pk)
        tag_link.objects.bulk_create(tag_links)
        shop_link.objects.bulk_create(shop_links)


def _own_images(item: ParsedProduct) -> Iterator[tuple[str, str]]:
    """Pictures that one variant alone shows, with the variant's title."""
    shown: dict[str, list[str]] = {}
    for variant in item.variants:
        if variant.image:
            shown.setdefault(variant.image, []).append(variant.title)
    for address, titles in shown.items():
        if len(titles) == 1:
            yield address, titles[0]
