"""Counts what a piece of code asks of Redis and of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from django.db import connection
from redis.connection import AbstractConnection


@dataclass
class Asked:
    """commands: the Redis commands in order. trips: how often Redis was written to and waited for.

    queries: SQL statements.
    """

    commands: list[str] = field(default_factory=list)
    trips: int = 0
    queries: int = 0

    def __str__(self) -> str:
        words = ", ".join(self.commands) if self.commands else "none"
        return f"{self.trips} round trips, {self.queries} SQL; commands: {words}"


@contextmanager
def counted() -> Iterator[Asked]:
    """Count this thread's commands at the client: what is sent at once is one round trip."""
    asked = Asked()
    send_one: Any = AbstractConnection.send_command
    pack_many: Any = AbstractConnection.pack_commands
    send: Any = AbstractConnection.send_packed_command

    def count_send(self: Any, *args: Any, **kwargs: Any) -> Any:
        asked.trips += 1
        return send(self, *args, **kwargs)

    def count_one(self: Any, *args: Any, **kwargs: Any) -> Any:
        asked.commands.append(str(args[0]))
        return send_one(self, *args, **kwargs)

    def count_many(self: Any, commands: Any) -> Any:
        commands = list(commands)
        asked.commands += [str(command[0]) for command in commands]
        return pack_many(self, commands)

    def count_query(execute: Any, *args: Any) -> Any:
        asked.queries += 1
        return execute(*args)

    with (
        patch.object(AbstractConnection, "send_packed_command", count_send),
        patch.object(AbstractConnection, "send_command", count_one),
        patch.object(AbstractConnection, "pack_commands", count_many),
        connection.execute_wrapper(count_query),
    ):
        yield asked
