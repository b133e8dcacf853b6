"""Two carts become one: two visits turn out to be one shopper's, or a guest logs in.

Nothing is lost and nothing happens behind the shopper's back. Different origins stay different
lines. Two visits of a guest add up: what was put in twice was wanted twice. A guest's cart and the
cart saved with their account do not: of the same thing from the same shop the larger quantity
stays, since most shoppers who log in put the same thing in again because they could not see it.
Voucher codes of both stay. What came in, and what stock or a limit left out, is told on the cart
page.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.module_loading import import_string

from carts import notices
from carts.holders import CartHolder, carts_of, customer_of, locked_cart
from carts.models import MAX_CODES, MAX_LINES, MAX_QUANTITY, Cart, CartLine, FormerId
from carts.notices import Notice
from carts.refusals import UnknownCart
from sessionsync.fingerprints import fingerprint
from shop.audit.actors import Actor
from shop.audit.trail import record
from shop.catalogue.models import Variant

type _Combine = Callable[[int, int], int]
"""What becomes of two quantities of the same variant from the same storefront."""


def _added_up(ours: int, theirs: int) -> int:
    return ours + theirs


@transaction.atomic
def merge_carts(loser: str, winner: str) -> None:
    """Move everything in the cart of session `loser` to the cart of session `winner`.

    Called by sessionsync in its transaction, with both sessions locked, which keeps every other
    writer out (see carts.services): when two visits meet, and when the session that a login made
    is first presented. Where `winner` is signed in, its cart is its customer's. Safe when either
    has no cart; a second call finds nothing to move. Needs the same number of queries however much
    the carts hold.
    """
    if loser == winner:
        return
    customer = customer_of(winner)
    by = Actor(
        "guest" if customer is None else "customer",
        "session",
        customer_id=customer,
        session=fingerprint(winner),
    )
    if customer is not None:
        _give(Q(session_key__in=[loser, winner]), customer, by)
        return
    carts = {
        cart.session_key: cart
        for cart in Cart.objects.select_for_update(no_key=True)
        .filter(session_key__in=[loser, winner])
        .order_by("pk")
    }
    leaving, staying = carts.get(loser), carts.get(winner)
    if leaving is None:
        return
    if staying is None:
        leaving.session_key = winner
        leaving.save(update_fields=["session_key", "updated_at"])
        record(leaving.trail, "cart.moved", by, to=by.session)
        return
    _join(leaving, staying, _added_up, by)


@transaction.atomic
def give_to_customer(public_id: str, customer_id: int, *, by: Actor) -> Cart:
    """A guest's cart of the API becomes the customer's who has logged in: see `merge_carts`.

    Returns the customer's cart, to which the public id leads from now on. Safe twice. Raises
    UnknownCart where nothing has this id, or it is another customer's.
    """
    found = carts_of(CartHolder(public_id, customer_id)).first()
    if found is None:
        raise UnknownCart
    if found.customer_id is None:
        _give(Q(pk=found.pk), customer_id, by)
    cart = locked_cart(CartHolder(public_id, customer_id))
    if cart is None or cart.customer_id is None:  # somebody else's meanwhile
        raise UnknownCart
    return cart


def _give(guests: Q, customer: int, by: Actor) -> None:
    """Make guests' carts a part of the customer's one, or the first of them that one."""
    locked = Cart.objects.select_for_update(no_key=True).order_by("pk")
    while True:
        carts = list(locked.filter(guests & Q(customer=None) | Q(customer=customer)))
        staying = next((cart for cart in carts if cart.customer_id == customer), None)
        leaving = [cart for cart in carts if cart.customer_id is None]
        if staying is None and leaving:
            if not _attach(leaving[0], customer, by):
                continue
            staying, leaving = leaving[0], leaving[1:]
        for cart in leaving:
            if staying is not None:
                _join(cart, staying, max, by)
        return


def _attach(cart: Cart, customer: int, by: Actor) -> bool:
    """Make a guest's cart the customer's; False if they got one at this very moment."""
    cart.session_key, cart.customer_id = None, customer
    try:
        with transaction.atomic():
            cart.save(update_fields=["session_key", "customer", "updated_at"])
    except IntegrityError:
        return False
    record(cart.trail, "cart.customer_attached", by, customer=customer)
    return True


def _join(leaving: Cart, staying: Cart, combine: _Combine, by: Actor) -> None:
    """Move all that `leaving` holds to `staying`, tell the shopper, and delete it."""
    moved = list(leaving.lines.values_list("variant_id", "storefront__slug", "quantity"))
    told = _move_lines(leaving, staying, combine)
    staying.notices = [*staying.notices, *leaving.notices, *told][-notices.MAX_NOTICES :]
    staying.codes = list(dict.fromkeys([*staying.codes, *leaving.codes]))[:MAX_CODES]
    if staying.public_id is None:
        staying.public_id, leaving.public_id = leaving.public_id, None
    FormerId.objects.filter(cart=leaving).update(cart=staying)
    if leaving.public_id is not None:
        FormerId.objects.create(public_id=leaving.public_id, cart=staying)
    facts: dict[str, Any] = {
        "lines": [list(line) for line in moved],
        "codes": leaving.codes,
        "rule": "larger" if combine is max else "sum",
    }
    record(leaving.trail, "cart.merged", by, into=staying.trail, **facts)
    record(staying.trail, "cart.merged", by, brought=leaving.trail, **facts)
    for path in settings.CART_MERGE_HANDLERS:
        import_string(path)(leaving, staying)
    leaving.delete()
    staying.save(update_fields=["notices", "codes", "public_id", "updated_at"])


def _move_lines(leaving: Cart, staying: Cart, combine: _Combine) -> list[Notice]:
    """Bring the lines over and return what to tell the shopper."""
    ours: list[CartLine] = []
    theirs: list[CartLine] = []
    for line in CartLine.objects.filter(cart__in=[leaving, staying]).select_related(
        "variant__product"
    ):
        (theirs if line.cart_id == leaving.pk else ours).append(line)
    had, brought = _pieces(ours), _pieces(theirs)
    kept, told = _fit(ours, theirs, combine)
    gone = {line.pk for line in [*ours, *theirs]} - {line.pk for line in kept}
    CartLine.objects.filter(pk__in=gone).delete()
    for line in kept:
        line.cart = staying
    CartLine.objects.bulk_update(kept, ["cart", "quantity"])
    now = _pieces(kept)
    if combine is max:
        # A login: the shopper knows what the guest's cart held; the rest was saved before.
        added = [(str(variant), now[variant] - brought[variant]) for variant in now]
        saved = [(item, count) for item, count in added if count > 0]
        return [notices.saved(saved), *told] if brought and saved else told
    gained = now.total() - had.total()
    return [notices.joined(gained), *told] if had and gained > 0 else told


def _pieces(lines: Iterable[CartLine]) -> Counter[Variant]:
    pieces: Counter[Variant] = Counter()
    for line in lines:
        pieces[line.variant] += line.quantity
    return pieces


def _fit(
    ours: list[CartLine], theirs: list[CartLine], combine: _Combine
) -> tuple[list[CartLine], list[Notice]]:
    """The lines that stay, with their new quantities, and a notice for each loss.

    Only variants that `theirs` brings are looked at: what the shopper sees in the cart already is
    not changed by a merge that has nothing to do with it.
    """
    told: list[Notice] = []
    lines = list(ours)
    brought: dict[Variant, int] = defaultdict(int)
    origins = {(line.variant_id, line.storefront_id): line for line in ours}
    wanted = {line.pk: line.quantity for line in ours}
    for line in theirs:
        same = origins.get((line.variant_id, line.storefront_id))
        if same is None and len(lines) >= MAX_LINES:
            told.append(notices.reduced(line.variant, line.quantity, 0, "lines"))
            continue
        brought[line.variant] += line.quantity
        if same is None:
            lines.append(line)
            wanted[line.pk] = line.quantity
        else:
            wanted[same.pk] = combine(wanted[same.pk], line.quantity)
    for variant in brought:
        rows = [line for line in lines if line.variant_id == variant.pk]
        asked = [wanted[line.pk] for line in rows]
        available = variant.sellable
        limit = MAX_QUANTITY if available is None else min(available, MAX_QUANTITY)
        for line, quantity in zip(rows, _share(limit, asked), strict=True):
            line.quantity = quantity
        if sum(asked) > limit:
            reason: notices.Reason = "quantity" if limit == MAX_QUANTITY else "stock"
            told.append(notices.reduced(variant, sum(asked), limit, reason))
    return [line for line in lines if line.quantity], told


def _share(limit: int, asked: Sequence[int]) -> list[int]:
    """Quantities of at most `asked` that add up to at most `limit`.

    Every line gets one first, as long as there are any, so that each origin is kept; the rest
    goes to the lines in their order.
    """
    given = [1 if place < limit else 0 for place in range(len(asked))]
    rest = limit - sum(given)
    for place, quantity in enumerate(asked):
        more = min(rest, quantity - 1) if given[place] else 0
        given[place] += more
        rest -= more
    return given
