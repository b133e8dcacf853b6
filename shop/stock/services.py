"""Every change of stock: promised, sold, given up, put back, received, counted.

Each is one transaction, or a part of the caller's, and does all or nothing. Locks are taken in one
order everywhere: the rows of the reference first, then its variants by primary key.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Literal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from shop.audit.actors import Actor
from shop.audit.causes import because
from shop.catalogue.models import Variant

from .models import LowStockMark, Reservation, StockMovement

State = Reservation.State
Kind = StockMovement.Kind


class OutOfStock(Exception):
    """Fewer of a variant are left than were asked for. Nothing was changed."""

    def __init__(self, variant_id: int, available: int) -> None:
        super().__init__(f"variant {variant_id}: {available} left")
        self.variant_id = variant_id
        self.available = available


class NotReserved(LookupError):
    """Nothing was ever reserved by this reference."""


class NotSold(Exception):
    """More would be put back than was sold by the reference and not put back yet."""


class NotTracked(Exception):
    """The variant's stock is not tracked: there is nothing to receive or count."""


class Changed(Exception):
    """The stock is not what the person who counted had seen: it is `stock` now."""

    def __init__(self, stock: int) -> None:
        super().__init__(f"{stock} now")
        self.stock = stock


class Promised(Exception):
    """Fewer were counted than are promised to orders that are being paid: `reserved` of them."""

    def __init__(self, reserved: int) -> None:
        super().__init__(f"{reserved} are promised")
        self.reserved = reserved


@transaction.atomic
def reserve(reference: str, wanted: Mapping[int, int], *, until: datetime, by: Actor) -> None:
    """Promise so many of each variant (id: quantity) to a reference, until a time; all or none.

    They stay in stock and nobody else can buy them. What is not tracked, or may be backordered, is
    promised whatever there is. A reference reserves once: again while it is open or sold is a
    no-op; again after a release it reserves anew.

    Raises OutOfStock, ValueError for nothing or a quantity below 1.
    """
    if not wanted or min(wanted.values()) < 1:
        raise ValueError("Only quantities of one or more can be reserved.")
    rows = _rows(reference)
    if any(row.state != State.RELEASED for row in rows):
        return
    try:
        with transaction.atomic():
            # Of two that reserve by the same reference, the second waits here, and then finds that
            # it was done.
            if rows:
                Reservation.objects.filter(pk__in=[row.pk for row in rows]).delete()
            made = Reservation.objects.bulk_create(
                Reservation(reference=reference, variant_id=pk, quantity=wanted[pk], until=until)
                for pk in sorted(wanted)
            )
    except IntegrityError:
        if _rows(reference):
            return
        raise
    variants = _locked(wanted)
    for row in made:
        variant = variants.get(row.variant_id)
        if variant is None:
            raise OutOfStock(row.variant_id, 0)
        _refuse_shortage(variant, row.quantity)
        if variant.tracks_stock:
            row.held = row.quantity
            variant.reserved += row.quantity
    _write(variants, made)
    transaction.on_commit(partial(_give_up_later, reference), robust=True)


@transaction.atomic
def sell(reference: str, *, by: Actor) -> None:
    """Take what a reference has reserved out of stock. Again is a no-op.

    What was released in between (expired, cancelled) is taken again if it is still there. What may
    be backordered goes down to zero, and the rest is owed: the next that arrive are for it.

    Raises NotReserved, OutOfStock.
    """
    with because(Kind.SOLD, by, reference=reference):
        rows = _rows(reference)
        if not rows:
            raise NotReserved(reference)
        rows = [row for row in rows if row.state != State.SOLD]
        variants = _locked(row.variant_id for row in rows)
        for row in rows:
            variant = variants.get(row.variant_id)
            if variant is None and row.state == State.RELEASED:
                raise OutOfStock(row.variant_id, 0)
            if variant is not None:
                variant.reserved -= row.held
                _refuse_shortage(variant, row.quantity)
                if variant.tracks_stock:
                    taken = min(row.quantity, _free(variant))
                    variant.stock -= taken
                    row.owed = row.quantity - taken
            row.held = 0
            row.state = State.SOLD
        _write(variants, rows)


@transaction.atomic
def release(reference: str, *, by: Actor) -> None:
    """Give up what a reference has reserved and not bought. Again, or after a sale, is a no-op."""
    _release([row for row in _rows(reference) if row.state == State.OPEN], by)


