"""Tables for a terminal: by rich where it is installed, else plain columns."""

import io
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field

try:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    HAS_RICH = True
except ImportError:
    HAS_RICH = False

WIDE = 160
"""Columns of a terminal that does not say how wide it is: a pipe, a log."""
STYLES = {"ok": "green", "warn": "yellow", "FAIL": "bold red"}
"""How cells with these words look."""


@dataclass(slots=True)
class Table:
    """Rows under headings. Cells are shown as text; numbers stand at the right."""

    title: str
    headings: Sequence[str]
    rows: list[Sequence[object]] = field(default_factory=list)

    def render(self, *, colour: bool) -> str:
        """The table as lines. colour: for a terminal."""
        return self._rich(colour=colour) if HAS_RICH else self._plain()

    def _is_number(self, column: int) -> bool:
        return bool(self.rows) and all(isinstance(row[column], int) for row in self.rows)

    def _rich(self, *, colour: bool) -> str:
        table = RichTable(box=SIMPLE_HEAD, pad_edge=False)
        for column, heading in enumerate(self.headings):
            is_last = column == len(self.headings) - 1
            table.add_column(
                heading,
                justify="right" if self._is_number(column) else "left",
                overflow="fold",
                no_wrap=not is_last,
            )
        for row in self.rows:
            table.add_row(*(Text(str(cell), style=STYLES.get(str(cell), "")) for cell in row))
        out = io.StringIO()
        width = shutil.get_terminal_size((WIDE, 40)).columns if colour else WIDE
        Console(file=out, force_terminal=colour, no_color=not colour, width=width).print(table)
        return "\n".join(line.rstrip() for line in [self.title, *out.getvalue().splitlines()])

    def _plain(self) -> str:
        rows = [self.headings, *([str(cell) for cell in row] for row in self.rows)]
        widths = [max(len(row[n]) for row in rows) for n in range(len(self.headings))]
        numbers = [self._is_number(n) for n in range(len(self.headings))]
        lines = [
            "  ".join(
                cell.rjust(width) if is_number else cell.ljust(width)
                for cell, width, is_number in zip(row, widths, numbers, strict=True)
            ).rstrip()
            for row in rows
        ]
        rule = "  ".join("-" * width for width in widths)
        return "\n".join([self.title, "", lines[0], rule, *lines[1:], ""])
