"""A bar on the terminal while a long file is worked on; nothing elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from .importing import OnProgress


@contextmanager
def shown_progress(what: str, stream: TextIO | None = None) -> Iterator[OnProgress | None]:
    """A function to call with what is done and how much there is; None without a terminal.

    The bar is rich's where that is installed, else a line that is written over.
    """
    stream = stream or sys.stderr
    if not stream.isatty():
        yield None
        return
    try:
        from rich.console import Console
        from rich.progress import Progress  # demo and development have it, a server may not
    except ImportError:
        yield lambda done, total: _write(stream, f"\r{what} {100 * done // max(total, 1):3d}%")
        _write(stream, "\n")
        return
    with Progress(console=Console(file=stream), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _write(stream: TextIO, text: str) -> None:
    stream.write(text)
    stream.flush()
