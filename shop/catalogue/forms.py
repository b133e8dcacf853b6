"""Forms of the admin, where staff type what `models` stores."""

from itertools import zip_longest
from pathlib import PurePath
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.forms.models import BaseInlineFormSet
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from treebeard.forms import MoveNodeForm, movenodeform_factory
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from shop.translated.forms import TranslationsForm, with_translations

from .models import Category, Option, Product, ProductImage, Variant, variant_title
from .text import clean_html

PICTURE_TYPES = ("avif", "gif", "jpeg", "jpg", "png", "webp")
"""What staff may upload. No SVG: such a file can hold scripts, and would be served as ours."""


WRITTEN = [
    field.name
    for field in Variant._meta.concrete_fields
    if not field.primary_key and not field.generated and field.name not in {"stock", "reserved"}
]
"""What is written of a variant that is there already. Orders change the rest at any moment."""


class CategoryNodeForm(TranslationsForm, MoveNodeForm):  # type: ignore[misc]
    """Refuses a place where another category has the address already."""

    translated = ("name", "description")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("treebeard_position", "treebeard_ref_node"):
            field: Any = self.fields[name]
            field.widget = UnfoldAdminSelectWidget(choices=field.choices)

    @cached_property
    def changed_data(self) -> list[str]:
        """Treebeard moves a node when what the tree is ordered by is among these."""
        changed: list[str] = super().changed_data
        return [*changed, "original_name"] if "name" in changed else changed

    def clean(self) -> dict[str, Any]:
        """Work the address out and look whether it is free."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "slug" not in cleaned:
            return cleaned
        parent = cleaned.get("treebeard_ref_node")
        if parent and cleaned.get("treebeard_position") == "sorted-sibling":
            parent = Category.objects.get_parent(parent)
        address = f"{parent.url_path}/{cleaned['slug']}" if parent else cleaned["slug"]
        if Category.objects.filter(url_path=address).exclude(pk=self.instance.pk).exists():
            problem = _("There is a category at “%(path)s” already.")
            self.add_error("slug", problem % {"path": address})
        return cleaned


CategoryForm = with_translations(movenodeform_factory(Category, form=CategoryNodeForm))


@with_translations
class ProductForm(TranslationsForm):
    """A product; its description is cleaned of all but the structure of a text."""

    translated = ("title", "description", "attributes")

    class Meta:
        model = Product
        fields = (
            "title", "slug", "vendor", "category", "storefronts", "is_published", "description",
            "tags", "attributes",
        )  # fmt: skip
        widgets = {"storefronts": UnfoldAdminCheckboxSelectMultipleWidget}

    def clean_description(self) -> str:
        """No script, style or form comes through."""
        return clean_html(self.cleaned_data["description"])

    def clean_attributes(self) -> dict[str, Any]:
        """Facts are texts by name."""
        return _facts(self.cleaned_data["attributes"])

    def clean_translation(self, field: str, text: Any) -> Any:
        """The same for translations."""
        if field == "description":
            return clean_html(text)
        return _facts(text) if field == "attributes" else text


def _facts(said: Any) -> dict[str, Any]:
    if said and not isinstance(said, dict):
        raise forms.ValidationError(_('Write facts like {"Material": "Wool"}.'))
    return said or {}


@with_translations
class OptionForm(TranslationsForm):
    """An option."""

    translated = ("name",)

    class Meta:
        model = Option
        fields = ("name", "position")


class StockShown(forms.Widget):
    """How much there is; it leads to where it is changed.

    A number typed here would undo what was sold while the page was open.
    """

    def __init__(self, variant: Variant) -> None:
        super().__init__()
        self.variant = variant

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """The number, leading to the page of shop.stock, which this layer knows by name only."""
        url = reverse("admin:stock_variantstock_change", args=[self.variant.pk])
        own_id = (attrs or {}).get("id", "")
        return format_html('<a href="{}" id="{}" class="underline">{}</a>', url, own_id, value)


@with_translations
class VariantForm(TranslationsForm):
    """A variant, its option values written as one line."""

    translated = ("option_values",)

    values = forms.CharField(
        label=_("Option values"), required=False, max_length=800,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("One for each option, in their order: Small / Blue"),
    )  # fmt: skip

    class Meta:
        model = Variant
        fields = (
            "sku", "price", "compare_at_price", "tracks_stock", "stock", "allows_backorder",
            "weight_grams", "requires_shipping", "barcode", "position",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["stock"].disabled = True
            self.fields["stock"].widget = StockShown(self.instance)
        self.initial["values"] = self.instance.original_title

    @classmethod
    def translation_field(cls, field: str, language: str) -> forms.Field:
        """Written as one line, as the values are."""
        return forms.CharField(
            label=format_lazy("{} ({})", _("Option values"), language), required=False,
            max_length=800, widget=UnfoldAdminTextInputWidget,
        )  # fmt: skip

    def shown_translation(self, field: str, said: Any) -> str:
        """What is not translated stands there as it is."""
        values = zip_longest(self.instance.option_values, said or [])
        return variant_title([own or value for value, own in values]) if said else ""

    def clean_translation(self, field: str, text: str) -> list[str]:
        """As many as there are values; one that is the same is no translation."""
        values, said = self.instance.option_values, _parts(text)
        if said and len(said) != len(values):
            problem = _("One for each of the option values: %(values)s.")
            raise forms.ValidationError(problem % {"values": variant_title(values)})
        return [own if own != value else "" for value, own in zip(values, said, strict=False)]

    def clean(self) -> dict[str, Any]:
        """Backorder ends, and tracking begins, when no more is promised than there is."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        limited = cleaned.get("tracks_stock") and not cleaned.get("allows_backorder")
        if (
            limited
            and self.instance.pk
            and {"tracks_stock", "allows_backorder"} & {*self.changed_data}
        ):
            rows = Variant.objects.select_for_update(no_key=True).filter(pk=self.instance.pk)
            if any(reserved > stock for reserved, stock in rows.values_list("reserved", "stock")):
                self.add_error(
                    None, _("More than there is in stock is promised to orders being paid now.")
                )
        return cleaned

    def save(self, commit: bool = True) -> Variant:
        """Save; of one that is there already, neither stock nor what is promised of it."""
        is_new = self.instance.pk is None
        variant: Variant = super().save(commit=commit and is_new)
        if commit and not is_new:
            variant.save(update_fields=WRITTEN)
        return variant

    def clean_values(self) -> str:
        """Keep the values; blanks around them do not count."""
        self.instance.option_values = _parts(self.cleaned_data["values"])
        return variant_title(self.instance.option_values)


