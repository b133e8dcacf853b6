"""One demo for what other people's programs do with the Store API."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pages import node
from tests.pages.running import Demo, running_demo

_figures: list[str] = []


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Leave these to `make test-api`, which names them: they need Node, and minutes."""
    return None if any("contract" in Path(each).parts for each in config.args) else True


@pytest.fixture(scope="session")
def figures() -> list[str]:
    """Lines that the run ends with: each check adds what it has counted."""
    return _figures


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures."""
    if _figures:
        terminalreporter.section("figures")
        for line in _figures:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The four shops, with what the demo sells and the demo's publishable keys."""
    node.have_tools()
    names = ("API_RATE_KEY", "API_RATE_CUSTOMER", "API_RATE_ADDRESS")
    unlimited = dict.fromkeys(names, "1000000/min")
    with running_demo(tmp_path_factory.mktemp("contract"), **unlimited) as demo:
        yield demo
