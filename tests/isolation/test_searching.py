"""The search finds a mark wherever it hides: a search that is blind would prove nothing."""

import base64
import gzip
import json
import zlib
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.core import signing

from tests.isolation.people import Person
from tests.isolation.searching import marks_in

ADA, BOB = Person("kanari0a1b2c3d4e"), Person("kanari99887766ff")
NAMES = f"Dear {ADA.mark}, there is no {BOB.mark} here."
BOTH = {ADA.mark, BOB.mark}
KEY = "k" * 50


def percent(text: str) -> bytes:
    """Every character, not only those that need it."""
    return "".join(f"%{ord(character):02x}" for character in text).encode()


def entities(text: str) -> bytes:
    return "".join(f"&#{ord(character)};" for character in text).encode()


def some_entities(text: str) -> bytes:
    return text.replace("a", "&#x61;").replace("0", "&amp;#48;").encode()


def json_escapes(text: str) -> bytes:
    escaped = "".join(f"\\u{ord(character):04x}" for character in text)
    assert json.loads(f'"{escaped}"') == text
    return escaped.encode()


def signed(text: str) -> bytes:
    return signing.dumps(
        {"mail": text * 20}, key=KEY, salt="s", compress=True, serializer=signing.JSONSerializer
    ).encode()


ENCODINGS: list[Callable[[str], bytes]] = [
    str.encode,
    lambda text: text.upper().encode(),
    lambda text: quote(text.replace("k", "%6b")).encode(),
    percent,
    entities,
    some_entities,
    json_escapes,
    lambda text: json.dumps(json.dumps({"name": text})).encode(),
    lambda text: text.encode().hex().encode(),
    lambda text: repr(text.encode().hex()).upper().encode(),
    *(
        lambda text, before=before: base64.b64encode(b"-" * before + text.encode())
        for before in range(4)
    ),
    *(
        lambda text, before=before: (
            b"x" * before + base64.urlsafe_b64encode(b"\xfb" + text.encode())
        )
        for before in range(4)
    ),
    lambda text: base64.b64encode(text.encode()).rstrip(b"="),
    lambda text: gzip.compress(text.encode()),
    lambda text: b"KEY: https://x/\nhead\r\n\r\n" + gzip.compress(text.encode()),
    lambda text: zlib.compress(text.encode()),
    lambda text: base64.b64encode(zlib.compress(text.encode())),
    lambda text: percent(base64.b64encode(text.encode()).decode()),
    signed,
]


@pytest.mark.parametrize("encode", ENCODINGS)
def test_a_mark_is_found_however_it_is_written(encode: Callable[[str], bytes]) -> None:
    assert marks_in(b"<p>before " + encode(NAMES) + b" after</p>") == BOTH


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"kanari",
        b"kanari0a1b2c3d4",  # one character short
        b"a canary, kanari-0a1b2c3d4e",
        b"%zz &#; \\u00 \\x",
        b"\x1f\x8b\x08 no gzip",
        b"eJ" + b"A" * 40,
        bytes(range(256)) * 40,
    ],
)
def test_nothing_is_found_where_nothing_is(data: bytes) -> None:
    assert marks_in(data) == frozenset()


def test_all_that_a_person_types_carries_their_mark() -> None:
    # Given what is personal, but for what must be a number or a country
    plain = {"postal_code", "province", "country_code", "phone"}
    typed = {name: text for name, text in ADA.address.items() if name not in plain}

    # Then each of it names them and nobody else
    for text in (ADA.email, ADA.wish, *typed.values()):
        assert marks_in(text.encode()) == {ADA.mark}


def test_no_two_people_have_the_same_mark() -> None:
    assert len({Person().mark for _ in range(1000)}) == 1000