def _parts(text: str) -> list[str]:
    values = (value.strip() for value in text.split(" / "))
    return [value for value in values if value]


class VariantFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """The variants of a product, which must differ."""

    def clean(self) -> None:
        """Refuse a combination that is there twice, and values that fit no common options."""
        super().clean()
        seen: dict[str, int] = {}
        for form in self.forms:
            if form in self.deleted_forms or not getattr(form, "cleaned_data", None):
                continue
            values = form.cleaned_data.get("values", "")
            count = len(form.instance.option_values)
            if values in seen:
                form.add_error("values", _("Another variant has these values."))
            elif seen and count not in seen.values():
                form.add_error("values", _("Every variant has one value for each option."))
            seen[values] = count


@with_translations
class ImageForm(TranslationsForm):
    """A picture: an uploaded file, or the address of one elsewhere."""

    translated = ("alt",)

    class Meta:
        model = ProductImage
        fields = ("file", "source_url", "alt", "position", "variant")

    def clean_file(self) -> Any:
        """Only pictures, and none that can hold a script."""
        file = self.cleaned_data["file"]
        if isinstance(file, UploadedFile):
            ending = PurePath(file.name or "").suffix.removeprefix(".").lower()
            if ending not in PICTURE_TYPES:
                raise forms.ValidationError(
                    _("A picture is one of: %(types)s.") % {"types": ", ".join(PICTURE_TYPES)}
                )
        return file
