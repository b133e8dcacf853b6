"""Payments in the admin: to look at. What may be done with one is done from its order."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from orders.payment.models import Payment, PaymentEvent, Refund
from shop.audit.admin import ReadOnly

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class PaymentEventInline(ReadOnly, TabularInline):
    """The news that came of it."""

    model = PaymentEvent
    fields = ("at", "kind", "channel", "status", "amount", "currency", "outcome", "event_id")
    readonly_fields = fields
    extra = 0


class RefundInline(ReadOnly, TabularInline):
    """What went back."""

    model = Refund
    fields = ("asked_at", "amount", "status", "reason", "reference", "key")
    readonly_fields = fields
    extra = 0


class NeedsALook(admin.SimpleListFilter):
    """Whether something about a payment is for people to judge."""

    title = _("problem")
    parameter_name = "problem"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Payment]
    ) -> list[tuple[str, "str | _StrPromise"]]:
        """Any problem, and each."""
        return [("any", _("Any")), *Payment.Problem.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Payment]) -> QuerySet[Payment]:
        """Those with it."""
        if self.value() == "any":
            return queryset.exclude(problem="")
        return queryset.filter(problem=self.value()) if self.value() else queryset


@admin.register(Payment)
class PaymentAdmin(ReadOnly, ModelAdmin):
    """Payments, found by order, shopper, or the gateway's own reference."""

    list_display = (
        "order", "created_at", "gateway", "amount", "currency", "status", "captured", "refunded",
        "problem",
    )  # fmt: skip
    list_filter = ("status", "gateway", NeedsALook, "created_at")
    list_select_related = ("order",)
    search_fields = ("order__number", "order__email", "reference", "charge", "key")
    date_hierarchy = "created_at"
    inlines = (PaymentEventInline, RefundInline)
    fieldsets = (
        (None, {"fields": ("order", "gateway", "status", "problem", "unwanted")}),
        (_("Money"), {"fields": ("amount", "currency", "captured", "refunded")}),
        (_("At the gateway"), {"fields": ("reference", "charge", "key", "site_url")}),
        (_("Times"), {"fields": ("created_at", "changed_at", "asked_at")}),
    )