@transaction.atomic
def extend(reference: str, until: datetime) -> bool:
    """Promise until another time. Returns whether there was an open reservation to extend."""
    rows = Reservation.objects.filter(reference=reference, state=State.OPEN)
    return bool(rows.update(until=until, changed_at=timezone.now()))


def expired(now: datetime | None = None) -> list[str]:
    """The references whose promise is over and not given up yet, oldest first. One query.

    now: as if it were this time.
    """
    over = Reservation.objects.filter(state=State.OPEN, until__lte=now or timezone.now())
    rows = over.order_by("until", "pk").values_list("reference", flat=True)
    return list(dict.fromkeys(rows))


@transaction.atomic
def expire(reference: str, *, by: Actor, now: datetime | None = None) -> bool:
    """Give up one reference's promise if it is over. Returns whether nothing is promised now.

    Whatever reserved (an order) ends first, in the same transaction: it takes its own locks before
    those here. What it did to the promise stands; if it sold or extended, nothing is given up.
    """
    if settings.STOCK_RESERVATION_EXPIRED:
        import_string(settings.STOCK_RESERVATION_EXPIRED)(reference, by)
    rows = _rows(reference)
    end = now or timezone.now()
    _release([row for row in rows if row.state == State.OPEN and row.until <= end], by)
    return all(row.state == State.RELEASED for row in rows)


def release_expired(now: datetime | None = None, *, by: Actor) -> list[str]:
    """Give up every promise that is over, each in a transaction of its own.

    now: as if it were this time. Returns the references released.
    """
    return [each for each in expired(now) if expire(each, by=by, now=now)]


@transaction.atomic
def put_back(
    reference: str,
    quantities: Mapping[int, int],
    *,
    by: Actor,
    reason: str = "",
    kind: Literal["returned", "cancelled"] = "returned",
    for_sale: bool = True,
) -> None:
    """Put so many of each variant (id: quantity) back after they were sold by a reference.

    kind: "returned" by the customer, or "cancelled" before they left. What is cancelled is first
    taken off what the shop owes; what is returned was delivered, and goes into stock first.
    for_sale: False where it is broken or missing: it is owed no more, and stays out of stock.

    Raises NotReserved, NotSold where more would come back than went.
    """
    if any(quantity < 1 for quantity in quantities.values()):
        raise ValueError("Only quantities of one or more can be put back.")
    with because(kind, by, reference=reference, reason=reason):
        rows = {row.variant_id: row for row in _rows(reference)}
        if not rows:
            raise NotReserved(reference)
        variants = _locked(quantities)
        changed = []
        for pk, quantity in quantities.items():
            row = rows.get(pk)
            if row is None or row.state != State.SOLD or quantity > row.quantity - row.returned:
                raise NotSold(f"{quantity} of variant {pk} by {reference}")
            gone = row.quantity - row.returned - row.owed
            to_stock = min(quantity, gone) if kind == "returned" else max(0, quantity - row.owed)
            row.owed -= quantity - to_stock
            row.returned += quantity if for_sale else quantity - to_stock
            if for_sale and (variant := variants.get(pk)) and variant.tracks_stock:
                variant.stock += to_stock
            changed.append(row)
        _write(variants, changed)
    settle_owed(variants, by=by)


@transaction.atomic
def receive(variant_id: int, quantity: int, *, by: Actor, reason: str = "", key: str = "") -> int:
    """Add what was delivered to the shop. Returns the stock then, after what was owed is sent.

    key: names the delivery, so that the same form sent twice adds once; up to 64 characters.
    Raises NotTracked, ValueError for a quantity below 1, Variant.DoesNotExist.
    """
    if quantity < 1:
        raise ValueError("Only quantities of one or more can be received.")
    variant = _tracked(variant_id)
    before = StockMovement.objects.filter(variant=variant_id, kind=Kind.RECEIVED, reference=key)
    if key and before.exists():
        return variant.stock
    with because(Kind.RECEIVED, by, reference=key, reason=reason):
        variant.stock += quantity
        variant.save(update_fields=["stock"])
    settle_owed([variant_id], by=by)
    return _stock(variant_id)


