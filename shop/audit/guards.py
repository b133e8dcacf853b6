"""The triggers that let the audit trail grow, and do nothing else to it."""

from shop.audit.triggers import Triggers, append_only, append_only_on_sqlite

_ONE_MORE = "NEW.name = OLD.name AND NEW.length = OLD.length + 1"

POSTGRESQL = f"""
{append_only("audit_entry", "audit_trail")}
-- The head of a trail moves on, one entry at a time.
CREATE OR REPLACE TRIGGER stays BEFORE DELETE ON audit_trail
FOR EACH ROW EXECUTE FUNCTION audit_entry_refuse();
CREATE OR REPLACE TRIGGER moves_on BEFORE UPDATE ON audit_trail
FOR EACH ROW WHEN (NOT ({_ONE_MORE})) EXECUTE FUNCTION audit_entry_refuse();
"""

TRIGGERS = Triggers(
    prefix="audit_guard_",
    apps=frozenset({"audit"}),
    table="audit_entry",
    postgresql=POSTGRESQL,
    marked="audit_entry_refuse()",
    sqlite={
        **append_only_on_sqlite("audit_entry"),
        **append_only_on_sqlite("audit_trail", but=_ONE_MORE),
    },
)
