"""What the Store API takes in: JSON bodies and query strings, and what it makes of bad ones."""

import contextlib
import io
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError

from shop.api.base import wire
from shop.api.base.errors import InvalidData


def parse(raw: bytes) -> dict[str, Any]:
    return wire.StoreParser().parse(io.BytesIO(raw))


@pytest.mark.parametrize(
    ("raw", "body"), [(b"", {}), (b" \n", {}), (b"{}", {}), (b'{"a": [1.5]}', {"a": [1.5]})]
)
def test_a_body_is_an_object_and_none_is_an_empty_one(raw: bytes, body: dict[str, Any]) -> None:
    assert parse(raw) == body


@pytest.mark.parametrize(
    "raw",
    [
        b"[]",
        b"null",
        b"1",
        b'"text"',
        b"{",
        b"{'a': 1}",
        b"a=b",
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'{"a": ["\\ud800"]}',
        b"[" * 50_000,
        b'{"a":' * 10_000,
    ],
)
def test_anything_else_is_refused(raw: bytes) -> None:
    with pytest.raises(ParseError, match="The body is not"):
        parse(raw)


def test_a_large_body_is_not_read_to_its_end() -> None:
    stream = io.BytesIO(b" " * (wire.LARGEST_BODY * 10))
    with pytest.raises(ParseError, match="larger than 64 KiB"):
        wire.StoreParser().parse(stream)
    assert stream.tell() == wire.LARGEST_BODY + 1


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(raw: bytes) -> None:
    with contextlib.suppress(ParseError):
        assert isinstance(parse(raw), dict)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("id=a", ["a"]),
        ("id[]=a&id[]=b", ["a", "b"]),
        ("id[0]=a&id[1]=b", ["a", "b"]),
        ("id%5B0%5D=a", ["a"]),
        ("id=a&id[5]=b", ["a", "b"]),
        ("ids=a&id[x]=b&id[0][0]=c&xid=d", []),
        ("id=", [""]),
        ("", []),
    ],
)
def test_values_are_read_however_qs_writes_them(query: str, found: list[str]) -> None:
    assert wire.values(QueryDict(query), "id") == found


def test_a_value_no_database_takes_is_refused() -> None:
    with pytest.raises(InvalidData):
        wire.values(QueryDict("handle=a%00b"), "handle")


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("", (50, 0)),
        ("limit=12&offset=24", (12, 24)),
        ("limit=1000", (100, 0)),
        ("limit=&offset=", (50, 0)),
        ("offset=999999999", (50, 1_000_000)),
    ],
)
def test_pages(query: str, page: tuple[int, int]) -> None:
    assert wire.paging(QueryDict(query)) == page


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=x", "limit=1.5", "offset=-1", "limit=٣", "offset=1e3"]
)
def test_a_page_that_is_no_number_is_refused(query: str) -> None:
    with pytest.raises(InvalidData, match="a whole number"):
        wire.paging(QueryDict(query))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("prod_12", 12),
        ("prod_0", None),
        ("prod_012", None),
        ("prod_-1", None),
        ("variant_12", None),
        ("prod_12 ", None),
        ("prod_" + "9" * 19, None),
        ("", None),
        (None, None),
    ],
)
def test_ids(text: str | None, number: int | None) -> None:
    assert wire.numbered("prod", text) == number


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (Decimal("10.00"), "10"),
        (Decimal("10.50"), "10.5"),
        (Decimal("0.00"), "0"),
        (Decimal("1234567.89"), "1234567.89"),
        (None, "None"),
    ],
)
def test_money_is_a_number_in_major_units(amount: Decimal | None, shown: str) -> None:
    assert str(wire.number(amount)) == shown
