"""Puts an app's triggers into the database after each `migrate`, as SQL for each vendor.

They are not in migrations: SQLite loses the triggers of a table whenever Django makes it anew.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True)
class Triggers:
    """The triggers of one app.

    prefix: how their names on SQLite begin, and those of nobody else. apps: whose tables they
    stand on or write to. table: the last of these that migrations make. postgresql: a script that
    may run again and again. marked: a function it makes, with its arguments. sqlite: what follows
    CREATE TRIGGER and the name, by name.
    """

    prefix: str
    apps: frozenset[str]
    table: str
    postgresql: str
    marked: str
    sqlite: Mapping[str, str]

    def before_migrate(self, using: str, plan: list[Any], **kwargs: Any) -> None:
        """Take SQLite's away: it refuses to rename a table that a trigger names."""
        if connections[using].vendor == "sqlite" and any(
            migration.app_label in self.apps for migration, _backwards in plan
        ):
            self._drop_on_sqlite(connections[using])

    def after_migrate(self, using: str) -> bool:
        """Put in what is missing or changed. Returns whether anything was."""
        connection = connections[using]
        return self.table in connection.introspection.table_names() and self.install(connection)

    def install(self, connection: BaseDatabaseWrapper) -> bool:
        """Put them in. Returns whether they were not all there, as they are now."""
        with transaction.atomic(connection.alias), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                mark = hashlib.sha256(self.postgresql.encode()).hexdigest()
                cursor.execute(
                    "SELECT obj_description(to_regprocedure(%s), 'pg_proc')", [self.marked]
                )
                if cursor.fetchone() == (mark,):
                    return False
                cursor.execute(self.postgresql)
                cursor.execute(f"COMMENT ON FUNCTION {self.marked} IS '{mark}'")
                return True
            wanted = {
                f"CREATE TRIGGER {self.prefix}{name} {body.strip()}"
                for name, body in self.sqlite.items()
            }
            if set(self._on_sqlite(connection).values()) == wanted:
                return False
            self._drop_on_sqlite(connection)
            for statement in sorted(wanted):
                cursor.execute(statement)
            return True

    def uninstall(self, connection: BaseDatabaseWrapper) -> None:
        """Take them away, before the tables they write to go."""
        if connection.vendor == "sqlite":
            self._drop_on_sqlite(connection)
            return
        with connection.cursor() as cursor:
            cursor.execute(f"DROP FUNCTION IF EXISTS {self.marked} CASCADE")

    def _on_sqlite(self, connection: BaseDatabaseWrapper) -> dict[str, str]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name GLOB %s",
                [f"{self.prefix}*"],
            )
            return dict(cursor.fetchall())

    def _drop_on_sqlite(self, connection: BaseDatabaseWrapper) -> None:
        for name in self._on_sqlite(connection):
            with connection.cursor() as cursor:
                cursor.execute(f'DROP TRIGGER "{name}"')


def append_only(*tables: str) -> str:
    """PostgreSQL's statements that let rows be added to these tables, and nothing else.

    They make a function `<first table>_refuse()`. Emptying them (TRUNCATE) is for the databases of
    tests, which say so by the setting galleria.tests.
    """
    function = f"{tables[0]}_refuse"
    statements = f"""
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' AND current_setting('galleria.tests', true) = 'on' THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'Rows of % are never changed or deleted.', TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation';
END $$;
"""
    for table in tables:
        statements += f"""
CREATE OR REPLACE TRIGGER stays BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION {function}();
CREATE OR REPLACE TRIGGER stays_full BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION {function}();
"""
    return statements


def append_only_on_sqlite(table: str, but: str = "0") -> dict[str, str]:
    """SQLite's triggers that do the same. but: when an UPDATE is right, as SQL."""
    refuse = f"BEGIN SELECT RAISE(ABORT, 'Rows of {table} are never changed or deleted.'); END"
    return {
        f"{table}_update": f"BEFORE UPDATE ON {table} WHEN NOT ({but}) {refuse}",
        f"{table}_delete": f"BEFORE DELETE ON {table} {refuse}",
    }
