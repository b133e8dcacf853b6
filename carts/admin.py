"""Carts in the admin: to look at, not to touch; only a shopper changes a cart."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from carts.models import Cart, CartLine
from sessionsync.fingerprints import fingerprint
from shop.audit.admin import ReadOnly, trail_url


class CartLineInline(ReadOnly, TabularInline):
    """What is in the cart."""

    model = CartLine
    fields = ("variant", "storefront", "quantity", "seen_price", "created_at")
    readonly_fields = fields
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[CartLine]:
        """The lines with the names they show."""
        lines: QuerySet[CartLine] = super().get_queryset(request)
        return lines.select_related("variant__product", "storefront")


@admin.register(Cart)
class CartAdmin(ReadOnly, ModelAdmin):
    """Carts, by the session's fingerprint; the session's key stays out of sight."""

    list_display = ("__str__", "session", "customer", "pieces", "updated_at")
    list_filter = ("updated_at",)
    search_fields = ("customer__email",)
    list_select_related = ("customer",)
    date_hierarchy = "updated_at"
    ordering = ("-updated_at",)
    fields = ("session", "customer", "codes", "history", "created_at", "updated_at")
    inlines = (CartLineInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cart]:
        """The carts with the number of pieces in each."""
        carts: QuerySet[Cart] = super().get_queryset(request)
        return carts.annotate(pieces=Sum("lines__quantity", default=0))

    @admin.display(description=_("session"))
    def session(self, cart: Cart) -> str:
        """The fingerprint of the session that owns the cart."""
        return fingerprint(cart.session_key) if cart.session_key else ""

    @admin.display(description=_("audit trail"))
    def history(self, cart: Cart) -> SafeString:
        """A link to all that happened to it."""
        return format_html('<a href="{}">{}</a>', trail_url(cart.trail), cart.trail)

    @admin.display(description=_("pieces"), ordering="pieces")
    def pieces(self, cart: Any) -> int:
        """How many pieces it holds."""
        count: int = cart.pieces
        return count
