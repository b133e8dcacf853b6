"""Brings a batch of products in the database up to what a file says of them."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Model, Prefetch
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from shop.catalogue.models import Option, Product, ProductImage, Tag, Variant
from shop.catalogue.text import plain_text, with_plain_text
from shop.storefronts.models import Storefront
from shop.translated.fields import merged, stored

from .addresses import KnownImages
from .batches import Batch
from .languages import Said
from .parsed import ParsedProduct, ParsedVariant
from .reports import Change
from .shelves import Shelves

PRODUCT_FIELDS = ("title", "description", "vendor", "attributes", "is_published")
VARIANT_FIELDS = (
    "barcode", "price", "compare_at_price", "tracks_stock", "stock", "allows_backorder",
    "weight_grams", "requires_shipping", "taxable", "position",
)  # fmt: skip
ROWS = 500
"""Rows changed by one statement."""

RELATED: dict[str, type[Model]] = {
    "variants": Variant,
    "images": ProductImage,
    "options": Option,
}


class BatchWriter:
    """Writes batch after batch, for a storefront.

    keeps: fields that are left alone where there is a row already.
    """

    def __init__(self, storefront: Storefront, keeps: frozenset[str]) -> None:
        self.storefront = storefront
        self.keeps = keeps
        self.domains = set(Storefront.objects.values_list("domain", flat=True))
        self.shelves = Shelves()

    def write(self, parsed: list[ParsedProduct]) -> Batch:
        """Compare and write a batch."""
        products = (
            Product.objects.filter(slug__in=[item.slug for item in parsed])
            .select_for_update(of=("self",), no_key=True)
            .order_by("pk")
            .prefetch_related(
                *(
                    Prefetch(name, rows.order_by("pk"))
                    for name, rows in {
                        **{name: rows._default_manager.all() for name, rows in RELATED.items()},
                        # In the order in which the checkout locks them.
                        "variants": Variant.objects.select_for_update(no_key=True),
                    }.items()
                )
            )
        )
        batch = Batch({product.slug: product for product in products})
        self.write_products(parsed, batch)
        batch.pairs = [(item, batch.found[item.slug]) for item in parsed]
        self.write_options(batch)
        self.write_variants(batch)
        self.write_images(batch)
        self.write_tags(batch)
        self.write_storefront(batch)
        updated = batch.changes.keys() - batch.created
        Product.objects.filter(pk__in=updated).update(updated_at=timezone.now())
        return batch

    def assign(self, row: Model, values: dict[str, Any]) -> set[str]:
        """Set what is another value and no field to keep; give the names of those fields."""
        changed = {
            name
            for name, value in values.items()
            if name not in self.keeps and stored(row, name) != value
        }
        for name in changed:
            setattr(row, name, values[name])
        return changed

    def write_products(self, parsed: list[ParsedProduct], batch: Batch) -> None:
        """Create and update the products themselves."""
        to_create, to_update = [], []
        for item in parsed:
            values: dict[str, Any] = {name: getattr(item, name) for name in PRODUCT_FIELDS}
            product = batch.found.get(item.slug)
            before_now = product.translations if product else {}
            values["translations"] = with_plain_text(merged(before_now, item.translations))
            if item.category_path:
                values["category_id"] = self.shelves.category(item.category_path).pk
            named = self.shelves.name(item)
            if product is None:
                words = plain_text(item.description)
                to_create.append(Product(slug=item.slug, original_description_text=words, **values))
                continue
            before = {name: stored(product, name) for name in values}
            changed = self.assign(product, values)
            if changed:
                product.description_text = plain_text(product.original_description)
                to_update.append(product)
                self.note_fields(batch.change(product), product, before, changed)
            for name, translation in named:
                batch.change(product).note(_("category"), name, translation)
        Product.objects.bulk_create(to_create)
        fields = [*PRODUCT_FIELDS, "category", "translations", "description_text"]
        Product.objects.bulk_update(to_update, fields)
        batch.found.update({product.slug: product for product in to_create})
        batch.created.update(product.pk for product in to_create)
        for product in to_create:
            batch.change(product)

    def note_fields(
        self, change: Change, row: Model, before: dict[str, Any], changed: set[str], of: str = ""
    ) -> None:
        """Note which fields changed, and how."""
        for name, old in before.items():
            if name not in changed:
                continue
            label = str(row._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
            values = [old, stored(row, name)]
            if name == "translations":
                change.note_translations(of, *values)
                continue
            if name == "category_id":
                values = [self.shelves.names.get(pk, "") for pk in values]
            change.note(f"{label} ({of})" if of else label, *values)

    def write_options(self, batch: Batch) -> None:
        """Give each product the options of the file, in their order."""
        stale: list[int] = []
        new: list[Option] = []
        renamed: list[Option] = []
        for item, product in batch.pairs:
            there = sorted(batch.there(product, "options"), key=lambda option: option.position)
            before = {option.original_name: option for option in there}
            said = option_texts(item)
            if list(before) != item.options:
                stale.append(product.pk)
                new += [
                    Option(
                        product=product,
                        original_name=name,
                        position=at + 1,
                        translations=merged(
                            before[name].translations if name in before else {}, said[at]
                        ),
                    )
                    for at, name in enumerate(item.options)
                ]
                if product.pk not in batch.created:
                    change = batch.change(product)
                    change.note(_("options"), ", ".join(before), ", ".join(item.options))
                continue
            for option, texts in zip(there, said, strict=True):
                old = option.translations
                option.translations = merged(old, texts)
                if option.translations != old:
                    renamed.append(option)
                    change = batch.change(product)
                    change.note_translations(option.original_name, old, option.translations)
        Option.objects.filter(product__in=stale).delete()
        Option.objects.bulk_create(new)
        Option.objects.bulk_update(renamed, ["translations"])

    def write_variants(self, batch: Batch) -> None:
        """Create, update and remove variants, so that each product has those of the file."""
        skus = {v.sku for item, _product in batch.pairs for v in item.variants if v.sku}
        taken = set(Variant.objects.filter(sku__in=skus).order_by().values_list("sku", flat=True))
        to_create: list[Variant] = []
        to_update: list[Variant] = []
        to_delete: list[int] = []
        without_sku: list[int] = []
        late: list[tuple[Variant, str, ParsedVariant]] = []
        for item, product in batch.pairs:
            there = {
                variant.original_title: variant for variant in batch.there(product, "variants")
            }
            for parsed in item.variants:
                variant = there.pop(parsed.title, None)
                values = {name: getattr(parsed, name) for name in VARIANT_FIELDS}
                values["translations"] = merged(
                    variant.translations if variant else {}, variant_texts(parsed)
                )
                if variant is None:
                    variant = Variant(
                        product=product,
                        option_values=parsed.option_values,
                        original_title=parsed.title,
                        sku="" if parsed.sku in taken else parsed.sku,
                        **values,
                    )
                    if variant.sku != parsed.sku:
                        late.append((variant, item.slug, parsed))
                    to_create.append(variant)
                    if product.pk not in batch.created:
                        batch.change(product).note(_("new variant %s") % parsed.title)
                    continue
                before = {name: stored(variant, name) for name in values}
                changed = self.assign(variant, values)
                if changed:
                    to_update.append(variant)
                    change = batch.change(product)
                    self.note_fields(change, variant, before, changed, parsed.title)
                    variant.stock = stock_to_write(variant, is_new="stock" in changed)
                if variant.sku != parsed.sku and "sku" not in self.keeps:
                    without_sku.append(variant.pk)
                    late.append((variant, item.slug, parsed))
                    batch.change(product).note(_("SKU"), variant.sku, parsed.sku)
            for variant in there.values():
                to_delete.append(variant.pk)
                batch.change(product).note(_("variant %s removed") % variant.original_title)
        Variant.objects.filter(pk__in=to_delete).delete()
        Variant.objects.filter(pk__in=without_sku).update(sku="")
        Variant.objects.bulk_create(to_create)
        fields = [*VARIANT_FIELDS, "translations"]
        Variant.objects.bulk_update(to_update, fields, batch_size=ROWS)
        batch.late_skus = {variant.pk: (slug, parsed) for variant, slug, parsed in late}
        batch.variants_removed = len(to_delete)

    def write_images(self, batch: Batch) -> None:
        """Create, update and remove imported pictures; files of ours are left alone."""
        variants = {
            (variant.product_id, variant.original_title): variant.pk
            for variant in Variant.objects.filter(product__in=[p.pk for _i, p in batch.pairs])
            .order_by()
            .only("product", "title")
        }
        to_create: list[ProductImage] = []
        to_update: list[ProductImage] = []
        stale: list[ProductImage] = []
        for item, product in batch.pairs:
            if "images" in self.keeps and product.pk not in batch.created:
                continue
            known = KnownImages(batch.there(product, "images"), self.domains)
            shown_by = dict(_own_images(item))
            for parsed in item.images:
                title = shown_by.get(parsed.source_url)
                image = known.take(parsed.source_url)
                said = {language: {"alt": alt} for language, alt in parsed.translations.items()}
                values = {
                    "variant_id": None if title is None else variants[product.pk, title],
                    "alt": parsed.alt,
                    "translations": merged(image.translations if image else {}, said),
                    "position": parsed.position,
                }
                if image is None:
                    to_create.append(
                        ProductImage(product=product, source_url=parsed.source_url, **values)
                    )
                    if product.pk not in batch.created:
                        batch.change(product).note(_("new image %s") % parsed.source_url[:80])
                elif self.assign(image, values):
                    to_update.append(image)
                    batch.change(product).note(_("image %s changed") % parsed.source_url[:80])
            for image in known.left():
                stale.append(image)
                batch.change(product).note(_("image %s removed") % image.source_url[:80])
        ProductImage.objects.bulk_create(to_create)
        ProductImage.objects.bulk_update(to_update, ["variant", "alt", "translations", "position"])
        ProductImage.objects.filter(pk__in=[image.pk for image in stale]).delete()
        for image in stale:
            if image.file:
                transaction.on_commit(partial(default_storage.delete, str(image.file.name)))
        batch.images_removed = len(stale)

    def write_tags(self, batch: Batch) -> None:
        """Give each product the tags of the file."""
        pairs = [
            (item, product)
            for item, product in batch.pairs
            if "tags" not in self.keeps or product.pk in batch.created
        ]
        names = dict.fromkeys(name for item, _product in pairs for name in item.tags)
        tags = {tag.name: tag.pk for tag in Tag.objects.filter(name__in=names)}
        new = Tag.objects.bulk_create([Tag(name=name) for name in names if name not in tags])
        tags |= {tag.name: tag.pk for tag in new}
        link = Product.tags.through
        there: dict[int, dict[str, int]] = {}
        for product_id, tag, name in link.objects.filter(
            product__in=[product.pk for _item, product in pairs]
        ).values_list("product_id", "tag_id", "tag__name"):
            there.setdefault(product_id, {})[name] = tag
        links = []
        for item, product in pairs:
            before = there.get(product.pk, {})
            if before.keys() == set(item.tags):
                continue
            gone = [tag for name, tag in before.items() if name not in item.tags]
            if gone:
                link.objects.filter(product=product, tag__in=gone).delete()
            added = [name for name in item.tags if name not in before]
            links += [link(product=product, tag_id=tags[name]) for name in added]
            if product.pk not in batch.created:
                change = batch.change(product)
                change.note(_("tags"), ", ".join(sorted(before)), ", ".join(item.tags))
        link.objects.bulk_create(links)

    def write_storefront(self, batch: Batch) -> None:
        """Add the storefront to those that sell the products."""
        link = Product.storefronts.through
        products = [product for _item, product in batch.pairs]
        sold = set(
            link.objects.filter(product__in=products, storefront=self.storefront).values_list(
                "product_id", flat=True
            )
        )
        new = [product for product in products if product.pk not in sold]
        link.objects.bulk_create(link(product=p, storefront=self.storefront) for p in new)
        for product in new:
            if product.pk not in batch.created:
                batch.change(product).note(_("sold on %s, too") % self.storefront.name)


def stock_to_write(variant: Variant, *, is_new: bool) -> Any:
    """The stock a file gives a variant, for the UPDATE: orders go on while a file is read.

    is_new: the file has another number than there was. If not, what was sold since stays sold. What
    is promised to orders being paid is there, whatever a file from before says.
    """
    stock = variant.stock if is_new else F("stock")
    limited = variant.tracks_stock and not variant.allows_backorder
    return Greatest(F("reserved"), stock) if limited else stock


def option_texts(item: ParsedProduct) -> list[Said]:
    """For each option what the file calls it in other languages."""
    return [
        {language: {"name": names[at]} for language, names in item.option_translations.items()}
        for at in range(len(item.options))
    ]


def variant_texts(parsed: ParsedVariant) -> Said:
    """What the file calls the option values in other languages."""
    return {language: {"option_values": values} for language, values in parsed.translations.items()}


def _own_images(item: ParsedProduct) -> Iterator[tuple[str, str]]:
    """Pictures that one variant alone shows, with the variant's title."""
    shown: dict[str, list[str]] = {}
    for variant in item.variants:
        if variant.image:
            shown.setdefault(variant.image, []).append(variant.title)
    for address, titles in shown.items():
        if len(titles) == 1:
            yield address, titles[0]
