"""Finding marks in bytes, also where they are encoded or packed."""

import base64
import html
import re
import string
import zlib
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from tests.isolation.people import MARK

DEPTH = 4
"""How many encodings may lie around one another: JSON in base64 in a form in a page."""
LONGEST = 20_000_000
"""Bytes that a packed thing may unpack to."""

_MARK = re.compile(MARK.pattern.encode(), re.IGNORECASE)
_WORD = MARK.pattern.partition("[")[0].encode()
_ESCAPE = re.compile(rb"\\(?:u00|x)([0-9a-fA-F]{2})")
_ENTITY = re.compile(rb"&(?:#\d+|#[xX][0-9a-fA-F]+|amp);?")
_HEX = re.compile(_WORD.hex().encode() + rb"[0-9a-f]{20}", re.IGNORECASE)
_PACKED_TEXT = re.compile(rb"(?:eJ|eN|H4sI)[A-Za-z0-9_+/-]{16,}")
_PACKED = {b"\x1f\x8b\x08": 31, b"\x78\x9c": 15, b"\x78\xda": 15, b"\x78\x01": 15}


def _base64_cores() -> Iterator[bytes]:
    """How the mark's first word looks in base64, at each of the three places it may begin."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + _WORD)
        first, last = -(-8 * before // 6), (before + len(_WORD)) * 8 // 6
        yield encoded[first:last]


_BASE64 = re.compile(b"|".join(map(re.escape, _base64_cores())))
_ALPHABET = (string.ascii_letters + string.digits + "+/-_").encode()
_RUN = re.compile(rb"[A-Za-z0-9_+/-]*")
REACH = 100_000
"""How far to the left of a mark its run of base64 is looked for, in bytes."""
_STANDARD = bytes.maketrans(b"-_", b"+/")


def marks_in(data: bytes, depth: int = DEPTH) -> frozenset[str]:
    """All marks in `data`, in lower case.

    Seen through: any letter case, percent-encoding, numeric HTML entities, JSON's and Python's
    escapes, hexadecimal, base64 (both alphabets, wherever it begins), gzip and zlib, one in another
    up to `depth` times. Not seen through: encryption, pictures, a PDF's own font, base64 of what
    has each letter escaped.
    """
    found: set[str] = set()
    for view in _views(data, depth):
        found.update(match.decode().lower() for match in _MARK.findall(view))
        if depth:
            for inner in _packed_in(view):
                found |= marks_in(inner, depth - 1)
    return frozenset(found)


def _views(data: bytes, depth: int) -> Iterator[bytes]:
    """The data as it is, then with its escapes undone, once and again."""
    yield data
    for _ in range(depth):
        plain = unquote_to_bytes(data) if b"%" in data else data
        if b"&" in plain:
            plain = _ENTITY.sub(_character, plain)
        if b"\\" in plain:
            plain = _ESCAPE.sub(_byte, plain)
        if plain == data:
            return
        data = plain
        yield data


def _character(entity: re.Match[bytes]) -> bytes:
    return html.unescape(entity[0].decode()).encode(errors="replace")


def _byte(escape: re.Match[bytes]) -> bytes:
    return bytes.fromhex(escape[1].decode())


def _packed_in(data: bytes) -> Iterator[bytes]:
    yield from (bytes.fromhex(match.decode()) for match in _HEX.findall(data))
    for run in {*_base64_runs(data), *_PACKED_TEXT.findall(data)}:
        yield from _unwrapped(run)
    for magic, wbits in _PACKED.items():
        at = data.find(magic)
        while at >= 0:
            if unpacked := _unpacked(data[at:], wbits):
                yield unpacked
            at = data.find(magic, at + 1)


def _base64_runs(data: bytes) -> Iterator[bytes]:
    for match in _BASE64.finditer(data):
        before = data[max(0, match.start() - REACH) : match.start()]
        start = match.start() - len(before) + len(before.rstrip(_ALPHABET))
        end = _RUN.match(data, match.end())
        yield data[start : end.end() if end else match.end()]


def _unwrapped(run: bytes) -> Iterator[bytes]:
    """A run of base64, read from each of the four places at which it may have begun."""
    for start in range(4):
        part = run[start:].translate(_STANDARD)
        if len(part) % 4 == 1:
            part = part[:-1]
        yield base64.b64decode(part + b"=" * (-len(part) % 4))


def _unpacked(data: bytes, wbits: int) -> bytes:
    """What can be unpacked from the beginning of `data`, also if its end is missing."""
    try:
        return zlib.decompressobj(wbits).decompress(data, LONGEST)
    except zlib.error:
        return b""
