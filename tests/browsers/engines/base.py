"""What a test may do with a browser."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

ANYWHERE = "*"


class Cookie(NamedTuple):
    """A cookie as the browser holds it. `same_site`: "Lax", "Strict", "None" or ""."""

    name: str
    host: str
    path: str
    secure: bool
    http_only: bool
    same_site: str


class Engine(ABC):
    """A browser with a new profile.

    refuses: origins on which it keeps no cookies; ANYWHERE for all. to_purge: `purge` is wanted.
    """

    name: str
    transport: int
    """Status of the answer by which this engine is moved."""

    def __init__(self, refuses: frozenset[str] = frozenset(), *, to_purge: bool = False) -> None:
        self.refuses, self.to_purge = refuses, to_purge
        self.folder = Path(tempfile.mkdtemp(prefix=f"galleria-{self.name}-"))
        try:
            self._launch()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the browser and delete its profile."""
        try:
            self._quit()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    @abstractmethod
    def _launch(self) -> None: ...

    @abstractmethod
    def _quit(self) -> None: ...

    @abstractmethod
    def goto(self, url: str) -> None:
        """Type an address. Does not wait for the page; an error page is no error."""

    @abstractmethod
    def click(self, selector: str) -> None:
        """Click as a person does."""

    @abstractmethod
    def run(self, script: str) -> object:
        """What a script in the page returns."""

    @abstractmethod
    def text(self, selector: str) -> str | None:
        """The text of an element; None where there is none now."""

    @property
    @abstractmethod
    def url(self) -> str:
        """What the address bar shows."""

    @abstractmethod
    def new_tab(self) -> None:
        """Open a tab and show it."""

    @abstractmethod
    def show_tab(self, number: int) -> None:
        """Show a tab; the first is 0."""

    @abstractmethod
    def cookies(self, origin: str) -> list[Cookie]:
        """What the browser's jar holds for a site."""

    @abstractmethod
    def clear(self, origin: str, part: str = "") -> None:
        """Delete a site's cookies whose names have this part; the page shown stays."""

    @abstractmethod
    def purge(self, origin: str) -> None:
        """Have the engine itself delete what it takes for the data of a bounce tracker."""


def host_of(origin: str) -> str:
    return urlsplit(origin).hostname or ""


def end_group(process: subprocess.Popen[bytes] | None) -> None:
    """End a process that leads a group of its own, and all it has started."""
    if process is None:
        return
    for how in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
