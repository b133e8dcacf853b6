"""What the Store API takes and tells about payment and orders, field by field."""

from typing import Any

from rest_framework import serializers

from accounts.api.shapes import PostalAddress
from orders.api.cart_shapes import (
    Cart,
    Delivery,
    ItemVariant,
    Line,
    PaymentCollection,
    SplitTotals,
)
from shop.api.base.shapes import Page

LONGEST_KEY = 200
"""Characters of a mailed token that are looked at."""


class PaymentProvider(serializers.Serializer[Any]):
    """A way to pay."""

    id = serializers.CharField(help_text="`pp_system_default` or `pp_stripe_stripe`.")
    is_enabled = serializers.BooleanField()


class PaymentProviders(Page):
    """The ways to pay."""

    payment_providers = PaymentProvider(many=True)


class PaymentCollectionIn(serializers.Serializer[Any]):
    """Which cart is to be paid."""

    cart_id = serializers.CharField(max_length=100)


class PaymentSessionIn(serializers.Serializer[Any]):
    """How it is to be paid."""

    provider_id = serializers.CharField(max_length=100)


class OnePaymentCollection(serializers.Serializer[Any]):
    """How a cart will be paid."""

    payment_collection = PaymentCollection()


class OrderItemMetadata(serializers.Serializer[Any]):
    """What this shop adds to a line."""

    storefront = serializers.CharField(help_text="Where it was put in.")
    cancelled_quantity = serializers.IntegerField(
        help_text="How many of `quantity` were cancelled since, and will not be sent."
    )


class OrderItem(Line):
    """A line as it was bought. `variant` is null where it is not sold any more."""

    product_id = serializers.CharField(allow_null=True)
    variant_id = serializers.CharField(allow_null=True)
    variant = ItemVariant(allow_null=True)
    metadata = OrderItemMetadata()


class OrderPayment(serializers.Serializer[Any]):
    """One attempt to pay."""

    id = serializers.CharField()
    provider_id = serializers.CharField()
    currency_code = serializers.CharField()
    amount = serializers.FloatField()
    created_at = serializers.DateTimeField()
    data = serializers.DictField(  # type: ignore[assignment]  # Serializer.data, to type checkers
        help_text="While it is open: `redirect_url`, where to pay, or `instructions`, how."
    )


class OrderPayments(serializers.Serializer[Any]):
    """How an order was paid, or will be."""

    id = serializers.CharField()
    status = serializers.CharField()
    currency_code = serializers.CharField()
    amount = serializers.FloatField()
    captured_amount = serializers.FloatField()
    refunded_amount = serializers.FloatField()
    payments = OrderPayment(many=True)


class OrderMetadata(serializers.Serializer[Any]):
    """What this shop adds to an order."""

    storefront = serializers.CharField(help_text="Where it was placed.")
    cancelled_total = serializers.FloatField(
        help_text="What items were worth that were cancelled since; `total` is as it was ordered."
    )


class Order(SplitTotals):
    """An order. Its id is a secret while it is a guest's."""

    id = serializers.CharField()
    display_id = serializers.IntegerField()
    custom_display_id = serializers.CharField(help_text="What people say on the phone.")
    status = serializers.CharField()
    payment_status = serializers.CharField()
    fulfillment_status = serializers.CharField()
    email = serializers.CharField()
    customer_id = serializers.CharField(allow_null=True)
    region_id = serializers.CharField()
    currency_code = serializers.CharField()
    locale = serializers.CharField()
    created_at = serializers.DateTimeField()
    canceled_at = serializers.DateTimeField(allow_null=True)
    items = OrderItem(many=True)
    shipping_address = PostalAddress()
    billing_address = PostalAddress()
    shipping_methods = Delivery(many=True)
    payment_collections = OrderPayments(many=True)
    metadata = OrderMetadata()


class OneOrder(serializers.Serializer[Any]):
    """An order."""

    order = Order()


class Orders(Page):
    """A page of orders."""

    orders = Order(many=True)


class WhyNot(serializers.Serializer[Any]):
    """Why a cart was not ordered. Show `message` to people."""

    name = serializers.CharField()
    type = serializers.CharField()
    message = serializers.CharField()


class Completion(serializers.Serializer[Any]):
    """`type` says which: an `order`, or the `cart` as it is now and an `error`."""

    type = serializers.ChoiceField(["order", "cart"])
    order = Order(required=False)
    cart = Cart(required=False)
    error = WhyNot(required=False)


class TransferToken(serializers.Serializer[Any]):
    """The token of a mailed link."""

    token = serializers.CharField(max_length=LONGEST_KEY)
