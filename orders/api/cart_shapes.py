"""What the Store API takes and tells about carts, field by field."""

from typing import Any

from rest_framework import serializers

from accounts.api.shapes import PostalAddress, Region

MANY = 100
"""The most entries of a list that one call may send."""


class Totals(serializers.Serializer[Any]):
    """Money in major units. `…subtotal`: without tax and before discounts."""

    subtotal = serializers.FloatField()
    total = serializers.FloatField()
    tax_total = serializers.FloatField()
    discount_subtotal = serializers.FloatField()
    discount_total = serializers.FloatField()
    original_subtotal = serializers.FloatField()
    original_total = serializers.FloatField()
    original_tax_total = serializers.FloatField()


class ItemImage(serializers.Serializer[Any]):
    """A picture."""

    id = serializers.CharField()
    url = serializers.CharField()


class ItemProduct(serializers.Serializer[Any]):
    """What a line is of."""

    id = serializers.CharField()
    title = serializers.CharField()
    handle = serializers.CharField()
    thumbnail = serializers.CharField(allow_null=True)
    images = ItemImage(many=True)


class ItemVariant(serializers.Serializer[Any]):
    """What exactly a line is of."""

    id = serializers.CharField()
    title = serializers.CharField()
    sku = serializers.CharField(allow_null=True)
    manage_inventory = serializers.BooleanField()
    allow_backorder = serializers.BooleanField()
    inventory_quantity = serializers.IntegerField(allow_null=True)
    product_id = serializers.CharField()
    product = ItemProduct()


class ItemMetadata(serializers.Serializer[Any]):
    """What this shop adds to a line."""

    storefront = serializers.CharField(help_text="Where it was put in.")
    problem = serializers.CharField(
        allow_null=True, help_text="Why it cannot be ordered as it stands."
    )


class Line(Totals):
    """What a line of a cart and one of an order have in common."""

    id = serializers.CharField()
    title = serializers.CharField()
    subtitle = serializers.CharField(allow_blank=True)
    thumbnail = serializers.CharField(allow_null=True)
    quantity = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    product_title = serializers.CharField()
    product_handle = serializers.CharField()
    variant_sku = serializers.CharField(allow_null=True)
    variant_title = serializers.CharField(allow_blank=True)
    is_tax_inclusive = serializers.BooleanField()
    unit_price = serializers.FloatField()
    compare_at_unit_price = serializers.FloatField(allow_null=True)


class Item(Line):
    """A line of a cart."""

    cart_id = serializers.CharField()
    product_id = serializers.CharField()
    variant_id = serializers.CharField()
    variant = ItemVariant()
    requires_shipping = serializers.BooleanField()
    is_discountable = serializers.BooleanField()
    metadata = ItemMetadata()


class ApplicationMethod(serializers.Serializer[Any]):
    """What a promotion takes off this cart now."""

    type = serializers.CharField(help_text="`fixed`.")
    value = serializers.FloatField()
    currency_code = serializers.CharField()


class CartPromotion(serializers.Serializer[Any]):
    """What takes something off, or a code that counts for nothing now."""

    id = serializers.CharField()
    code = serializers.CharField(help_text="Of one that needs no code: its name.")
    is_automatic = serializers.BooleanField()
    application_method = ApplicationMethod()


class Delivery(Totals):
    """The way of delivery."""

    id = serializers.CharField()
    name = serializers.CharField()
    amount = serializers.FloatField()
    is_tax_inclusive = serializers.BooleanField()


class CartDelivery(Delivery):
    """The chosen way of delivery."""

    cart_id = serializers.CharField()
    shipping_option_id = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]  # Serializer.data, to type checkers


class PaymentSession(serializers.Serializer[Any]):
    """A way to pay that was chosen."""

    id = serializers.CharField()
    provider_id = serializers.CharField()
    status = serializers.CharField()
    amount = serializers.FloatField()
    currency_code = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]  # Serializer.data, to type checkers


class PaymentCollection(serializers.Serializer[Any]):
    """How a cart will be paid."""

    id = serializers.CharField()
    status = serializers.CharField()
    currency_code = serializers.CharField()
    amount = serializers.FloatField()
    payment_sessions = PaymentSession(many=True)


class CartMetadata(serializers.Serializer[Any]):
    """What this shop adds to a cart: sentences for the shopper, and whether they agreed."""

    notices = serializers.ListField(
        child=serializers.CharField(), help_text="What changed without their doing."
    )
    problems = serializers.ListField(
        child=serializers.CharField(), help_text="What keeps it from being ordered."
    )
    terms_accepted = serializers.BooleanField(help_text="As the storefront said.")


class SplitTotals(Totals):
    """The totals, and how much of each is goods, and how much delivery."""

    gift_card_total = serializers.FloatField()
    gift_card_tax_total = serializers.FloatField()
    item_subtotal = serializers.FloatField()
    item_total = serializers.FloatField()
    item_tax_total = serializers.FloatField()
    item_discount_subtotal = serializers.FloatField()
    item_discount_total = serializers.FloatField()
    original_item_subtotal = serializers.FloatField()
    original_item_total = serializers.FloatField()
    original_item_tax_total = serializers.FloatField()
    shipping_subtotal = serializers.FloatField()
    shipping_total = serializers.FloatField()
    shipping_tax_total = serializers.FloatField()
    shipping_discount_subtotal = serializers.FloatField()
    shipping_discount_total = serializers.FloatField()
    original_shipping_subtotal = serializers.FloatField()
    original_shipping_total = serializers.FloatField()
    original_shipping_tax_total = serializers.FloatField()


