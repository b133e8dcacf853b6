"""Collections in the admin."""

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from shop.catalogue.admin import translation_tabs
from shop.collections.models import Collection, CollectionProduct
from shop.translated.forms import TranslationsForm, with_translations

FIELDS = ("title", "slug", "description", "position", "is_published")


class PlaceInline(TabularInline):
    """The products, in their order."""

    model = CollectionProduct
    fields = ("product", "position")
    autocomplete_fields = ("product",)
    extra = 1


@with_translations
class CollectionForm(TranslationsForm):
    """A collection, its title and description in each language."""

    translated = ("title", "description")

    class Meta:
        model = Collection
        fields = FIELDS


@admin.register(Collection)
class CollectionAdmin(ModelAdmin):
    """What staff put together."""

    form = CollectionForm
    fieldsets = (
        (None, {"fields": FIELDS}),
        *translation_tabs("title", "description"),
    )
    list_display = ("title", "slug", "position", "is_published", "how_many")
    list_editable = ("position", "is_published")
    search_fields = ("title", "slug")
    prepopulated_fields = {"slug": ["title"]}
    inlines = (PlaceInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Collection]:
        """With the number of products, which `how_many` shows."""
        rows: QuerySet[Collection] = super().get_queryset(request)
        return rows.annotate(products_in=Count("places"))

    @admin.display(description=_("products"))
    def how_many(self, row: Collection) -> int:
        """How many products are in it, sold or not."""
        return row.products_in  # type: ignore[attr-defined,no-any-return]
