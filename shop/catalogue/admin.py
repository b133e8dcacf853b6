"""The catalogue in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from treebeard.admin import TreeAdmin
from unfold.admin import ModelAdmin, TabularInline

from shop.audit.actors import actor_of
from shop.audit.causes import because
from shop.translated.fields import other_languages
from shop.translated.forms import names_in, names_of

from . import queries
from .exchange.admin_views import ExchangeAdmin
from .forms import (
    CategoryForm,
    ImageForm,
    OptionForm,
    ProductForm,
    VariantForm,
    VariantFormSet,
)
from .models import Category, Option, Product, ProductImage, Tag, Variant
from .money import format_money
from .templatetags.catalogue import product_image


def translation_tabs(*fields: str) -> list[tuple[str, dict[str, Any]]]:
    """A tab for each other language, with the translations of these fields."""
    return [
        (spoken, {"classes": ["tab"], "fields": names_in(language, *fields)})
        for language, spoken in other_languages().items()
    ]


@admin.register(Category)
class CategoryAdmin(TreeAdmin, ModelAdmin):
    """The tree, to drag and drop; addresses follow."""

    class Media:
        css = {"all": ["catalogue/tree.css"]}

    form = CategoryForm
    actions = None  # treebeard's list has no place for Unfold's bar of actions
    list_display = ("name", "url_path")
    search_fields = ("name", "url_path")
    prepopulated_fields = {"slug": ["name"]}
    fieldsets = (
        (None, {"fields": ("name", "slug", "description", "treebeard_position",
                           "treebeard_ref_node")}),
        *translation_tabs("name", "description"),
    )  # fmt: skip


@admin.register(Tag)
class TagAdmin(ModelAdmin):
    """Tags."""

    search_fields = ("name",)


class OptionInline(TabularInline):
    """How the variants differ."""

    model = Option
    form = OptionForm
    fields = ("name", *names_of("name"), "position")
    extra = 0


class VariantInline(TabularInline):
    """Prices and stock."""

    model = Variant
    form = VariantForm
    formset = VariantFormSet
    fields = (
        "values", *names_of("option_values"), "price", "compare_at_price", "tracks_stock", "stock",
        "allows_backorder", "sku", "weight_grams", "requires_shipping", "barcode", "position",
    )  # fmt: skip
    extra = 0

    @admin.display(description=_("Option values"))
    def values(self, variant: Variant) -> str:
        """What who may only read sees in place of the form's field."""
        return variant.original_title


class ImageInline(TabularInline):
    """Pictures, as shoppers see them."""

    model = ProductImage
    form = ImageForm
    fields = ("preview", "file", "source_url", "alt", *names_of("alt"), "position", "variant")
    readonly_fields = ("preview",)
    extra = 0

    def get_formset(self, request: HttpRequest, obj: Product | None = None, **kwargs: Any) -> Any:
        """Offer the product's own variants only."""
        formset = super().get_formset(request, obj, **kwargs)
        variants = Variant.objects.filter(product=obj) if obj else Variant.objects.none()
        formset.form.base_fields["variant"].queryset = variants.select_related("product")
        return formset

    @admin.display(description=_("preview"))
    def preview(self, image: ProductImage) -> SafeString:
        """The picture, or what is drawn in its place."""
        picture = product_image(image, image.product if image.pk else None, size="thumb")
        return format_html('<div style="width: 5rem">{}</div>', picture)


@admin.register(Product)
class ProductAdmin(ExchangeAdmin):
    """Products with their options, variants and pictures."""

    form = ProductForm
    list_display = ("title", "vendor", "category", "price", "stock", "sold_on", "is_published")
    list_filter = ("is_published", "storefronts", "category")
    list_select_related = ("category",)
    search_fields = ("title", "slug", "vendor", "variants__sku")
    prepopulated_fields = {"slug": ["title"]}
    autocomplete_fields = ("category", "tags")
    inlines = (OptionInline, VariantInline, ImageInline)
    fieldsets = (
        (None, {"fields": ("title", "slug", "vendor", "category", "storefronts", "is_published",
                           "description", "tags", "attributes")}),
        *translation_tabs("title", "description", "attributes"),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Products with all that the list shows."""
        products: QuerySet[Product] = super().get_queryset(request)
        return queries.with_cards(products).prefetch_related("storefronts")

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save variants and pictures; the ledger of stock hears who gave a variant its first."""
        with because("initial", actor_of(request)):
            super().save_formset(request, form, formset, change)

    def delete_model(self, request: HttpRequest, obj: Product) -> None:
        """Delete; the ledger of stock hears who did."""
        with because("removed", actor_of(request)):
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        """Delete; the ledger of stock hears who did."""
        with because("removed", actor_of(request)):
            super().delete_queryset(request, queryset)

    @admin.display(description=_("price"))
    def price(self, product: Product) -> str:
        """The lowest price."""
        if product.from_price is None:
            return "—"
        price = format_money(product.from_price)
        return str(_("from %(price)s")) % {"price": price} if product.price_varies else price

    @admin.display(description=_("stock"))
    def stock(self, product: Product) -> str:
        """What is left of all tracked variants."""
        tracked = [variant for variant in product.variants_list if variant.tracks_stock]
        return str(sum(variant.stock for variant in tracked)) if tracked else str(_("not tracked"))

    @admin.display(description=_("sold on"))
    def sold_on(self, product: Product) -> str:
        """The storefronts that sell it, besides the main one."""
        return ", ".join(storefront.name for storefront in product.storefronts.all())
