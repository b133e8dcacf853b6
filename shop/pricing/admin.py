"""Prices, taxes, offers and vouchers in the admin."""

import secrets
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from shop.audit.admin import ReadOnly, ShortReference
from shop.catalogue.models import Variant
from shop.pricing.forms import (
    PromotionForm,
    QuantityBreakForm,
    StorefrontPriceForm,
    VoucherForm,
)
from shop.pricing.models import (
    CustomerGroup,
    HomeCountry,
    ProductTax,
    Promotion,
    QuantityBreak,
    Redemption,
    StorefrontPrice,
    TaxClass,
    TaxRate,
    Voucher,
)
from shop.pricing.models.promotions import Limited
from shop.pricing.words import in_words
from shop.translated.fields import other_languages
from shop.translated.forms import names_in

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""What codes are made of: nothing that is read as something else."""
CODES_AT_ONCE = 20
STATES = {
    "running": "success",
    "planned": "info",
    "over": "warning",
    "used up": "warning",
    "off": "danger",
}
"""What can be said of an offer, with its colour: the further down, the longer it stays so."""


def _random_code() -> str:
    return "".join(secrets.choice(LETTERS) for _n in range(12))


def state_of(limited: Promotion | Voucher) -> tuple[str, str]:
    """Whether it counts now, as a key of STATES and in a word; a voucher only with its offer."""
    states = [_own_state_of(limited)]
    if isinstance(limited, Voucher):
        states.append(_own_state_of(limited.promotion))
    return max(states, key=lambda state: [*STATES].index(state[0]))


def _own_state_of(limited: Promotion | Voucher) -> tuple[str, str]:
    now = timezone.now()
    if not limited.is_active:
        return "off", _("switched off")
    if limited.starts_at is not None and now < limited.starts_at:
        return "planned", _("planned")
    if limited.ends_at is not None and now >= limited.ends_at:
        return "over", _("over")
    if limited.usage_limit is not None and limited.used >= limited.usage_limit:
        return "used up", _("used up")
    return "running", _("running")


def uses_of(limited: Limited) -> str:
    """How often it was used, and of how many times."""
    if limited.usage_limit is None:
        return str(limited.used)
    return _("%(used)d of %(limit)d") % {"used": limited.used, "limit": limited.usage_limit}


def may_see_customers(request: HttpRequest) -> bool:
    """Whether this member of staff may know who a customer is."""
    return request.user.has_perm("accounts.view_user")


class LimitedAdmin(ModelAdmin):
    """Shows whether something counts now, and how often it was used."""

    readonly_fields: tuple[str, ...] = ("uses",)

    @display(description=gettext_lazy("state"), label=STATES)  # type: ignore[untyped-decorator]
    def state(self, limited: Promotion | Voucher) -> tuple[str, str]:
        """Whether it counts now."""
        return state_of(limited)

    @admin.display(description=gettext_lazy("times used"), ordering="used")
    def uses(self, limited: Promotion | Voucher) -> str:
        """How often, and of how many times."""
        return uses_of(limited)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was used is a part of orders: it is switched off instead."""
        unused = obj is None or not obj.redemptions.exists()
        return unused and super().has_delete_permission(request, obj)