class Cart(SplitTotals):
    """A cart. Its id is a secret: who knows a guest's has the cart."""

    id = serializers.CharField()
    region_id = serializers.CharField()
    region = Region()
    currency_code = serializers.CharField()
    locale = serializers.CharField()
    email = serializers.CharField(allow_null=True)
    customer_id = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True, help_text="Null: a cart is open.")
    items = Item(many=True)
    promotions = CartPromotion(many=True)
    shipping_address = PostalAddress(allow_null=True)
    billing_address = PostalAddress(allow_null=True)
    shipping_methods = CartDelivery(many=True)
    payment_collection = PaymentCollection(allow_null=True)
    gift_cards = serializers.ListField(help_text="Always empty.")
    metadata = CartMetadata()


class OneCart(serializers.Serializer[Any]):
    """A cart."""

    cart = Cart()


class ItemGone(serializers.Serializer[Any]):
    """A line that was taken out."""

    id = serializers.CharField()
    object = serializers.CharField()
    deleted = serializers.BooleanField()
    parent = Cart()


class OptionRule(serializers.Serializer[Any]):
    """From which total of the items on a price holds."""

    attribute = serializers.CharField(help_text="`item_total`.")
    operator = serializers.CharField(help_text="`gte`.")
    value = serializers.CharField()


class OptionPrice(serializers.Serializer[Any]):
    """What a way of delivery costs, if its rules are met; the last one that is holds."""

    id = serializers.CharField()
    amount = serializers.FloatField()
    currency_code = serializers.CharField()
    price_rules = OptionRule(many=True)


class OptionAmount(serializers.Serializer[Any]):
    """What a way of delivery costs for this cart."""

    calculated_amount = serializers.FloatField()
    original_amount = serializers.FloatField()
    currency_code = serializers.CharField()
    is_calculated_price_tax_inclusive = serializers.BooleanField()


class OptionLocation(serializers.Serializer[Any]):
    """Where things are fetched."""

    address = serializers.CharField(allow_null=True, help_text="Null: everything is sent.")


class OptionSet(serializers.Serializer[Any]):
    """What kind of delivery it is."""

    type = serializers.CharField(help_text="`shipping`.")
    location = OptionLocation()


class OptionZone(serializers.Serializer[Any]):
    """Where it goes from."""

    fulfillment_set = OptionSet()


class ShippingOption(serializers.Serializer[Any]):
    """A way of delivery that takes the cart to where it goes."""

    id = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    price_type = serializers.CharField(help_text="`flat`.")
    amount = serializers.FloatField()
    is_tax_inclusive = serializers.BooleanField()
    insufficient_inventory = serializers.BooleanField()
    prices = OptionPrice(many=True)
    calculated_price = OptionAmount()
    service_zone = OptionZone()
    data = serializers.DictField()  # type: ignore[assignment]  # Serializer.data, to type checkers


class Options(serializers.Serializer[Any]):
    """Ways of delivery."""

    shipping_options = ShippingOption(many=True)


class OneOption(serializers.Serializer[Any]):
    """A way of delivery."""

    shipping_option = ShippingOption()


class Body(serializers.Serializer[Any]):
    """What a call sends. Null says nothing; what nobody knows is not looked at."""

    def to_internal_value(self, data: Any) -> Any:
        """Read it without what is null."""
        if isinstance(data, dict):
            data = {name: value for name, value in data.items() if value is not None}
        return super().to_internal_value(data)


class CartAddressIn(Body):
    """A postal address, held to what the web's checkout asks for, in its words."""

    first_name = serializers.CharField(max_length=150, allow_blank=True)
    last_name = serializers.CharField(max_length=150, allow_blank=True)
    company = serializers.CharField(max_length=150, required=False, allow_blank=True)
    address_1 = serializers.CharField(max_length=200, allow_blank=True)
    address_2 = serializers.CharField(max_length=200, required=False, allow_blank=True)
    city = serializers.CharField(max_length=120, allow_blank=True)
    postal_code = serializers.CharField(max_length=20, required=False, allow_blank=True)
    province = serializers.CharField(max_length=120, required=False, allow_blank=True)
    country_code = serializers.CharField(max_length=2)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)


class Codes(Body):
    """Voucher codes."""

    promo_codes = serializers.ListField(
        child=serializers.CharField(max_length=100, allow_null=True), max_length=MANY
    )


class YesOrNo(serializers.BooleanField):
    """true or false, and nothing that may be read as one of them: it is somebody's consent."""

    def to_internal_value(self, data: Any) -> bool:
        """Take it as it is."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class CartMetadataIn(Body):
    """What storefronts may tell about a cart beside the format's own fields."""

    terms_accepted = YesOrNo(
        required=False, help_text="Whether the shopper agreed to the terms of sale shown to them."
    )


class CartChange(Body):
    """What is to be changed. `promo_codes` take the place of all that are there."""

    region_id = serializers.CharField(max_length=40, required=False)
    email = serializers.CharField(max_length=254, required=False)
    shipping_address = CartAddressIn(required=False)
    billing_address = CartAddressIn(required=False)
    promo_codes = serializers.ListField(
        child=serializers.CharField(max_length=100, allow_null=True),
        max_length=MANY,
        required=False,
    )
    metadata = CartMetadataIn(required=False)


class Quantity(Body):
    """How many."""

    quantity = serializers.IntegerField(help_text="0 takes the line out.")


class ItemIn(Body):
    """What is put in."""

    variant_id = serializers.CharField(max_length=40)
    quantity = serializers.IntegerField()


class CartIn(CartChange):
    """What a cart begins with."""

    items = ItemIn(many=True, required=False, max_length=MANY)  # type: ignore[call-arg]  # for many=True


class CartName(Body):
    """Which cart."""

    cart_id = serializers.CharField(max_length=60)


class Choice(Body):
    """Which way of delivery."""

    option_id = serializers.CharField(max_length=40)
