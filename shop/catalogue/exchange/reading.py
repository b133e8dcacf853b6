"""CSV files as shops and spreadsheets write them, read row by row."""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import chain
from typing import IO

from django.utils.translation import gettext as _

MAX_CELL = 500_000
"""Characters that a cell may hold; what is longer is no text for a product."""
MAX_LINE = 64 * 1024 * 1024
"""Bytes of a line, and characters of a cell, that are read at all; it bounds memory."""
MAX_INTEGER = 2_147_483_647

_ADDRESS = re.compile(r"https?://[^\s/]\S*")
_DECIMAL_COMMA = re.compile(r"-?\d+,\d{1,2}")
_QUOTED = re.compile(r'"[^"]*"')


class CsvProblem(Exception):
    """Why a file, or a product in it, cannot be imported: line (from 1), column name, reason."""

    def __init__(self, reason: str, line: int | None = None, column: str | None = None) -> None:
        where = [_("line %s") % line] if line else []
        where += [_("column “%s”") % column] if column else []
        super().__init__(f"{', '.join(where)}: {reason}" if where else reason)
        self.line, self.column, self.reason = line, column, reason


type Refuse = Callable[[CsvProblem], None]
"""What happens to a product that cannot be imported: raise the problem, or keep it and go on."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it starts on, and its cells by column, blanks around them cut off."""

    line: int
    cells: Mapping[str, str]
    names: Mapping[str, str]
    """What the file calls the columns."""
    fault: CsvProblem | None = None
    """Why the row as a whole is not to be trusted."""

    def get(self, column: str, max_length: int | None = None) -> str:
        """A cell; empty where the file has no such column."""
        value = self.cells.get(column, "")
        if max_length is not None and len(value) > max_length:
            raise self.problem(
                column,
                _("%(number)s characters, but %(limit)s are the limit")
                % {"number": len(value), "limit": max_length},
            )
        return value

    def problem(self, column: str, reason: str) -> CsvProblem:
        """What is wrong with a cell of this row."""
        return CsvProblem(reason, self.line, self.names.get(column, column))

    def money(self, column: str) -> Decimal | None:
        """An amount in major units, zero or more, with two decimals at most; None where blank."""
        text = self.get(column)
        if not text:
            return None
        amount = _number(text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text)
        if amount is None:
            raise self.problem(column, _("“%s” is not a price; write it like 1299.00") % text[:80])
        if amount < 0:
            raise self.problem(column, _("%s is negative") % text)
        if amount >= 10**10:
            raise self.problem(column, _("%s is too much") % text)
        cents = amount.quantize(Decimal("0.01"))
        if cents != amount:
            raise self.problem(column, _("%s has more than two decimals") % text)
        return cents

    def integer(self, column: str, least: int = 0) -> int:
        """A whole number, never less than `least`; `least` where blank."""
        text = self.get(column)
        number = _number(text or str(least))
        if number is None or number != number.to_integral_value():
            raise self.problem(column, _("“%s” is not a whole number") % text[:80])
        if number > MAX_INTEGER:
            raise self.problem(column, _("%s is too much") % text)
        return max(int(number), least)

    def measure(self, column: str, unit: Decimal) -> int:
        """A measure in this unit, as a whole number of the smaller one; 0 where blank."""
        text = self.get(column)
        number = _number(text.replace(",", ".") or "0")
        if number is None:
            raise self.problem(column, _("“%s” is not a number") % text[:80])
        if number * unit > MAX_INTEGER:
            raise self.problem(column, _("%s is too much") % text)
        return max(round(number * unit), 0)

    def choice[T](self, column: str, choices: Mapping[str, T]) -> T:
        """What a word stands for; case does not matter."""
        text = self.get(column)
        if text.lower() not in choices:
            raise self.problem(
                column,
                _("“%(text)s” is none of %(known)s")
                % {"text": text[:80], "known": ", ".join(word for word in choices if word)},
            )
        return choices[text.lower()]

    def short(self, column: str, value: str, limit: int) -> str:
        """A part of a cell that must not be longer than that."""
        if len(value) > limit:
            raise self.problem(
                column,
                _("“%(start)s…” is longer than %(limit)s characters")
                % {"start": value[:40], "limit": limit},
            )
        return value

    def checked_address(self, column: str, text: str) -> str:
        """The address of a picture, or nothing."""
        if text and not _ADDRESS.fullmatch(self.short(column, text, 2000)):
            raise self.problem(column, _("“%s” is not an http or https address") % text[:80])
        return text

    def address(self, column: str) -> str:
        """A cell that holds the address of a picture, or nothing."""
        return self.checked_address(column, self.get(column))


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and number.adjusted() < 30 else None


