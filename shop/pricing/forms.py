"""Forms of the admin, where staff say what an offer is worth and to whom."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from shop.pricing.models import Promotion, QuantityBreak, StorefrontPrice, Voucher
from shop.pricing.models.promotions import CODE_LENGTH, normal_code
from shop.pricing.price_list import PriceList
from shop.translated.forms import TranslationsForm, with_translations

Kind = Promotion.Kind

NEEDED: dict[str, tuple[str, ...]] = {
    Kind.PERCENTAGE: ("percent",),
    Kind.FIXED: ("amount",),
    Kind.FREE_SHIPPING: (),
    Kind.BUY_GET: ("buy_quantity", "get_quantity", "percent"),
}
"""What an offer of each kind has to say; of the fields that say how much, the others are empty."""
OPTIONAL: dict[str, tuple[str, ...]] = {Kind.FREE_SHIPPING: ("amount",)}
HOW_MUCH = ("percent", "amount", "buy_quantity", "get_quantity")


class LimitedForm(forms.ModelForm):  # type: ignore[type-arg]
    """What may be limited in time and number."""

    def clean(self) -> dict[str, Any]:
        """Say at the field what does not fit."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        starts, ends = cleaned.get("starts_at"), cleaned.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", _("It has to end after it starts."))
        limit = cleaned.get("usage_limit")
        if limit is not None and limit < self.instance.used:
            told = _("It was used %(used)d times already. To end it, switch it off.")
            self.add_error("usage_limit", told % {"used": self.instance.used})
        return cleaned


@with_translations
class PromotionForm(TranslationsForm, LimitedForm):
    """An offer. Asks for what its kind needs, and refuses what would have no meaning."""

    translated = ("name",)

    class Meta:
        model = Promotion
        fields = (
            "name", "kind", "percent", "amount", "buy_quantity", "get_quantity", "automatic",
            "is_active", "combinable", "priority", "minimum_total", "categories", "products",
            "storefronts", "groups", "starts_at", "ends_at", "usage_limit",
            "usage_limit_per_customer",
        )  # fmt: skip
        widgets = {"storefronts": UnfoldAdminCheckboxSelectMultipleWidget}

    def clean(self) -> dict[str, Any]:
        """Check what is said against the kind."""
        cleaned = super().clean()
        kind = cleaned.get("kind")
        if kind not in NEEDED:
            return cleaned
        for name in HOW_MUCH:
            value = cleaned.get(name)
            if name in NEEDED[kind]:
                if value is None and name not in self.errors:
                    self.add_error(name, _("An offer of this kind has to say it."))
            elif name not in OPTIONAL.get(kind, ()) and value is not None:
                self.add_error(name, _("It has no meaning for this kind: please empty it."))
        return cleaned


class VoucherForm(LimitedForm):
    """A code, written as it is stored."""

    class Meta:
        model = Voucher
        fields = (
            "code", "promotion", "is_active", "starts_at", "ends_at", "usage_limit",
            "usage_limit_per_customer",
        )  # fmt: skip

    def clean_code(self) -> str:
        """Capitals without blanks, as shoppers' codes are looked up."""
        code = normal_code(self.cleaned_data["code"])
        if not code:
            raise forms.ValidationError(_("A code needs letters or digits."))
        if len(code) > CODE_LENGTH:
            raise forms.ValidationError(
                _("A code has at most %(most)d characters.") % {"most": CODE_LENGTH}
            )
        return code

    def clean_promotion(self) -> Promotion:
        """A code for what everybody gets anyway would only confuse."""
        promotion: Promotion = self.cleaned_data["promotion"]
        if promotion.automatic:
            raise forms.ValidationError(
                _("“%(offer)s” is automatic: everybody gets it without a code.")
                % {"offer": promotion}
            )
        return promotion


class StorefrontPriceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A variant's price on one storefront, which has to sell it."""

    class Meta:
        model = StorefrontPrice
        fields = ("variant", "storefront", "price", "compare_at_price")

    def clean(self) -> dict[str, Any]:
        """Refuse a price that nobody will ever see."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        variant, storefront = cleaned.get("variant"), cleaned.get("storefront")
        if variant and storefront and not storefront.is_main:
            sells = variant.product.storefronts.filter(pk=storefront.pk).exists()
            if not sells:
                told = _("“%(item)s” is not sold at %(storefront)s.")
                self.add_error("storefront", told % {"item": variant, "storefront": storefront})
        return cleaned


class QuantityBreakForm(forms.ModelForm):  # type: ignore[type-arg]
    """A price for many, which has to be lower than the price of one."""

    class Meta:
        model = QuantityBreak
        fields = ("variant", "storefront", "minimum", "price")

    def clean(self) -> dict[str, Any]:
        """Refuse a price that never holds, since nobody pays more for taking more."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        variant, storefront = cleaned.get("variant"), cleaned.get("storefront")
        price = cleaned.get("price")
        if variant is None or price is None:
            return cleaned
        single = variant.price
        if storefront is not None:
            single = PriceList.of([variant]).of_one(variant, storefront).price
        if price >= single:
            told = _("A single one costs %(price)s: this has to be lower.")
            self.add_error("price", told % {"price": single})
        return cleaned