@admin.register(Promotion)
class PromotionAdmin(LimitedAdmin):
    """Offers, in words."""

    form = PromotionForm
    list_display = ("name", "words", "how", "state", "uses", "priority")
    list_filter = ("is_active", "automatic", "kind", "combinable", "storefronts")
    search_fields = ("name", "vouchers__code")
    autocomplete_fields = ("categories", "products", "groups")
    readonly_fields = ("words", "uses")
    actions = ("make_codes",)
    fieldsets = (
        (None, {"fields": ("name", "kind", "percent", "amount", "buy_quantity", "get_quantity")}),
        (
            gettext_lazy("Counts"),
            {"fields": ("is_active", "automatic", "combinable", "priority", "words", "uses")},
        ),
        (
            gettext_lazy("On what"),
            {
                "classes": ["tab"],
                "fields": ("categories", "products", "storefronts", "minimum_total"),
            },
        ),
        (
            gettext_lazy("For whom and when"),
            {
                "classes": ["tab"],
                "fields": (
                    "groups",
                    ("starts_at", "ends_at"),
                    ("usage_limit", "usage_limit_per_customer"),
                ),
            },
        ),
        *(
            (spoken, {"classes": ["tab"], "fields": names_in(language, "name")})
            for language, spoken in other_languages().items()
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Promotion]:
        """Offers with all that their words name."""
        offers: QuerySet[Promotion] = super().get_queryset(request)
        return offers.prefetch_related("categories", "products", "storefronts", "groups")

    @admin.display(description=gettext_lazy("in words"))
    def words(self, promotion: Promotion) -> str:
        """What it takes off, from what, for whom and when."""
        return in_words(promotion) if promotion.pk else "—"

    @admin.display(description=gettext_lazy("how"), ordering="automatic")
    def how(self, promotion: Promotion) -> str:
        """By itself, or by a code."""
        return _("automatic") if promotion.automatic else _("by code")

    @admin.action(
        description=gettext_lazy("Make 20 codes, each good for one order"), permissions=["code"]
    )
    def make_codes(self, request: HttpRequest, queryset: QuerySet[Promotion]) -> None:
        """Random codes, which nobody guesses; for a letter to customers."""
        for promotion in queryset:
            if promotion.automatic:
                told = _("“%(offer)s” is automatic: everybody gets it without a code.")
                self.message_user(request, told % {"offer": promotion}, messages.ERROR)
                continue
            codes = [
                "".join(secrets.choice(LETTERS) for _n in range(12)) for _m in range(CODES_AT_ONCE)
            ]
            with transaction.atomic():
                Voucher.objects.bulk_create(
                    Voucher(code=code, promotion=promotion, usage_limit=1) for code in codes
                )
            self.log_change(request, promotion, [{"added": {"name": "vouchers", "object": "20"}}])
            told = _("%(count)d codes for “%(offer)s”: %(codes)s")
            values = {"count": len(codes), "offer": promotion, "codes": ", ".join(codes)}
            self.message_user(request, told % values)

    def has_code_permission(self, request: HttpRequest) -> bool:
        """Who may add vouchers."""
        return request.user.has_perm("pricing.add_voucher")


@admin.register(Voucher)
class VoucherAdmin(LimitedAdmin):
    """Codes."""

    form = VoucherForm
    list_display = ("code", "promotion", "state", "uses", "ends_at")
    list_filter = ("is_active", "promotion")
    list_select_related = ("promotion",)
    search_fields = ("code", "promotion__name")
    autocomplete_fields = ("promotion",)


@admin.register(Redemption)
class RedemptionAdmin(ReadOnly, ShortReference, ModelAdmin):
    """Who used what; written by orders."""

    list_display = ("created_at", "promotion", "voucher", "amount", "customer", "order")
    list_filter = ("promotion", "created_at")
    list_select_related = ("promotion", "voucher", "customer")
    search_fields = (*ShortReference.search_fields, "=voucher__code", "customer__email")
    date_hierarchy = "created_at"

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Customers for those who may see them."""
        if may_see_customers(request):
            return self.list_display
        return tuple("somebody" if name == "customer" else name for name in self.list_display)

    def get_fields(self, request: HttpRequest, obj: Redemption | None = None) -> tuple[str, ...]:
        """What the list shows."""
        return self.get_list_display(request)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Nobody finds out by searching whose address it is."""
        if may_see_customers(request):
            return self.search_fields
        return tuple(name for name in self.search_fields if not name.startswith("customer"))

    @admin.display(description=gettext_lazy("customer"), ordering="customer_id")
    def somebody(self, redemption: Redemption) -> str | None:
        """The customer's address, masked."""
        return redemption.customer.masked_email if redemption.customer else None


@admin.register(CustomerGroup)
class CustomerGroupAdmin(ModelAdmin):
    """Groups of customers, and what they get."""

    list_display = ("name", "offers")
    search_fields = ("name",)
    autocomplete_fields = ("members",)
    readonly_fields = ("how_many",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[CustomerGroup]:
        """Groups with their offers."""
        groups: QuerySet[CustomerGroup] = super().get_queryset(request)
        return groups.annotate(size=Count("members")).prefetch_related("promotions")

    def get_fields(self, request: HttpRequest, obj: CustomerGroup | None = None) -> tuple[str, ...]:
        """Who may not see customers sees how many are in it."""
        return ("name", "members" if may_see_customers(request) else "how_many")

    @admin.display(description=gettext_lazy("members"))
    def how_many(self, group: CustomerGroup) -> int:
        """How many are in it; they are chosen by who may see customers."""
        return getattr(group, "size", 0)

    @admin.display(description=gettext_lazy("offers"))
    def offers(self, group: CustomerGroup) -> str:
        """The promotions that are theirs."""
        return ", ".join(str(each) for each in group.promotions.all()) or "—"


class TaxRateInline(TabularInline):
    """What each country takes of the class."""

    model = TaxRate
    fields = ("country", "rate", "name")
    extra = 0


@admin.register(TaxClass)
class TaxClassAdmin(ModelAdmin):
    """Tax classes, with their rates by country."""

    list_display = ("name", "slug", "is_default")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ["name"]}
    inlines = (TaxRateInline,)

    def has_delete_permission(self, request: HttpRequest, obj: TaxClass | None = None) -> bool:
        """The default class is what everything else is taxed by."""
        return (obj is None or not obj.is_default) and super().has_delete_permission(request, obj)


@admin.register(ProductTax)
class ProductTaxAdmin(ModelAdmin):
    """Products that are in another class than the default one."""

    list_display = ("product", "tax_class")
    list_filter = ("tax_class",)
    list_select_related = ("product", "tax_class")
    search_fields = ("product__title", "product__variants__sku")
    autocomplete_fields = ("product", "tax_class")


@admin.register(HomeCountry)
class HomeCountryAdmin(ModelAdmin):
    """Whose taxes a storefront shows before the shopper has said where it goes."""

    list_display = ("storefront", "country")
    list_select_related = ("storefront",)


@admin.register(Variant)
class VariantSearch(ModelAdmin):
    """Only to search for a price's variant: variants are changed with their product."""

    search_fields = ("sku", "product__title", "title", "barcode")
    list_select_related = ("product",)
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        """Variants with what they are called."""
        variants: QuerySet[Variant] = super().get_queryset(request)
        return variants.select_related("product")

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """Not in the sidebar."""
        return {}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """With the product."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Variant | None = None) -> bool:
        """With the product."""
        return False

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the product, whose page asks for the permission to delete what goes along."""
        raise PermissionDenied


@admin.register(StorefrontPrice)
class StorefrontPriceAdmin(ModelAdmin):
    """What variants cost where that is not their own price."""

    form = StorefrontPriceForm
    list_display = ("variant", "storefront", "price", "compare_at_price", "own_price")
    list_filter = ("storefront",)
    list_select_related = ("variant__product", "storefront")
    search_fields = ("variant__sku", "variant__product__title")
    autocomplete_fields = ("variant",)

    @admin.display(description=gettext_lazy("elsewhere"))
    def own_price(self, price: StorefrontPrice) -> str:
        """What the variant costs on the other storefronts."""
        return str(price.variant.price)


@admin.register(QuantityBreak)
class QuantityBreakAdmin(ModelAdmin):
    """What those pay who take more."""

    form = QuantityBreakForm
    list_display = ("variant", "storefront", "minimum", "price", "single")
    list_filter = ("storefront",)
    list_select_related = ("variant__product", "storefront")
    search_fields = ("variant__sku", "variant__product__title")
    autocomplete_fields = ("variant",)

    @admin.display(description=gettext_lazy("price of one"))
    def single(self, price: QuantityBreak) -> str:
        """What the variant's own price is."""
        return str(price.variant.price)
