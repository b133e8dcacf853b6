"""How the Store API reads and writes: JSON bodies, and query strings as `qs` makes them."""

import json
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

from django.http import QueryDict
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from .errors import InvalidData

LARGEST_BODY = 64 * 1024
"""Bytes of a request's body that are read."""
LARGEST_PAGE = 100
LARGEST_OFFSET = 1_000_000


class StoreParser(BaseParser):
    """Any body is JSON and an object, whatever its content type says; none is `{}`."""

    media_type = "*/*"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The body. Raises ParseError for what is no JSON object, or a large one."""
        raw = stream.read(LARGEST_BODY + 1)
        if len(raw) > LARGEST_BODY:
            raise ParseError(f"The body is larger than {LARGEST_BODY // 1024} KiB.")
        if not raw.strip():
            return {}
        try:
            body = json.loads(raw, parse_constant=_refuse_constant)
            _refuse_odd(body)
        except (ValueError, RecursionError):
            raise ParseError("The body is not valid JSON.") from None
        if not isinstance(body, dict):
            raise ParseError("The body is not a JSON object.")
        return body


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _refuse_odd(value: Any) -> None:
    """Refuse what JSON lets through and no database takes: NUL, half a surrogate pair, infinity."""
    if isinstance(value, str):
        value.encode()
        if "\x00" in value:
            raise ValueError("NUL")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("infinity")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _refuse_odd(name)
            _refuse_odd(inner)
    elif isinstance(value, list):
        for inner in value:
            _refuse_odd(inner)


class AnyAccept(BaseContentNegotiation):
    """JSON in, JSON out, whatever the headers ask for."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """The one parser."""
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The one renderer."""
        return renderers[0], renderers[0].media_type


class StoreRenderer(JSONRenderer):
    """JSON in UTF-8, without escapes that only make it longer."""

    charset = None


def number(amount: Decimal | None) -> float | int | None:
    """Money in major units as a JSON number: 10.5, and 10 without a fraction."""
    if amount is None:
        return None
    return int(amount) if amount == amount.to_integral_value() else float(amount)


_INDEXED = re.compile(r"(?P<name>[a-z_]+)(?:\[\d*\])?", re.IGNORECASE)


def values(query: QueryDict, name: str) -> list[str]:
    """All values of `name`, written as `name`, `name[]` or `name[0]`, in their order."""
    found: list[str] = []
    for key, each in query.lists():
        match = _INDEXED.fullmatch(key)
        if match and match["name"] == name:
            found += [str(value) for value in each]
    if any("\x00" in value for value in found):
        raise InvalidData(f"{name}: not a valid value.")
    return found


def value(query: QueryDict, name: str) -> str | None:
    """The last value of `name`; None where there is none."""
    found = values(query, name)
    return found[-1] if found else None


def is_yes(query: QueryDict, name: str) -> bool:
    """Whether `name` is said to be true. Raises InvalidData for what is neither true nor false."""
    text = (value(query, name) or "false").lower()
    if text not in {"true", "false", "1", "0"}:
        raise InvalidData(f"{name}: true or false is expected.")
    return text in {"true", "1"}


def paging(query: QueryDict, default: int = 50) -> tuple[int, int]:
    """`limit` and `offset`. Raises InvalidData for what is no number; a large limit is cut."""
    limit = _whole(query, "limit", default, 1, None)
    offset = _whole(query, "offset", 0, 0, LARGEST_OFFSET)
    return min(limit, LARGEST_PAGE), offset


def _whole(query: QueryDict, name: str, default: int, least: int, most: int | None) -> int:
    text = value(query, name)
    if text in {None, ""}:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", str(text)) or int(str(text)) < least:
        raise InvalidData(f"{name}: a whole number from {least} up is expected.")
    return min(int(str(text)), most) if most is not None else int(str(text))


def numbered(prefix: str, text: str | None) -> int | None:
    """The number in an id like `prod_12`; None where it is no such id."""
    match = re.fullmatch(rf"{prefix}_([1-9][0-9]{{0,17}})", text or "")
    return int(match[1]) if match else None
