"""Orders in the admin: what was bought is frozen; ways of delivery are the staff's to change."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from carts.admin import ReadOnly
from orders.models import Order, OrderLine, ShippingMethod, ShippingRate
from shop.translated.forms import TranslationsForm, with_translations


class OrderLineInline(ReadOnly, TabularInline):
    """What was bought."""

    model = OrderLine
    fields = (
        "product_title", "variant_title", "sku", "storefront", "unit_price", "quantity", "total",
    )  # fmt: skip
    extra = 0


@admin.register(Order)
class OrderAdmin(ReadOnly, ModelAdmin):
    """Orders, found by number, shopper, or the fingerprint of the session that placed them."""

    list_display = (
        "number", "placed_at", "email", "storefront", "status", "payment_method", "total",
        "currency",
    )  # fmt: skip
    list_filter = (
        "status",
        "payment_status",
        "storefront",
        "payment_method",
        "shipping_method",
        "placed_at",
    )
    list_select_related = ("storefront",)
    search_fields = (
        "number", "email", "first_name", "last_name", "postal_code", "session_fingerprint",
        "lines__sku", "lines__product_title",
    )  # fmt: skip
    date_hierarchy = "placed_at"
    inlines = (OrderLineInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "number", "status", "fulfilment_status", "placed_at", "storefront", "language",
                )
            },
        ),
        (_("Shopper"), {"fields": ("customer", "email", "phone", "session_fingerprint")}),
        (
            _("Goes to"),
            {
                "fields": (
                    "first_name", "last_name", "address_1", "address_2", "postal_code", "city",
                    "province", "country_code", "shipping_method_name",
                )
            },
        ),
        (
            _("Money"),
            {
                "fields": (
                    "payment_method", "payment_status", "currency", "items_subtotal",
                    "shipping_price", "discount_total", "tax_total", "total", "refunded_total",
                )
            },
        ),
    )  # fmt: skip


class ShippingRateInline(TabularInline):
    """Other prices: for some countries, from some weight, from some total."""

    model = ShippingRate
    extra = 0


@with_translations
class ShippingMethodForm(TranslationsForm):
    """A way of delivery, its name and description in each language."""

    translated = ("name", "description")

    class Meta:
        model = ShippingMethod
        fields = (
            "slug", "name", "description", "price", "countries", "max_weight_grams", "tax_class",
            "is_active", "position",
        )  # fmt: skip


@admin.register(ShippingMethod)
class ShippingMethodAdmin(ModelAdmin):
    """Ways of delivery. An order keeps the name and price it was placed with."""

    form = ShippingMethodForm
    inlines = (ShippingRateInline,)
    list_display = ("name", "price", "is_active", "position")
    list_editable = ("price", "is_active", "position")
    prepopulated_fields = {"slug": ("name",)}
