"""Writes a storefront's products as a file that an import reads."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Prefetch, QuerySet
from django.utils.translation import gettext as _

from shop.catalogue.models import Category, Option, Product, ProductImage, Tag, Variant
from shop.catalogue.text import clean_html
from shop.storefronts.models import Storefront
from shop.translated.fields import TranslatedModel, other_languages

from .addresses import public_address
from .formats import Writer, writer_for
from .importing import OnProgress
from .parsed import ParsedImage, ParsedProduct, ParsedVariant
from .reading import CsvProblem, Row

CHUNK = 500
"""Products fetched together."""


@dataclass
class Export:
    """What was written so far."""

    products: int = 0
    left_out: list[tuple[str, str]] = field(default_factory=list)
    """Products that the format cannot hold, by slug, and why."""

    def __str__(self) -> str:
        left_out = f"; {len(self.left_out)} left out" if self.left_out else ""
        return f"{self.products} products written{left_out}"


def export_products(
    storefront: Storefront,
    format_name: str,
    report: Export,
    *,
    base: str = "",
    on_progress: OnProgress | None = None,
) -> Iterator[bytes]:
    """The file in pieces, UTF-8: all products of the storefront, those not published as well.

    The main storefront sells everything. Each product goes through what the import would make of
    it, so that a file that is imported and exported again stays the same; what the import would
    refuse is left out and named in `report`, which is complete when the last piece is taken.

    format_name: one of `formats.FORMATS`. base: where pictures of ours are found, else the
    storefront's domain over https.
    """
    products = _products(storefront)
    total = products.count()
    source = _Reader(base or f"https://{storefront.domain}")
    source.languages = [each for each in other_languages() if source.has_words_in(each, products)]
    writer = writer_for(format_name, _most_attributes(products), source.languages)
    text = io.StringIO(newline="")
    rows = csv.DictWriter(text, writer.header, restval="")
    rows.writeheader()
    for number, product in enumerate(products.iterator(chunk_size=CHUNK), 1):
        try:
            rows.writerows(_as_imported(writer, source.parsed(product)))
        except CsvProblem as problem:
            report.left_out.append((product.slug, problem.reason))
        else:
            report.products += 1
        if number % CHUNK == 0:
            yield _taken(text)
            if on_progress:
                on_progress(number, total)
    yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    piece = text.getvalue()
    text.seek(0)
    text.truncate()
    return piece.encode()


def _products(storefront: Storefront) -> QuerySet[Product]:
    products = Product.objects.order_by("pk").prefetch_related(
        Prefetch("variants", Variant.objects.order_by("position", "pk")),
        Prefetch("images", ProductImage.objects.order_by("position", "pk")),
        Prefetch("options", Option.objects.order_by("position", "pk")),
        Prefetch("tags", Tag.objects.order_by("pk")),
    )
    return products if storefront.is_main else products.filter(storefronts=storefront)


def _most_attributes(products: QuerySet[Product]) -> int:
    """How many options and facts a product has at most."""
    counted = (
        products.prefetch_related(None)
        .annotate(number=Count("options"))
        .values_list("number", "attributes")
    )
    return max((number + len(facts) for number, facts in counted.iterator()), default=0)


def _as_imported(writer: Writer, product: ParsedProduct) -> list[dict[str, Any]]:
    """The product's rows after an import. Raises CsvProblem where it would be refused."""
    if not product.variants:
        raise CsvProblem(_("it has no variant"))
    for variant in product.variants:
        if len(variant.option_values) != len(product.options):
            raise CsvProblem(_("the values of “%s” do not fit its options") % variant.title)
    names = dict(zip(writer.header, writer.header, strict=True))
    blank = dict.fromkeys(writer.header, "")
    rows = [
        Row(number, blank | {name: str(cell).strip() for name, cell in cells.items()}, names)
        for number, cells in enumerate(writer.rows(product), 1)
    ]
    return writer.rows(writer.parse(rows))


