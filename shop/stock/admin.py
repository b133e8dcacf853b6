"""Stock in the admin: what is low, how it came about, and what came in or was counted."""

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import display

from shop.audit.actors import actor_of
from shop.audit.admin import ReadOnly, ShortReference

from . import queries, services
from .forms import CountForm, LowForm, ReceiveForm
from .models import StockMovement, VariantStock

STATES = {"out": "danger", "low": "warning", "well": "success", "untracked": "info"}


class LevelFilter(admin.SimpleListFilter):
    """By what there is to do."""

    title = gettext_lazy("level")
    parameter_name = "level"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """What staff look for."""
        return [
            ("low", _("Low, on sale")),
            ("out", _("Sold out")),
            ("owed", _("Owed to customers")),
            ("reserved", _("Reserved")),
            ("untracked", _("Not tracked")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The variants of that level; `queries.low_stock` says what is low."""
        match self.value():
            case "low":
                return queryset.filter(
                    tracks_stock=True, product__is_published=True, for_sale__lte=F("low_at")
                )
            case "out":
                return queryset.filter(tracks_stock=True, for_sale__lte=0)
            case "owed":
                return queryset.filter(owed__gt=0)
            case "reserved":
                return queryset.filter(reserved__gt=0)
            case "untracked":
                return queryset.filter(tracks_stock=False)
        return queryset


@admin.register(VariantStock)
class VariantStockAdmin(ModelAdmin):
    """The stock of each variant. It changes by what came in and what was counted only."""

    list_display = (
        "variant", "sku", "state", "stock", "reserved", "for_sale", "owed", "low_at",
        "allows_backorder",
    )  # fmt: skip
    list_filter = (LevelFilter, "allows_backorder", "product__storefronts")
    list_select_related = ("product",)
    search_fields = ("product__title", "title", "=sku", "=barcode")
    ordering = ("product_id", "position", "pk")
    show_full_result_count = False
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Variants are added with their product."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They are deleted there, too."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[VariantStock]:
        """Variants with all that the list shows."""
        return queries.with_levels(super().get_queryset(request))

    @display(description=gettext_lazy("variant"), ordering="product__title")  # type: ignore[untyped-decorator]
    def variant(self, variant: VariantStock) -> str:
        """Product and option values."""
        return str(variant)

    @display(description=gettext_lazy("for sale"), ordering="for_sale")  # type: ignore[untyped-decorator]
    def for_sale(self, variant: Any) -> str:
        """In stock and promised to nobody."""
        return str(variant.for_sale) if variant.tracks_stock else "—"

    @display(description=gettext_lazy("owed"), ordering="owed")  # type: ignore[untyped-decorator]
    def owed(self, variant: Any) -> str:
        """Sold before it was there."""
        return str(variant.owed or "—")

    @display(description=gettext_lazy("low at"))  # type: ignore[untyped-decorator]
    def low_at(self, variant: Any) -> str:
        """At how many left it is on the list."""
        return str(variant.low_at)

    @display(description=gettext_lazy("level"), label=STATES)  # type: ignore[untyped-decorator]
    def state(self, variant: Any) -> tuple[str, str]:
        """In a word, with its colour."""
        if not variant.tracks_stock:
            return "untracked", _("not tracked")
        if variant.for_sale <= 0:
            return "out", _("sold out")
        return ("low", _("low")) if variant.for_sale <= variant.low_at else ("well", _("enough"))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A variant's stock, its story, and what can be done about it."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        try:
            story = queries.story(int(object_id), request.GET.get("page", 1))
        except (ValueError, OverflowError, VariantStock.DoesNotExist):
            raise Http404 from None
        variant: Any = story.variant
        tasks: dict[str, tuple[forms.Form, Callable[[HttpRequest, Any, forms.Form], None]]] = {
            "receive": (ReceiveForm(initial={"key": uuid.uuid4().hex}), self.receive),
            "count": (CountForm(initial={"seen": variant.stock}), self.count),
            "low": (LowForm(initial={"low_at": variant.low_at}), self.mark_low),
        }
        shown = {name: form for name, (form, _do) in tasks.items()}
        if request.method == "POST":
            if not self.has_change_permission(request, variant):
                raise PermissionDenied
            name = request.POST.get("do", "")
            if name not in tasks:
                raise Http404
            form = shown[name] = type(tasks[name][0])(request.POST)
            if form.is_valid():
                tasks[name][1](request, variant, form)
            if form.is_valid():
                return redirect("admin:stock_variantstock_change", variant.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": str(variant),
            "opts": self.opts,
            "story": story,
            "variant": variant,
            "state": self.state(variant),
            "forms": shown,
            "may_change": self.has_change_permission(request, variant),
        }
        status = 422 if request.method == "POST" else 200
        return TemplateResponse(request, "stock/admin/story.html", context, status=status)

    def receive(self, request: HttpRequest, variant: VariantStock, form: forms.Form) -> None:
        """Take in what came."""
        quantity = form.cleaned_data["quantity"]
        try:
            services.receive(
                variant.pk, quantity, by=actor_of(request), **_of(form, "reason", "key")
            )
        except services.NotTracked:
            form.add_error("quantity", _not_tracked())
            return
        said = ngettext("%d unit received.", "%d units received.", quantity) % quantity
        self.say(request, variant, said)

    def count(self, request: HttpRequest, variant: VariantStock, form: forms.Form) -> None:
        """Set the stock to what was counted."""
        counted = form.cleaned_data["counted"]
        try:
            services.correct(
                variant.pk, counted, by=actor_of(request), **_of(form, "reason", "seen")
            )
        except services.NotTracked:
            form.add_error("counted", _not_tracked())
        except services.Promised as refused:
            text = ngettext(
                "%d is promised to an order being paid now. Please wait until it is settled.",
                "%d are promised to orders being paid now. Please wait until they are settled.",
                refused.reserved,
            )
            form.add_error("counted", text % refused.reserved)
        except services.Changed as changed:
            form.data = {**form.data.dict(), "seen": changed.stock}  # type: ignore[attr-defined]
            text = _("It has changed meanwhile: %d in stock now. Please count again.")
            form.add_error("counted", text % changed.stock)
        else:
            self.say(request, variant, _("The stock is %d now.") % counted)

    def mark_low(self, request: HttpRequest, variant: VariantStock, form: forms.Form) -> None:
        """Say when it is low."""
        services.mark_low(variant.pk, form.cleaned_data["low_at"])
        self.say(request, variant, _("Saved."))

    def say(self, request: HttpRequest, variant: VariantStock, what: str) -> None:
        """Tell, and keep it in the variant's history."""
        self.log_change(request, variant, what)
        messages.success(request, what)


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnly, ShortReference, ModelAdmin):
    """The ledger. Nobody changes it, not even the database's owner by accident."""

    list_display = ("at", "what", "kind", "amount", "stock_after", "who", "reason", "order")
    list_filter = ("kind", "actor", "at")
    list_select_related = ("variant__product",)
    search_fields = (
        *ShortReference.search_fields, "=variant__sku", "variant__product__title", "=request_id",
    )  # fmt: skip
    fields = (
        "at", "what", "kind", "amount", "stock_after", "who", "reason", "order", "request_id",
    )  # fmt: skip
    date_hierarchy = "at"
    show_full_result_count = False

    @display(description=gettext_lazy("variant"))  # type: ignore[untyped-decorator]
    def what(self, movement: StockMovement) -> SafeString | str:
        """The variant, which may be gone."""
        return variant_link(movement)

    @display(description=gettext_lazy("quantity"), ordering="quantity")  # type: ignore[untyped-decorator]
    def amount(self, movement: StockMovement) -> str:
        """With its sign."""
        return f"{movement.quantity:+d}"

    @display(description=gettext_lazy("who"))  # type: ignore[untyped-decorator]
    def who(self, movement: StockMovement) -> str:
        """Kind and account."""
        return movement.who


def variant_link(movement: StockMovement) -> SafeString | str:
    """The variant of a movement, leading to its page; the id of one that is gone."""
    variant = movement.variant
    if variant is None:
        return _("deleted variant %d") % movement.variant_id
    url = reverse("admin:stock_variantstock_change", args=[variant.pk])
    return format_html('<a href="{}">{}</a>', url, variant)


def _of(form: forms.Form, *names: str) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in names}


def _not_tracked() -> str:
    return _("The stock of this variant is not tracked. Its product’s page turns that on.")
