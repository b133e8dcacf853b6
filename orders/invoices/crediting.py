"""How much tax is in what goes back."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from orders.invoices.documents import Document, TaxAmount
from orders.models import Order, ReturnLine
from orders.shares import ZERO, share

type _Sums = defaultdict[tuple[str, Decimal], tuple[Decimal, Decimal]]


def taxes_of_credit(
    order: Order, amount: Decimal, came_back: Sequence[ReturnLine], earlier: Sequence[Document]
) -> list[TaxAmount]:
    """The taxes in `amount`, which goes back, by rate. One query.

    Goods that came back bring the tax they were sold with; anything else that goes back, or less,
    is spread over all rates as the order is. earlier: the order's credit notes so far. Together
    they never hold more tax than the order, and just as much once all of it has gone back.
    """
    done = _sums(earlier)
    ends = sum((Decimal(each["total"]) for each in earlier), ZERO) + amount >= order.total
    goods: defaultdict[Decimal, Decimal] = defaultdict(lambda: ZERO)
    goods_tax: defaultdict[Decimal, Decimal] = defaultdict(lambda: ZERO)
    for each in came_back:
        goods[each.line.tax_rate] += each.amount
        goods_tax[each.line.tax_rate] += each.tax
    rest = amount - sum(goods.values(), ZERO)
    taxes: list[TaxAmount] = []
    for tax in order.taxes.all():
        base_done, tax_done = done[tax.name, tax.rate]
        base_left, tax_left = tax.base - base_done, tax.amount - tax_done
        if ends:
            base, value = base_left, tax_left
        else:
            # Taken out, so that two taxes of one rate do not both get the same goods.
            own, own_tax = goods.pop(tax.rate, ZERO), goods_tax.pop(tax.rate, ZERO)
            base = own - own_tax + share(tax.base, rest, order.total)
            value = own_tax + share(tax.amount, rest, order.total)
            base, value = min(max(base, ZERO), base_left), min(max(value, ZERO), tax_left)
        if base or value:
            taxes.append(
                {"name": tax.name, "rate": str(tax.rate), "base": str(base), "amount": str(value)}
            )
    return taxes


def _sums(documents: Sequence[Document]) -> _Sums:
    """Base and tax by name and rate, over several documents."""
    sums: _Sums = defaultdict(lambda: (ZERO, ZERO))
    for document in documents:
        for tax in document["taxes"]:
            kind = tax["name"], Decimal(tax["rate"])
            base, value = sums[kind]
            sums[kind] = base + Decimal(tax["base"]), value + Decimal(tax["amount"])
    return sums
