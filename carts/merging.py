"""Two carts become one, when sessionsync finds that two sessions are one shopper's.

Nothing is lost and nothing happens behind the shopper's back: quantities of the same variant from
the same storefront add up, different origins stay different lines, and where stock or a limit
does not allow the sum, a notice on the cart page names the item, what was wanted and what stayed.
"""

from collections import defaultdict
from collections.abc import Sequence

from django.db import transaction

from carts import notices
from carts.models import MAX_LINES, MAX_QUANTITY, Cart, CartLine
from carts.notices import Notice
from shop.catalogue.models import Variant


@transaction.atomic
def merge_carts(loser: str, winner: str) -> None:
    """Move everything in the cart of session `loser` to the cart of session `winner`.

    Called by sessionsync in its transaction, with both sessions locked, which keeps every other
    writer out (see carts.services). Safe when either has no cart; a second call finds nothing to
    move. Needs the same number of queries however much the carts hold.
    """
    carts = {
        cart.session_key: cart
        for cart in Cart.objects.select_for_update()
        .filter(session_key__in=[loser, winner])
        .order_by("pk")
    }
    leaving, staying = carts.get(loser), carts.get(winner)
    if leaving is None or loser == winner:
        return
    if staying is None:
        leaving.session_key = winner
        leaving.save(update_fields=["session_key", "updated_at"])
        return
    staying.notices = [*staying.notices, *leaving.notices, *_move_lines(leaving, staying)]
    staying.notices = staying.notices[-notices.MAX_NOTICES :]
    staying.save(update_fields=["notices", "updated_at"])
    leaving.delete()


def _move_lines(leaving: Cart, staying: Cart) -> list[Notice]:
    """Bring the lines over and return what to tell the shopper."""
    ours: list[CartLine] = []
    theirs: list[CartLine] = []
    for line in CartLine.objects.filter(cart__in=[leaving, staying]).select_related(
        "variant__product"
    ):
        (theirs if line.cart_id == leaving.pk else ours).append(line)
    had = sum(line.quantity for line in ours)
    kept, told = _fit(ours, theirs)
    gone = {line.pk for line in [*ours, *theirs]} - {line.pk for line in kept}
    CartLine.objects.filter(pk__in=gone).delete()
    for line in kept:
        line.cart = staying
    CartLine.objects.bulk_update(kept, ["cart", "quantity"])
    gained = sum(line.quantity for line in kept) - had
    return [notices.joined(gained), *told] if had and gained > 0 else told


def _fit(ours: list[CartLine], theirs: list[CartLine]) -> tuple[list[CartLine], list[Notice]]:
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
            wanted[same.pk] += line.quantity
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