class _Reader:
    """Reads products from the database as if they came from a file, in these languages, too."""

    languages: Sequence[str] = ()

    def __init__(self, base: str) -> None:
        self._base = base
        self._paths: dict[int, list[Category]] = {}
        at: dict[str, list[Category]] = {}
        for category in Category.objects.order_by("path"):
            above = at.get(category.path[: -category.steplen], [])
            at[category.path] = self._paths[category.pk] = [*above, category]

    def has_words_in(self, language: str, products: QuerySet[Product]) -> bool:
        """Whether anything that is written about these products is translated. Five queries."""
        products = products.prefetch_related(None).order_by()
        named = [pk for pk in self._paths if self._category_names(pk, language)]
        rows: list[QuerySet[Any]] = [
            model.objects.filter(product__in=products, translations__has_key=language)
            for model in (Variant, Option, ProductImage)
        ]
        return (
            products.filter(translations__has_key=language).exists()
            or products.filter(category__in=named).exists()
            or any(found.exists() for found in rows)
        )

    def _category_names(self, pk: int, language: str) -> tuple[str, ...]:
        """The names of the path, the original where there is no other; empty without any other."""
        path = self._paths.get(pk, [])
        names = [node.translations.get(language, {}).get("name", "") for node in path]
        if not any(names):
            return ()
        return tuple(name or node.original_name for name, node in zip(names, path, strict=True))

    def parsed(self, product: Product) -> ParsedProduct:
        """The product, its prefetched rows among it."""
        images = list(product.images.all())
        own = {
            image.variant_id: public_address(image, self._base)
            for image in reversed(images)
            if image.variant_id
        }
        return ParsedProduct(
            line=0,
            slug=product.slug,
            title=product.original_title,
            description=clean_html(product.original_description),
            vendor=product.vendor,
            category_path=tuple(
                node.original_name for node in self._paths.get(product.category_id or 0, [])
            ),
            tags=[tag.name for tag in product.tags.all()],
            is_published=product.is_published,
            options=[option.original_name for option in product.options.all()],
            attributes=_facts(product.original_attributes),
            variants=[
                _variant(variant, position, own.get(variant.pk, ""), self._values(variant))
                for position, variant in enumerate(product.variants.all(), 1)
            ],
            images=[
                ParsedImage(
                    public_address(image, self._base),
                    image.position,
                    image.original_alt,
                    {each: said.get("alt", "") for each, said in self._said(image)},
                )
                for image in images
            ],
            translations={each: _texts(said) for each, said in self._said(product)},
            category_translations={
                each: self._category_names(product.category_id or 0, each)
                for each in self.languages
            },
            option_translations={
                each: [
                    option.translations.get(each, {}).get("name", "")
                    for option in product.options.all()
                ]
                for each in self.languages
            },
        )

    def _said(self, row: TranslatedModel) -> list[tuple[str, dict[str, Any]]]:
        return [(each, row.translations.get(each, {})) for each in self.languages]

    def _values(self, variant: Variant) -> dict[str, list[str]]:
        """The option values by language, as many as there are."""
        blank = [""] * len(variant.option_values)
        return {
            each: [*said.get("option_values", []), *blank][: len(blank)]
            for each, said in self._said(variant)
        }


def _texts(texts: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": texts.get("title", ""),
        "description": clean_html(texts.get("description", "")),
        "attributes": _facts(texts.get("attributes", {})),
    }


def _facts(facts: dict[str, Any]) -> dict[str, str]:
    return {name: str(facts[name]) for name in sorted(facts)}


def _variant(
    variant: Variant, position: int, image: str, translations: dict[str, list[str]]
) -> ParsedVariant:
    return ParsedVariant(
        line=0,
        option_values=variant.option_values,
        sku=variant.sku,
        barcode=variant.barcode,
        price=variant.price,
        compare_at_price=variant.compare_at_price,
        tracks_stock=variant.tracks_stock,
        stock=variant.stock,
        allows_backorder=variant.allows_backorder,
        weight_grams=variant.weight_grams,
        requires_shipping=variant.requires_shipping,
        taxable=variant.taxable,
        position=position,
        image=image,
        translations=translations,
    )
