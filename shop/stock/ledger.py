"""Brings the ledger level with stock that was there, or changed, while no trigger wrote it."""

from django.db import connections

_LEVEL = """
INSERT INTO stock_stockmovement (variant_id, quantity, stock_after, kind, reference, reason, actor,
  request_id, at)
SELECT variant.id, variant.stock - coalesce(ledger.total, 0), variant.stock,
  CASE WHEN ledger.total IS NULL THEN 'initial' ELSE 'unexplained' END, '', '', '', '',
  CURRENT_TIMESTAMP
FROM catalogue_variant AS variant LEFT JOIN (
  SELECT variant_id, sum(quantity) AS total FROM stock_stockmovement GROUP BY variant_id
) AS ledger ON ledger.variant_id = variant.id
WHERE variant.stock <> coalesce(ledger.total, 0)
"""


def level(using: str = "default") -> int:
    """Write down the difference of each variant whose movements do not add up to its stock.

    Returns how many there were. For the time when the triggers are put in: later a difference is
    a finding (`checks.discrepancies`), and not to be written over.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(_LEVEL)
        count: int = cursor.rowcount
    return count
