"""Orders and their lines, frozen at the moment of buying."""

import secrets
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Round
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from carts.models import Cart, new_trail
from orders.models.addresses import Address
from shop.catalogue.models import Variant
from shop.storefronts.models import Storefront

ZERO = Decimal("0.00")


def new_token() -> str:
    """An unguessable name for an order, on the web or in the API (128 bits)."""
    return secrets.token_urlsafe(16)


class Order(Address):
    """One purchase. `token` is its public address; `number` is what people say on the phone.

    `public_id` names it in the Store API, whose storefronts show it: it opens no page of the web.
    `checkout_key` is the idempotency key of the checkout: a repeated POST finds the order it
    made. `session_fingerprint` names the shopper's session for operators without giving it away.
    `trail` names its audit log, which was its cart's. The inherited address is where the parcel
    goes. The three statuses move as `orders.states` allows, and only `orders.lifecycle` and what
    builds on it move them.

    Money, in `currency`: `items_subtotal` is what the lines cost before discounts,
    `shipping_price` what delivery costs before its discount and `shipping_total` after it,
    `discount_total` all discounts together. `tax_total` is contained in `total` where
    `tax_included`, else it was added. All that stays as it was bought; `cancelled_total` is what
    the items were worth that were cancelled singly since, and `waived_total` the part of it that
    was never paid, because they were cancelled before.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting for payment")
        PLACED = "placed", _("Placed")
        FULFILLED = "fulfilled", _("Fulfilled")
        CANCELLED = "cancelled", _("Cancelled")
        RETURNED = "returned", _("Returned")

    class PaymentStatus(models.TextChoices):
        AWAITING = "awaiting", _("Not paid yet")
        AUTHORIZED = "authorized", _("Authorised")
        PAID = "paid", _("Paid")
        PARTIALLY_REFUNDED = "partially_refunded", _("Partly refunded")
        REFUNDED = "refunded", _("Refunded")
        FAILED = "failed", _("Payment failed")
        CANCELLED = "cancelled", _("Payment cancelled")

    class FulfilmentStatus(models.TextChoices):
        UNFULFILLED = "unfulfilled", _("Not sent yet")
        PARTIAL = "partial", _("Partly sent")
        FULFILLED = "fulfilled", _("Sent")
        RETURNED = "returned", _("Came back")

    class PaymentMethod(models.TextChoices):
        """Names of the ways to pay; which of them are offered is `orders.payment`'s to say."""

        ON_DELIVERY = "on-delivery", _("Pay on delivery")
        BANK_TRANSFER = "bank-transfer", _("Bank transfer")
        SANDBOX = "sandbox", _("Sandbox Pay")
        STRIPE = "stripe", _("Card")

    class CancelReason(models.TextChoices):
        EXPIRED = "expired", _("It was not paid in time")
        ABANDONED = "abandoned", _("The shopper went back to the cart")
        SOLD_OUT = "sold-out", _("It was paid after its time, and the goods were gone")
        STAFF = "staff", _("Cancelled by the shop")
        REQUESTED = "requested", _("Cancelled at the customer's request")

    number = models.CharField(_("number"), max_length=20, unique=True)
    token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    public_id = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    checkout_key = models.CharField(max_length=64, unique=True, editable=False)
    session_fingerprint = models.CharField(
        _("session fingerprint"), max_length=16, blank=True, editable=False
    )
    trail = models.CharField(max_length=32, unique=True, default=new_trail, editable=False)
    cart = models.ForeignKey(
        Cart,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="orders",
        editable=False,
        verbose_name=_("cart"),
    )
    storefront = models.ForeignKey(
        Storefront, models.PROTECT, related_name="orders", verbose_name=_("ordered on")
    )
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("customer"),
        help_text=_("Empty for a guest."),
    )
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.PLACED)
    payment_status = models.CharField(
        _("payment"), max_length=20, choices=PaymentStatus, default=PaymentStatus.AWAITING
    )
    fulfilment_status = models.CharField(
        _("fulfilment"), max_length=20, choices=FulfilmentStatus, default="unfulfilled"
    )
    cancel_reason = models.CharField(
        _("why cancelled"), max_length=20, choices=CancelReason, blank=True
    )
    site_url = models.CharField(
        max_length=300,
        blank=True,
        editable=False,
        help_text=_("Scheme and host of the site it was placed on, for links in its mails."),
    )
    language = models.CharField(_("language"), max_length=12, default=settings.LANGUAGE_CODE)
    email = models.EmailField(_("e-mail"))
    shipping_method = models.CharField(_("shipping method"), max_length=40, blank=True)
    shipping_method_name = models.CharField(_("shipping method"), max_length=80)
    payment_method = models.CharField(_("payment method"), max_length=40, choices=PaymentMethod)
    currency = models.CharField(_("currency"), max_length=3)
    items_subtotal = models.DecimalField(_("items"), max_digits=14, decimal_places=2)
    discount_total = models.DecimalField(
        _("discounts"), max_digits=14, decimal_places=2, default=ZERO
    )
    shipping_price = models.DecimalField(
        _("shipping before discounts"), max_digits=14, decimal_places=2
    )
    shipping_total = models.DecimalField(_("shipping"), max_digits=14, decimal_places=2)
    tax_total = models.DecimalField(_("tax"), max_digits=14, decimal_places=2, default=ZERO)
    tax_included = models.BooleanField(_("tax is in the prices"), default=True)
    total = models.DecimalField(_("total"), max_digits=14, decimal_places=2)
    refunded_total = models.DecimalField(
        _("refunded"), max_digits=14, decimal_places=2, default=ZERO
    )
    cancelled_total = models.DecimalField(
        _("worth of cancelled items"), max_digits=14, decimal_places=2, default=ZERO
    )
    waived_total = models.DecimalField(
        _("of which never paid"), max_digits=14, decimal_places=2, default=ZERO
    )
    placed_at = models.DateTimeField(_("placed"), default=timezone.now)
    expires_at = models.DateTimeField(
        _("to be paid until"),
        null=True,
        blank=True,
        help_text=_("Set while the goods are held for a payment that has not come yet."),
    )
    consent_at = models.DateTimeField(_("agreed to the terms"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ("-placed_at", "-pk")
        permissions = (
            ("capture_payment", _("Can collect payments and mark orders as paid")),
            ("fulfil_order", _("Can send parcels")),
            ("refund_order", _("Can pay back money")),
            ("cancel_order", _("Can cancel orders")),
            ("receive_return", _("Can receive and refuse returns")),
        )
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    Q(tax_included=True),
                    total=Round(F("items_subtotal") + F("shipping_price") - F("discount_total"), 2),
                )
                | Q(
                    Q(tax_included=False),
                    total=Round(
                        F("items_subtotal")
                        + F("shipping_price")
                        - F("discount_total")
                        + F("tax_total"),
                        2,
                    ),
                ),
                name="order_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(discount_total__gte=0, tax_total__gte=0, total__gte=0)
                & Q(shipping_total__gte=0, shipping_total__lte=F("shipping_price")),
                name="order_money_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(
                    refunded_total__gte=0,
                    refunded_total__lte=Round(F("total") - F("waived_total"), 2),
                ),
                name="order_refund_within_total",
            ),
            models.CheckConstraint(
                condition=Q(waived_total__gte=0, waived_total__lte=F("cancelled_total"))
                & Q(cancelled_total__lte=F("total")),
                name="order_cancelled_within_total",
            ),
            models.CheckConstraint(
                condition=Q(status="pending", expires_at__isnull=False) | ~Q(status="pending"),
                name="order_pending_expires",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(status="pending"), name="order_pending_expiry"
            ),
            # Whose a guest's orders are: asked for at each sign-up, export and erasure.
            models.Index(Lower("email"), name="order_email_in_lower_case"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def shipping_discount(self) -> Decimal:
        """What is taken off the delivery's price."""
        return self.shipping_price - self.shipping_total

    @property
    def items_discount(self) -> Decimal:
        """What is taken off the items' price."""
        return self.discount_total - self.shipping_discount

    @property
    def items_total(self) -> Decimal:
        """What the items cost after their discounts: the sum of the lines' totals."""
        return self.items_subtotal - self.items_discount

    @property
    def payable(self) -> Decimal:
        """What is to be paid for it, or was."""
        return self.total - self.waived_total

    @property
    def remaining_total(self) -> Decimal:
        """What it comes to without the items that were cancelled."""
        return self.total - self.cancelled_total


class OrderLine(models.Model):
    """One line as it was bought: names and prices are copies and never change.

    `tax_rate` is a part of the price as `shop.pricing` gives it (`Tax.rate`). `tax` belongs to
    `total`: contained in it or to be added, as the order's `tax_included` says.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    variant = models.ForeignKey(Variant, models.SET_NULL, null=True, blank=True, related_name="+")
    storefront = models.ForeignKey(
        Storefront, models.PROTECT, related_name="+", verbose_name=_("put in on")
    )
    product_title = models.CharField(_("product"), max_length=255)
    product_slug = models.CharField(max_length=255)
    variant_title = models.CharField(_("variant"), max_length=800, blank=True)
    sku = models.CharField(_("SKU"), max_length=255, blank=True)
    unit_price = models.DecimalField(_("unit price"), max_digits=12, decimal_places=2)
    compare_at = models.DecimalField(
        _("price before the sale"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    quantity = models.PositiveSmallIntegerField(_("quantity"))
    discount_total = models.DecimalField(
        _("discounts"), max_digits=14, decimal_places=2, default=ZERO
    )
    tax_rate = models.DecimalField(_("tax rate"), max_digits=7, decimal_places=4, default=0)
    tax = models.DecimalField(_("tax"), max_digits=14, decimal_places=2, default=ZERO)
    total = models.DecimalField(_("total"), max_digits=14, decimal_places=2)
    fulfilled_quantity = models.PositiveSmallIntegerField(_("sent"), default=0)
    cancelled_quantity = models.PositiveSmallIntegerField(_("cancelled"), default=0)
    returned_quantity = models.PositiveSmallIntegerField(_("came back"), default=0)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gte=1), name="order_line_quantity_positive"
            ),
            models.CheckConstraint(
                condition=Q(
                    total=Round(F("unit_price") * F("quantity") - F("discount_total"), 2),
                    discount_total__gte=0,
                    total__gte=0,
                    tax__gte=0,
                ),
                name="order_line_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("fulfilled_quantity") + F("cancelled_quantity")),
                name="order_line_sent_or_cancelled",
            ),
            models.CheckConstraint(
                condition=Q(
                    fulfilled_quantity__lte=F("quantity"),
                    returned_quantity__lte=F("fulfilled_quantity"),
                ),
                name="order_line_sent_before_returned",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product_title}"

    @property
    def subtotal(self) -> Decimal:
        """What it cost before discounts."""
        return self.unit_price * self.quantity

    @property
    def unfulfilled_quantity(self) -> int:
        """How many are still to be sent."""
        return self.quantity - self.fulfilled_quantity - self.cancelled_quantity

    @property
    def undone_quantity(self) -> int:
        """Of how many the sale was undone: they came back, or were cancelled."""
        return self.returned_quantity + self.cancelled_quantity


class OrderDiscount(models.Model):
    """What one promotion took off an order, its delivery included.

    `promotion_id` is the promotion's key in `shop.pricing`, as it was then; it may be gone.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="discounts")
    promotion_id = models.BigIntegerField(null=True, blank=True, editable=False)
    code = models.CharField(_("voucher code"), max_length=64, blank=True)
    name = models.CharField(_("name"), max_length=200)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)

    class Meta:
        verbose_name = _("discount")
        verbose_name_plural = _("discounts")
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="order_discount_positive")
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.amount}"


class OrderTax(models.Model):
    """The tax of an order at one rate: `amount` on `base`."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="taxes")
    rate = models.DecimalField(_("rate"), max_digits=7, decimal_places=4)
    name = models.CharField(_("name"), max_length=80)
    base = models.DecimalField(_("on"), max_digits=14, decimal_places=2)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)

    class Meta:
        verbose_name = _("tax")
        verbose_name_plural = _("taxes")
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(rate__gte=0, base__gte=0, amount__gte=0),
                name="order_tax_not_negative",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.amount}"
