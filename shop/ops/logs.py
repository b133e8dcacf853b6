"""Structured logs: one event a line, with the request's id, and never a secret.

Everything goes through `redact`, Django's own loggers and tracebacks included, so that no view
has to remember what must not be written down.
"""

import logging
import re
import sys
import threading
from collections.abc import MutableMapping
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied

REDACTED = "[redacted]"

_SECRET_KEY = re.compile(
    r"""(?:.*_)?(?:token|password|secret|csrfmiddlewaretoken|authorization|(?:set[-_])?cookies?)
    |code|auth_code|challenge|flow|(?:client|main|session|secret|api)_key""",
    re.IGNORECASE | re.VERBOSE,
)
# name=value in a query string, a form body or a cookie: session_token.<ts>=..., client_key.x=...
_PAIR = re.compile(
    r"""(?P<name>\b(?:code|challenge|flow|token|password|csrfmiddlewaretoken|csrftoken|sessionid|messages
        |(?:__Host-)?(?:session_token|client_key|main_key)(?:\.[\w-]+)?)=)
        (?P<value>"[^"]*"|[^&;\s"'<>]+)""",
    re.IGNORECASE | re.VERBOSE,
)
_HEADER = re.compile(
    r"""(?P<name>Cookie|Authorization)(?P<sep>["']?\s*[:=]\s*["']?)[^\r\n"']+""",
    re.IGNORECASE,
)
_SECRET_PATH = re.compile(
    r"(?P<name>/account/(?:password/reset/key|confirm-email|orders/claim)/|/orders/)[\w:=-]{8,}"
)

# Whoever knows a guest's cart or order by its name in the Store API has it.
_API_ID = re.compile(r"(?P<kind>(?<!\w)(?:pay_col_)?(?:cart|order)_)[\w-]{22}(?![\w-])")
# What PostgreSQL adds to a refused row: the values, whoever's name and address they are.
_ROW_VALUES = re.compile(r"(?P<name>DETAIL:\s+(?:Key \([^\n]*?\)=|Failing row contains ))\([^\n]*")


def redact_text(text: str) -> str:
    """Return `text` with the values of secrets and of refused rows replaced by "[redacted]"."""
    text = _HEADER.sub(rf"\g<name>\g<sep>{REDACTED}", text)
    text = _PAIR.sub(rf"\g<name>{REDACTED}", text)
    text = _ROW_VALUES.sub(rf"\g<name>{REDACTED}", text)
    text = _SECRET_PATH.sub(rf"\g<name>{REDACTED}", text)
    return _API_ID.sub(rf"\g<kind>{REDACTED}", text)


def _redact_value(name: str, value: Any) -> Any:
    if _SECRET_KEY.fullmatch(name):
        return REDACTED
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, dict):
        return {key: _redact_value(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redact_value("", item) for item in value]
    if isinstance(value, bool | int | float | None):
        return value
    return redact_text(str(value))


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace secrets by "[redacted]", by key and inside every string. A structlog processor."""
    for name in list(event):
        if not name.startswith("_"):  # structlog's own: the record it is about to format
            event[name] = _redact_value(name, event[name])
    return event


class Seldom(logging.Filter):
    """Lets one line through in `seconds`, without its traceback, and says how many it held back.

    For what fails at every request while something is away: the first line tells all there is to
    know, and thousands more would only bury it. Each process counts for itself.
    """

    def __init__(self, seconds: float = 60.0) -> None:
        super().__init__()
        self.seconds = seconds
        self._lock = threading.Lock()
        self._quiet_until = 0.0
        self._held_back = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this line is written; it is made short where it is."""
        with self._lock:
            if record.created < self._quiet_until:
                self._held_back += 1
                return False
            self._quiet_until, held_back = record.created + self.seconds, self._held_back
            self._held_back = 0
        text = record.getMessage()
        if record.exc_info and record.exc_info[1]:
            text += f": {type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
        if held_back:
            text += f" ({held_back} more since the last line)"
        record.msg, record.args, record.exc_info, record.exc_text = text, (), None, None
        return True


def refused_in_one_line(record: logging.LogRecord) -> bool:
    """Leaves out the traceback of a refusal, which is no error: the line says all there is."""
    if record.exc_info and isinstance(record.exc_info[1], PermissionDenied):
        record.exc_info = record.exc_text = None
    return True


def logging_config(*, level: str, json_lines: bool) -> dict[str, Any]:
    """Set up structlog, and return Django's LOGGING.

    `level` is the least severe level that is written; `json_lines` gives one JSON object a line
    for a log collector, otherwise lines to read in a terminal.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso" if json_lines else "%H:%M:%S", utc=json_lines),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json_lines
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,
            pad_event_to=0,
        )
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "events": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    redact,
                    renderer,
                ],
            }
        },
        "filters": {
            # Two of one kind: each counts for the logger that has it.
            "seldom_cache": {"()": Seldom},
            "seldom_storefronts": {"()": Seldom},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "events"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own handlers would write lines twice, and unredacted.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.request": {"filters": [refused_in_one_line]},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            # At DEBUG it writes whole requests and answers, with names and addresses.
            "stripe": {"level": "WARNING"},
            # What fails at every request while Redis is away.
            "shop.cache": {"filters": ["seldom_cache"]},
            "shop.storefronts.caching": {"filters": ["seldom_storefronts"]},
        },
    }