class Table:
    """A CSV file opened in binary mode that can be sought; its header is read at once.

    encoding: of the text; without one it is UTF-8, or UTF-16 where the file begins with that byte
    order mark. Commas, semicolons and tabs are told apart by the header.

    Raises CsvProblem for what is no such file, here and while the rows are read.
    """

    def __init__(self, file: IO[bytes], encoding: str = "") -> None:
        # The limit belongs to the whole process and guards memory; ours is checked cell by cell.
        csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE))
        self._file = file
        self.size = file.seek(0, io.SEEK_END)
        file.seek(0)
        self._lines = _decoded(file, encoding)
        blank: list[str] = []
        for line in self._lines:
            blank.append(line)
            if line.strip():
                break
        else:
            raise CsvProblem(_("the file is empty"))
        bare = _QUOTED.sub("", line)
        separator = max(",;\t", key=bare.count)
        self._reader = csv.reader(chain(blank, self._lines), delimiter=separator, strict=True)
        self.header_line, self.header = next(self._records())
        if any("\0" in cell for cell in self.header):
            raise CsvProblem(_("a zero byte: this is not a CSV file"), self.header_line)

    @property
    def position(self) -> int:
        """Bytes read so far, more or less: what is read ahead counts."""
        return self._file.tell()

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        while True:
            line = self._reader.line_num + 1
            try:
                cells = next(self._reader, None)
            except csv.Error as problem:
                raise CsvProblem(_("not valid CSV: %s") % problem, line) from problem
            if cells is None:
                return
            cells = [cell.strip() for cell in cells]
            if any(cells):
                yield line, cells

    def named(self, columns: Mapping[str, str], required: Iterable[str], kind: str) -> list[str]:
        """The header in the words of a format.

        columns: what the format calls a column, by its name in small letters. Raises CsvProblem
        where a required column is missing or one is named twice.
        """
        names = [columns.get(cell.casefold(), cell) for cell in self.header]
        missing = [column for column in required if column not in names]
        if missing:
            raise CsvProblem(
                _("no column %(columns)s; this is not %(kind)s")
                % {"columns": ", ".join(f"“{column}”" for column in missing), "kind": kind},
                self.header_line,
            )
        for number, name in enumerate(names):
            if name and name in names[:number]:
                raise CsvProblem(
                    _("the header names it twice"), self.header_line, self.header[number]
                )
        return names

    def rows(self, names: list[str]) -> Iterator[Row]:
        """The rows below the header, their cells under these names, one at a time."""
        called = dict(zip(names, self.header, strict=True))
        for line, cells in self._records():
            fault = None
            if len(cells) != len(names):
                fault = CsvProblem(
                    _("%(number)s columns, but the header has %(wanted)s")
                    % {"number": len(cells), "wanted": len(names)},
                    line,
                )
            for name, cell in zip(self.header, cells, strict=False):
                if "\0" in cell:
                    fault = CsvProblem(_("a zero byte"), line, name)
                elif len(cell) > MAX_CELL:
                    reason = _("%(number)s characters, but %(limit)s are the limit")
                    fault = CsvProblem(
                        reason % {"number": len(cell), "limit": MAX_CELL}, line, name
                    )
            kept = zip(names, cells, strict=False)
            yield Row(line, dict(kept) if fault is None else _short_cells(kept), called, fault)


def _short_cells(cells: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The cells of a faulty row that may tell which product it belongs to."""
    return {name: cell for name, cell in cells if len(cell) <= 1000}


def _decoded(file: IO[bytes], encoding: str) -> Iterator[str]:
    start = file.read(3)
    file.seek(0)
    if not encoding and start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    encoding = encoding or "utf-8"
    if start.startswith(codecs.BOM_UTF8):
        encoding = "utf-8-sig"
    try:
        wide = "\n".encode(encoding)[-1:] != b"\n" or len("\n".encode(encoding)) > 1
    except LookupError as problem:
        raise CsvProblem(_("“%s” is no encoding that is known here") % encoding) from problem
    if encoding == "utf-8-sig":
        file.seek(len(codecs.BOM_UTF8))
        encoding, wide = "utf-8", False
    return _wide_lines(file, encoding) if wide else _plain_lines(file, encoding)


def _plain_lines(file: IO[bytes], encoding: str) -> Iterator[str]:
    number = 0
    while raw := file.readline(MAX_LINE + 1):
        number += 1
        if len(raw) > MAX_LINE:
            raise CsvProblem(_("longer than %s bytes") % MAX_LINE, number)
        try:
            yield raw.decode(encoding)
        except UnicodeDecodeError as problem:
            raise CsvProblem(
                _(
                    "not %(encoding)s text (byte 0x%(byte)02x at position %(position)s); "
                    "save it as “CSV UTF-8” or name its encoding"
                )
                % {
                    "encoding": encoding.upper(),
                    "byte": raw[problem.start],
                    "position": problem.start + 1,
                },
                number,
            ) from problem


def _wide_lines(file: IO[bytes], encoding: str) -> Iterator[str]:
    text = io.TextIOWrapper(file, encoding, newline="")
    number = 0
    try:
        while line := text.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                raise CsvProblem(_("longer than %s bytes") % MAX_LINE, number)
            yield line
    except UnicodeError as problem:
        raise CsvProblem(_("not %s text from here on") % encoding.upper(), number + 1) from problem
    finally:
        if not file.closed:
            text.detach()
