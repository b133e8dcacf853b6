"""Everything that changes a cart, except two becoming one (carts.merging).

Each function is one transaction and begins by locking the holder's cart (see carts.holders), so
that what it writes cannot be lost to a merge that runs at the same time. A refusal is an exception
whose name says why (carts.refusals); it changes nothing. Every change is written to the cart's
audit trail in the same transaction; `by` is who makes it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from carts.holders import CartHolder, Holder, locked_cart, make_cart, new_public_id
from carts.models import MAX_CODES, MAX_LINES, MAX_QUANTITY, Cart, CartLine, FormerId, new_trail
from carts.refusals import (
    CartError,
    CartFull,
    NotEnoughStock,
    NothingToDiscount,
    NotSoldHere,
    QuantityOutOfRange,
    SoldOut,
    UnknownCart,
    UnknownLine,
    UnknownVariant,
    VoucherRefused,
)
from sessionsync.fingerprints import fingerprint
from shop.audit.actors import Actor
from shop.audit.trail import record
from shop.catalogue.models import Variant
from shop.catalogue.queries import is_sold_on
from shop.pricing.breakdown import Wanted
from shop.pricing.models.promotions import normal_code
from shop.pricing.services import price, unit_prices
from shop.storefronts.models import Storefront

__all__ = [
    "CartError", "CartFull", "NotEnoughStock", "NotSoldHere", "NothingToDiscount",
    "QuantityOutOfRange", "SoldOut", "UnknownCart", "UnknownLine", "UnknownVariant",
    "VoucherRefused", "add_line", "add_voucher", "change_line", "create_cart", "dismiss_notices",
    "hand_over", "remove", "remove_voucher",
]  # fmt: skip


@transaction.atomic
def create_cart(*, customer_id: int | None = None, by: Actor) -> Cart:
    """A cart to be named by its public id: a guest's new one, or the customer's only one.

    The customer's keeps the public id it has.
    """
    if customer_id is None:
        public_id = new_public_id()
        cart = Cart.objects.create(public_id=public_id)
        # The id is all that its owner will ever show, so it stands for them from the first entry.
        record(cart.trail, "cart.made", replace(by, session=by.session or fingerprint(public_id)))
        return cart
    cart = _cart_for(CartHolder(customer_id=customer_id), by)
    if cart.public_id is None:
        cart.public_id = new_public_id()
        cart.save(update_fields=["public_id", "updated_at"])
    return cart


@transaction.atomic
def add_line(
    holder: Holder, storefront: Storefront, variant_id: int, quantity: int, *, by: Actor
) -> CartLine:
    """Put so many more of a variant into the holder's cart, as chosen on this storefront.

    Returns the line, whose quantity is what it holds now. Raises UnknownVariant, NotSoldHere,
    QuantityOutOfRange, SoldOut, NotEnoughStock, CartFull, UnknownCart for a public id that leads
    nowhere, or sessionsync's SessionGone.
    """
    cart = _cart_for(holder, by)
    if not 1 <= quantity <= MAX_QUANTITY:
        raise QuantityOutOfRange
    variant = _published_variant(variant_id)
    if not is_sold_on(variant.product, storefront):
        raise NotSoldHere(variant, storefront)
    lines = list(cart.lines.select_related("variant", "storefront"))
    line = next(
        (x for x in lines if (x.variant_id, x.storefront_id) == (variant.pk, storefront.pk)),
        CartLine(cart=cart, storefront=storefront, quantity=0),
    )
    if line._state.adding and len(lines) >= MAX_LINES:
        raise CartFull
    _refuse_too_many(variant, in_cart=_held(lines, variant), more=quantity)
    line.variant = variant
    line.quantity += quantity
    line.save()
    same = [x for x in lines if x.variant_id == variant.pk and x.pk != line.pk]
    _remember_prices([*same, line])
    cart.save(update_fields=["updated_at"])
    _record(cart, "cart.line_added", by, line, added=quantity, quantity=line.quantity)
    return line


@transaction.atomic
def change_line(holder: Holder, line_id: int, quantity: int, *, by: Actor) -> CartLine:
    """Set a line's quantity; 0 removes it. The notices that the cart page showed are done with.

    Returns the line (without a primary key if it was removed). Raises UnknownLine,
    UnknownVariant, QuantityOutOfRange, SoldOut, NotEnoughStock, or sessionsync's SessionGone.
    """
    cart = locked_cart(holder)
    if cart is None:
        raise UnknownLine
    lines = list(cart.lines.select_related("variant__product", "storefront"))
    line = next((x for x in lines if x.pk == line_id), None)
    if line is None:
        raise UnknownLine
    before = line.quantity
    if quantity == 0:
        _record(cart, "cart.line_removed", by, line, before=before)
        line.delete()
        lines.remove(line)
    else:
        if not 1 <= quantity <= MAX_QUANTITY:
            raise QuantityOutOfRange
        if not line.variant.product.is_published:
            raise UnknownVariant
        elsewhere = _held(lines, line.variant) - before
        _refuse_too_many(line.variant, in_cart=elsewhere, more=quantity)
        line.quantity = quantity
        line.save(update_fields=["quantity"])
        _record(cart, "cart.line_changed", by, line, before=before, quantity=quantity)
    _remember_prices(lines)
    cart.notices = []
    cart.save(update_fields=["notices", "updated_at"])
    return line


def remove(holder: Holder, line_id: int, *, by: Actor) -> CartLine:
    """Take a line out of the cart. Raises UnknownLine, or sessionsync's SessionGone."""
    return change_line(holder, line_id, 0, by=by)