@transaction.atomic
def correct(
    variant_id: int, counted: int, *, by: Actor, reason: str = "", seen: int | None = None
) -> int:
    """Set the stock to what was counted. Returns the stock then, after what was owed is sent.

    seen: the stock that whoever counted went by; if it is another now, something was sold or came
    in meanwhile. Raises NotTracked, Promised, Changed, ValueError below 0, Variant.DoesNotExist.
    """
    if counted < 0:
        raise ValueError("Nobody counts fewer than none.")
    variant = _tracked(variant_id)
    if seen is not None and seen != variant.stock:
        raise Changed(variant.stock)
    if counted < variant.reserved and not variant.allows_backorder:
        raise Promised(variant.reserved)
    with because(Kind.CORRECTED, by, reason=reason):
        variant.stock = counted
        variant.save(update_fields=["stock"])
    settle_owed([variant_id], by=by)
    return _stock(variant_id)


@transaction.atomic
def mark_low(variant_id: int, low_at: int | None) -> None:
    """Set at how many left a variant is on the list of low stock. None: the usual number."""
    if low_at is None:
        LowStockMark.objects.filter(variant=variant_id).delete()
    else:
        LowStockMark.objects.update_or_create(variant_id=variant_id, defaults={"low_at": low_at})


@transaction.atomic
def settle_owed(variant_ids: Iterable[int] | None = None, *, by: Actor) -> int:
    """Take what was sold before it was there out of what is there now, oldest sale first.

    variant_ids: None for all. Whoever is changing a row at this moment is passed over, and served
    the next time. Returns how many units were taken.
    """
    owed = Reservation.objects.filter(owed__gt=0)
    owed = owed if variant_ids is None else owed.filter(variant__in=list(variant_ids))
    candidates = list(owed.values_list("variant_id", flat=True).distinct())
    if not candidates:
        return 0
    variants = _locked(candidates)
    taken = 0
    for row in (
        Reservation.objects.select_for_update(skip_locked=True)
        .filter(owed__gt=0, variant__in=candidates)
        .order_by("pk")
    ):
        variant = variants.get(row.variant_id)
        quantity = min(row.owed, _free(variant)) if variant and variant.tracks_stock else 0
        if variant and quantity:
            with because(Kind.SOLD, by, reference=row.reference):
                variant.stock -= quantity
                row.owed -= quantity
                _write({row.variant_id: variant}, [row])
            taken += quantity
    return taken


def _release(rows: list[Reservation], by: Actor) -> None:
    """Give up open rows, locked by the caller. Backorders get what that makes free."""
    if not rows:
        return
    variants = _locked(row.variant_id for row in rows)
    for row in rows:
        if variant := variants.get(row.variant_id):
            variant.reserved -= row.held
        row.held = 0
        row.state = State.RELEASED
    _write(variants, rows)
    settle_owed(variants, by=by)


def _give_up_later(reference: str) -> None:
    """Have the worker look when the promise is over. What was sold at once needs no look."""
    from .tasks import give_up  # which calls these services

    row = Reservation.objects.filter(reference=reference, state=State.OPEN).first()
    if row:
        give_up.using(run_after=row.until).enqueue(reference)


def _rows(reference: str) -> list[Reservation]:
    """A reference's reservations, locked."""
    rows = Reservation.objects.select_for_update(no_key=True).filter(reference=reference)
    return list(rows.order_by("variant_id"))


def _locked(variant_ids: Iterable[int]) -> dict[int, Variant]:
    """Variants by id, locked in the order of their ids, so that no two wait crosswise."""
    rows = Variant.objects.select_for_update(no_key=True).filter(pk__in=list(variant_ids))
    fields = ("tracks_stock", "allows_backorder", "stock", "reserved")
    return {variant.pk: variant for variant in rows.order_by("pk").only(*fields)}


def _write(variants: Mapping[int, Variant], rows: list[Reservation]) -> None:
    now = timezone.now()
    for row in rows:
        row.changed_at = now
    Variant.objects.bulk_update(variants.values(), ["stock", "reserved"])
    Reservation.objects.bulk_update(rows, ["held", "owed", "returned", "state", "changed_at"])


def _free(variant: Variant) -> int:
    """How many of the stock are promised to nobody."""
    return max(0, variant.stock - variant.reserved)


def _refuse_shortage(variant: Variant, quantity: int) -> None:
    limited = variant.tracks_stock and not variant.allows_backorder
    if limited and _free(variant) < quantity:
        raise OutOfStock(variant.pk, _free(variant))


def _tracked(variant_id: int) -> Variant:
    variant = Variant.objects.select_for_update(no_key=True).get(pk=variant_id)
    if not variant.tracks_stock:
        raise NotTracked
    return variant


def _stock(variant_id: int) -> int:
    return Variant.objects.values_list("stock", flat=True).get(pk=variant_id)
