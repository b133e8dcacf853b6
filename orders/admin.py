"""Orders in the admin: what was bought is frozen; what becomes of it is done in `orders.staff`."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import label_for_field
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from orders.mails import of_order
from orders.models import (
    Cancellation,
    Fulfilment,
    Invoice,
    Order,
    OrderDiscount,
    OrderLine,
    OrderTax,
    Return,
    ShippingMethod,
    ShippingRate,
)
from orders.payment.models import Payment
from orders.staff.pages import DeedsAdmin
from shop.audit.admin import ReadOnly, trail_url
from shop.audit.models import Entry
from shop.translated.forms import TranslationsForm, with_translations

ENTRIES_SHOWN = 100
"""Entries of its audit trail that an order's page shows; the rest is a link away."""
ENTRY_COLUMNS = ("at", "action", "kind", "how", "channel", "storefront")
"""What the page shows of each."""


class OrderLineInline(ReadOnly, TabularInline):
    """What was bought."""

    model = OrderLine
    fields = (
        "product_title", "variant_title", "sku", "storefront", "unit_price", "quantity",
        "discount_total", "total", "fulfilled_quantity", "cancelled_quantity", "returned_quantity",
    )  # fmt: skip
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderLine]:
        """The lines by the shop they were put in on."""
        rows: QuerySet[OrderLine] = super().get_queryset(request)
        return rows.select_related("storefront").order_by("storefront", "pk")


class OrderDiscountInline(ReadOnly, TabularInline):
    """What was taken off."""

    model = OrderDiscount
    fields = ("name", "code", "amount")
    extra = 0


class OrderTaxInline(ReadOnly, TabularInline):
    """The taxes."""

    model = OrderTax
    fields = ("name", "rate", "base", "amount")
    extra = 0


class PaymentInline(ReadOnly, TabularInline):
    """Each attempt to pay."""

    model = Payment
    fields = ("gateway", "reference", "status", "amount", "captured", "refunded", "problem")
    extra = 0
    show_change_link = True


class FulfilmentInline(ReadOnly, TabularInline):
    """The parcels."""

    model = Fulfilment
    fields = ("sent_at", "carrier", "tracking_number", "cancelled_at")
    extra = 0


class ReturnInline(ReadOnly, TabularInline):
    """What comes, or came, back."""

    model = Return
    fields = ("requested_at", "status", "reason", "refund_amount", "note")
    extra = 0


class CancellationInline(ReadOnly, TabularInline):
    """Items that will not be sent."""

    model = Cancellation
    fields = ("cancelled_at", "items", "reason", "restocked", "amount", "refund_amount")
    readonly_fields = ("items",)
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cancellation]:
        """With their lines."""
        rows: QuerySet[Cancellation] = super().get_queryset(request)
        return rows.prefetch_related("lines__line")

    @admin.display(description=_("items"))
    def items(self, cancellation: Cancellation) -> str:
        """What was cancelled, and how many of each."""
        return ", ".join(str(each) for each in cancellation.lines.all())


class InvoiceInline(ReadOnly, TabularInline):
    """Invoices and credit notes."""

    model = Invoice
    fields = ("number", "kind", "amount", "issued_at")
    extra = 0


@admin.register(Order)
class OrderAdmin(ReadOnly, DeedsAdmin):
    """Orders, found by number, shopper, or the fingerprint of the session that placed them."""

    list_display = (
        "number", "placed_at", "email", "storefront", "status", "payment_status",
        "fulfilment_status", "total", "currency",
    )  # fmt: skip
    list_filter = (
        "status",
        "payment_status",
        "fulfilment_status",
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
    inlines = (
        OrderLineInline, OrderDiscountInline, OrderTaxInline, PaymentInline, FulfilmentInline,
        CancellationInline, ReturnInline, InvoiceInline,
    )  # fmt: skip
    readonly_fields = ("mails", "history", "anomalies")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "number", "status", "fulfilment_status", "placed_at", "storefront", "language",
                )
            },
        ),
        (
            _("Shopper"),
            {"fields": ("customer", "email", "phone", "session_fingerprint")},
        ),
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
                    "shipping_price", "discount_total", "tax_total", "total", "cancelled_total",
                    "waived_total", "refunded_total",
                )
            },
        ),
        (_("What happened"), {"fields": ("anomalies", "history", "mails")}),
    )  # fmt: skip

    @admin.display(description=_("audit trail"))
    def history(self, order: Order) -> SafeString:
        """Every step from the cart to now: who, how identified, from where."""
        entries = Entry.objects.filter(trail=order.trail).order_by("seq")[:ENTRIES_SHOWN]
        head = format_html_join(
            "",
            '<th scope="col">{}</th>',
            ((capfirst(str(label_for_field(name, Entry))),) for name in ENTRY_COLUMNS),
        )
        rows = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            (
                (
                    date_format(localtime(each.at), "SHORT_DATETIME_FORMAT"),
                    each.action,
                    f"{each.kind} {f'#{each.customer_id}' if each.customer_id else ''}",
                    each.how,
                    each.channel,
                    each.storefront,
                )
                for each in entries
            ),
        )
        return format_html(
            '<div class="overflow-x-auto"><table class="exchange-table">'
            "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
            '<p><a class="underline" href="{}">{}</a></p>',
            head,
            rows,
            trail_url(order.trail),
            gettext("All of it"),
        )

    @admin.display(description=_("mails"))
    def mails(self, order: Order) -> SafeString:
        """What the shopper was told."""
        return format_html_join(
            "",
            '<p><a href="{}">{}</a> · {}</p>',
            (
                (
                    reverse("admin:mailing_outgoingmail_change", args=[mail.pk]),
                    mail.subject,
                    mail.get_state_display(),
                )
                for mail in of_order(order)
            ),
        )

    @admin.display(description=_("anomalies"))
    def anomalies(self, order: Order) -> SafeString | str:
        """What an audit has found, and what became of that."""
        found: Any = order.anomalies.all()
        if not found:
            return gettext("None found.")
        return format_html_join(
            "",
            '<p><a href="{}">{}</a>: {} {}</p>',
            (
                (
                    reverse("admin:auditing_anomaly_change", args=[each.pk]),
                    each.get_kind_display(),
                    each.message,
                    each.note,
                )
                for each in found
            ),
        )


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
