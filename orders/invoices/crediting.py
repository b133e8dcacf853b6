"""How much tax is in what goes back, or is not to be paid."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from orders.invoices.documents import Document, TaxAmount, Undone
from orders.shares import ZERO, share

type _Sums = defaultdict[tuple[str, Decimal], tuple[Decimal, Decimal]]


def taxes_of_credit(
    whole: Sequence[TaxAmount],
    total: Decimal,
    amount: Decimal,
    undone: Sequence[Undone],
    earlier: Sequence[Document] = (),
) -> list[TaxAmount]:
    """The taxes in `amount`, which goes back of `total` with the taxes `whole`, by rate.

    undone: goods that came back or were cancelled, which bring the tax they were sold with;
    anything else that goes back, or less, is spread over all rates as the total is. earlier: the
    credit notes so far. Together they never hold more tax than the whole, and just as much once all
    of it has gone back.
    """
    done = _sums(earlier)
    ends = sum((Decimal(each["total"]) for each in earlier), ZERO) + amount >= total
    goods: defaultdict[Decimal, Decimal] = defaultdict(lambda: ZERO)
    goods_tax: defaultdict[Decimal, Decimal] = defaultdict(lambda: ZERO)
    for each in undone:
        goods[each.line.tax_rate] += each.amount
        goods_tax[each.line.tax_rate] += each.tax
    rest = amount - sum(goods.values(), ZERO)
    taxes: list[TaxAmount] = []
    for tax in whole:
        rate, tax_base, tax_amount = (Decimal(tax[key]) for key in ("rate", "base", "amount"))
        base_done, tax_done = done[tax["name"], rate]
        base_left, tax_left = tax_base - base_done, tax_amount - tax_done
        if ends:
            base, value = base_left, tax_left
        else:
            # Taken out, so that two taxes of one rate do not both get the same goods.
            own, own_tax = goods.pop(rate, ZERO), goods_tax.pop(rate, ZERO)
            base = own - own_tax + share(tax_base, rest, total)
            value = own_tax + share(tax_amount, rest, total)
            base, value = min(max(base, ZERO), base_left), min(max(value, ZERO), tax_left)
        if base or value:
            taxes.append({**tax, "base": str(base), "amount": str(value)})
    return taxes


def less_taxes(whole: Sequence[TaxAmount], off: Sequence[TaxAmount]) -> list[TaxAmount]:
    """The taxes `whole` without those in `off`, by name and rate; none of which nothing is left."""
    gone = {(each["name"], Decimal(each["rate"])): each for each in off}
    left: list[TaxAmount] = []
    for tax in whole:
        base, value = Decimal(tax["base"]), Decimal(tax["amount"])
        if less := gone.get((tax["name"], Decimal(tax["rate"]))):
            base, value = base - Decimal(less["base"]), value - Decimal(less["amount"])
        if base or value:
            left.append({**tax, "base": str(base), "amount": str(value)})
    return left


def _sums(documents: Sequence[Document]) -> _Sums:
    """Base and tax by name and rate, over several documents."""
    sums: _Sums = defaultdict(lambda: (ZERO, ZERO))
    for document in documents:
        for tax in document["taxes"]:
            kind = tax["name"], Decimal(tax["rate"])
            base, value = sums[kind]
            sums[kind] = base + Decimal(tax["base"]), value + Decimal(tax["amount"])
    return sums
