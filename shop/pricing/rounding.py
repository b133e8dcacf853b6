"""Where fractions of a cent go. The rules and their reasons are in docs/pricing.md."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings

from shop.catalogue.money import WITHOUT_CENTS


def smallest_coin() -> Decimal:
    """The smallest amount of the network's currency: a cent, or a whole yen."""
    return Decimal(1) if settings.SHOP_CURRENCY in WITHOUT_CENTS else Decimal("0.01")


def rounded(amount: Decimal) -> Decimal:
    """An amount in coins that exist: half a cent goes up, as shoppers and tax offices reckon.

    Written with two decimals in every currency, as the database has it.
    """
    return amount.quantize(smallest_coin(), ROUND_HALF_UP).quantize(Decimal("0.01"))


def split(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Parts of an amount in proportion to the weights, each in whole coins, that add up to it.

    Everyone gets the whole coins of their share; the coins that are left over go to the largest
    remainders, the first of equal ones first (the largest remainder method, Hamilton 1791). No
    part is more than a coin off its share, nor above its weight where the amount is not above the
    sum of the weights. Raises ValueError for a negative amount or weight, and where an amount has
    nothing to go to.
    """
    coin = smallest_coin()
    coins = int(amount / coin)
    heavy = [int(weight / coin) for weight in weights]
    total = sum(heavy)
    if coins < 0 or any(weight < 0 for weight in heavy) or (coins and not total):
        raise ValueError(f"{amount} cannot be split by {weights}.")
    if not coins:
        return [Decimal("0.00")] * len(heavy)
    shares = [divmod(coins * weight, total) for weight in heavy]
    left = coins - sum(whole for whole, _rest in shares)
    by_rest = sorted(range(len(shares)), key=lambda place: -shares[place][1])
    bonus = set(by_rest[:left])
    return [
        ((whole + (place in bonus)) * coin).quantize(Decimal("0.01"))
        for place, (whole, _rest) in enumerate(shares)
    ]
