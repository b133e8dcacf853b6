"""What was ordered and not paid goes back into the cart."""

from carts.models import MAX_LINES, MAX_QUANTITY, Cart, CartLine
from orders.models import Address, Checkout, Order
from shop.audit import trail
from shop.audit.actors import Actor


def put_into_cart(order: Order, cart: Cart, *, by: Actor) -> None:
    """Put an order's lines and voucher codes into a cart, beside what is there.

    cart: locked by the caller. What exceeds its limits stays out; what is not to be had any more,
    the cart's page says.
    """
    held = {(line.variant_id, line.storefront_id): line for line in cart.lines.all()}
    grown: list[CartLine] = []
    fresh: list[CartLine] = []
    for line in order.lines.exclude(variant=None):
        assert line.variant_id is not None  # noqa: S101 (excluded above)
        there = held.get((line.variant_id, line.storefront_id))
        if there is not None:
            there.quantity = min(there.quantity + line.quantity, MAX_QUANTITY)
            grown.append(there)
        elif len(held) < MAX_LINES:
            made = CartLine(
                cart=cart,
                variant_id=line.variant_id,
                storefront_id=line.storefront_id,
                quantity=min(line.quantity, MAX_QUANTITY),
                # What they agreed to: if it costs something else by now, the cart says so.
                seen_price=line.unit_price,
            )
            held[line.variant_id, line.storefront_id] = made
            fresh.append(made)
    CartLine.objects.bulk_update(grown, ["quantity"])
    CartLine.objects.bulk_create(fresh)
    codes = [discount.code for discount in order.discounts.all() if discount.code]
    cart.codes = list(dict.fromkeys([*cart.codes, *codes]))
    cart.save(update_fields=["codes", "updated_at"])
    trail.record(cart.trail, "cart.lines_returned", by, order=order.number)
    if order.cart_id == cart.pk:
        _enter_again(order, cart)


def _enter_again(order: Order, cart: Cart) -> None:
    """What was entered for an order need not be typed again, in the cart that it came from.

    It is shown to who ordered, and to nobody else (`orders.checkout.entries`).
    """
    billing = getattr(order, "billing_address", None)
    names = [field.name for field in Address._meta.local_fields]
    Checkout.objects.get_or_create(
        cart=cart,
        defaults={
            **{name: getattr(order, name) for name in names},
            "customer_id": order.customer_id,
            "email": order.email,
            "billing": {name: getattr(billing, name) for name in names} if billing else {},
            "shipping_method": order.shipping_method,
            "payment_method": order.payment_method,
        },
    )
