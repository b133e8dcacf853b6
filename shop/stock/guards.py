"""The triggers that write the ledger of stock, whoever changes `Variant.stock`.

What the change is for they read from shop.audit's Cause; without one it is unexplained.
"""

from shop.audit.triggers import Triggers, append_only, append_only_on_sqlite

_COLUMNS = """
  (variant_id, quantity, stock_after, kind, reference, reason, actor, customer_id, request_id, at)
"""
_CAUSE = """
  coalesce(cause.reference, ''), coalesce(cause.reason, ''), coalesce(cause.kind, ''),
  cause.customer_id, coalesce(cause.request_id, '')
"""
_NEWEST = "(SELECT * FROM audit_cause ORDER BY id DESC LIMIT 1) AS cause ON 1 = 1"

POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION stock_variant_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO stock_stockmovement {_COLUMNS}
  SELECT moved.variant_id, moved.quantity, moved.stock_after,
    CASE WHEN TG_OP = 'DELETE' THEN 'removed' ELSE coalesce(cause.what, moved.kind) END,
    {_CAUSE}, clock_timestamp()
  FROM (SELECT
      CASE TG_OP WHEN 'DELETE' THEN OLD.id ELSE NEW.id END AS variant_id,
      CASE TG_OP WHEN 'INSERT' THEN NEW.stock WHEN 'DELETE' THEN -OLD.stock
        ELSE NEW.stock - OLD.stock END AS quantity,
      CASE TG_OP WHEN 'DELETE' THEN 0 ELSE NEW.stock END AS stock_after,
      CASE TG_OP WHEN 'INSERT' THEN 'initial' ELSE 'unexplained' END AS kind
    ) AS moved
  LEFT JOIN {_NEWEST};
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER stock_insert AFTER INSERT ON catalogue_variant
FOR EACH ROW WHEN (NEW.stock <> 0) EXECUTE FUNCTION stock_variant_written();
CREATE OR REPLACE TRIGGER stock_update AFTER UPDATE OF stock ON catalogue_variant
FOR EACH ROW WHEN (NEW.stock <> OLD.stock) EXECUTE FUNCTION stock_variant_written();
CREATE OR REPLACE TRIGGER stock_delete AFTER DELETE ON catalogue_variant
FOR EACH ROW WHEN (OLD.stock <> 0) EXECUTE FUNCTION stock_variant_written();
{append_only("stock_stockmovement")}
"""  # noqa: S608 - constants


def _on_sqlite(variant: str, quantity: str, stock_after: str, kind: str) -> str:
    return f"""BEGIN INSERT INTO stock_stockmovement {_COLUMNS}
  SELECT {variant}, {quantity}, {stock_after}, {kind}, {_CAUSE},
    strftime('%Y-%m-%d %H:%M:%f', 'now')
  FROM (SELECT 1) LEFT JOIN {_NEWEST}; END"""  # noqa: S608 - constants


TRIGGERS = Triggers(
    prefix="stock_ledger_",
    apps=frozenset({"audit", "catalogue", "stock"}),
    table="stock_stockmovement",
    postgresql=POSTGRESQL,
    marked="stock_variant_written()",
    sqlite={
        "insert": "AFTER INSERT ON catalogue_variant WHEN NEW.stock <> 0 "
        + _on_sqlite("NEW.id", "NEW.stock", "NEW.stock", "coalesce(cause.what, 'initial')"),
        "update": "AFTER UPDATE OF stock ON catalogue_variant WHEN NEW.stock <> OLD.stock "
        + _on_sqlite(
            "NEW.id", "NEW.stock - OLD.stock", "NEW.stock", "coalesce(cause.what, 'unexplained')"
        ),
        "delete": "AFTER DELETE ON catalogue_variant WHEN OLD.stock <> 0 "
        + _on_sqlite("OLD.id", "-OLD.stock", "0", "'removed'"),
        **append_only_on_sqlite("stock_stockmovement"),
    },
)
