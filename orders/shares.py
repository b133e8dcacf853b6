"""Parts of amounts, to the cent, that never add up to more or less than the whole."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


def share(whole: Decimal, part: int | Decimal, of: int | Decimal) -> Decimal:
    """`part` of `of` of an amount; nothing where there is nothing to share."""
    return (whole * part / of).quantize(CENT, ROUND_HALF_UP) if of else ZERO


def next_share(whole: Decimal, taken: int, part: int, of: int) -> Decimal:
    """What the next `part` of `of` is worth, after `taken` of them.

    All of them together are worth the whole, however it was rounded on the way.
    """
    return share(whole, taken + part, of) - share(whole, taken, of)
