"""What a check says."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Whether it holds. A warning is something that works today."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. subject: a site, "Redis", "database" or "configuration"."""

    status: Status
    subject: str
    looked_at: str
    said: str


def ok(subject: str, looked_at: str, said: str) -> Finding:
    """It holds."""
    return Finding(Status.OK, subject, looked_at, said)


def warn(subject: str, looked_at: str, said: str) -> Finding:
    """It works, but somebody should know."""
    return Finding(Status.WARN, subject, looked_at, said)


def fail(subject: str, looked_at: str, said: str) -> Finding:
    """It does not work; said: what to do."""
    return Finding(Status.FAIL, subject, looked_at, said)