@transaction.atomic
def dismiss_notices(holder: Holder) -> None:
    """The shopper has read what the cart had to tell. Raises sessionsync's SessionGone."""
    cart = locked_cart(holder)
    if cart is not None:
        _remember_prices(list(cart.lines.select_related("variant", "storefront")))
        cart.notices = []
        cart.save(update_fields=["notices", "updated_at"])


@transaction.atomic
def add_voucher(
    holder: Holder, typed: str, *, storefront: Storefront, customer: User | None, by: Actor
) -> str:
    """Keep a voucher code with the cart, if it counts for what is in it now.

    storefront, customer: where it is typed, and who is signed in. Returns the code as it is
    written. Raises VoucherRefused, whose text says why, or sessionsync's SessionGone.
    """
    code = normal_code(typed)
    if not code:
        raise VoucherRefused(_("Please type the code first."))
    cart = locked_cart(holder)
    lines = list(cart.lines.select_related("variant__product", "storefront")) if cart else []
    if cart is None or not lines:
        raise NothingToDiscount
    if code in cart.codes:
        raise VoucherRefused(_("This code is in your cart already."))
    if len(cart.codes) >= MAX_CODES:
        raise VoucherRefused(
            _("A cart takes at most %(most)d codes. Please remove one first.") % {"most": MAX_CODES}
        )
    codes = [*cart.codes, code]
    priced = price(
        [_wanted(line) for line in lines],
        storefront=storefront,
        country=None,
        customer=customer,
        codes=codes,
    )
    if code in priced.refused_codes:
        raise VoucherRefused(f"“{code}”: {priced.refused_codes[code]}")
    cart.codes = codes
    cart.save(update_fields=["codes", "updated_at"])
    record(cart.trail, "cart.voucher_added", by, code=code)
    return code


@transaction.atomic
def remove_voucher(holder: Holder, typed: str, *, by: Actor) -> str:
    """Take a voucher code out of the cart; no change if it is not there. Returns the code.

    Raises sessionsync's SessionGone.
    """
    code, cart = normal_code(typed), locked_cart(holder)
    if cart is not None and code in cart.codes:
        cart.codes = [each for each in cart.codes if each != code]
        cart.save(update_fields=["codes", "updated_at"])
        record(cart.trail, "cart.voucher_removed", by, code=code)
    return code


def hand_over(cart: Cart) -> str:
    """What is in a cart was ordered: empty it. Returns the audit trail, which is the order's now.

    In the caller's transaction, which has locked the cart. The cart begins a new trail, and its
    public ids name it no longer: they were those of what was ordered.
    """
    trail = cart.trail
    cart.lines.all().delete()
    FormerId.objects.filter(cart=cart).delete()
    cart.trail, cart.public_id, cart.notices, cart.codes = new_trail(), None, [], []
    cart.save(update_fields=["trail", "public_id", "notices", "codes", "updated_at"])
    return trail


def _cart_for(holder: Holder, by: Actor) -> Cart:
    """The holder's cart, locked; made if there is none. Raises UnknownCart for a public id."""
    cart = locked_cart(holder)
    if cart is not None:
        return cart
    if isinstance(holder, CartHolder) and holder.public_id:
        raise UnknownCart
    cart, made = make_cart(holder)
    if made:
        record(cart.trail, "cart.made", by)
    return cart


def _remember_prices(lines: Sequence[CartLine]) -> None:
    """The shopper sees these prices now: only another one is worth a notice. Three queries."""
    prices = unit_prices([_wanted(line) for line in lines])
    for line in lines:
        line.seen_price = prices[line.pk]
    CartLine.objects.bulk_update(lines, ["seen_price"])


def _wanted(line: CartLine) -> Wanted:
    return Wanted(line.pk, line.variant, line.storefront, line.quantity)


def _record(cart: Cart, action: str, by: Actor, line: CartLine, **quantities: int) -> None:
    record(
        cart.trail,
        action,
        by,
        variant=line.variant_id,
        item=str(line.variant),
        origin=line.storefront.slug,
        **quantities,
    )


def _published_variant(variant_id: int) -> Variant:
    variant = (
        Variant.objects.select_related("product")
        .filter(pk=variant_id, product__is_published=True)
        .first()
    )
    if variant is None:
        raise UnknownVariant
    return variant


def _held(lines: Iterable[CartLine], variant: Variant) -> int:
    return sum(line.quantity for line in lines if line.variant_id == variant.pk)


def _refuse_too_many(variant: Variant, in_cart: int, more: int) -> None:
    """Check the sum over all lines of a variant, wherever they were put in."""
    available = variant.sellable
    if available == 0:
        raise SoldOut(variant)
    if available is not None and in_cart + more > available:
        raise NotEnoughStock(variant, available, in_cart)
    if in_cart + more > MAX_QUANTITY:
        raise QuantityOutOfRange
