"""Lines that a run of checks ends with: each check adds what it has counted.

For the conftest of a folder that `make test` leaves to a target of its own.
"""

from pathlib import Path

import pytest

_figures: list[str] = []


def is_named(config: pytest.Config, folder: str) -> bool:
    """Whether the run was asked for this folder by name."""
    return any(folder in Path(each).parts for each in config.args)


@pytest.fixture(scope="session")
def figures() -> list[str]:
    """The lines."""
    return _figures


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the lines."""
    if _figures:
        terminalreporter.section("figures")
        for line in _figures:
            terminalreporter.write_line(line)
