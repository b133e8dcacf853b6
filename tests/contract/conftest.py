"""One demo for what other people's programs do with the Store API."""

from collections.abc import Iterator

import pytest

from tests.figures import figures, is_named, pytest_terminal_summary
from tests.pages import node
from tests.pages.running import Demo, running_demo

__all__ = ["figures", "pytest_terminal_summary"]


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Leave these to `make test-api`, which names them: they need Node, and minutes."""
    return None if is_named(config, "contract") else True


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The four shops, with what the demo sells and the demo's publishable keys."""
    node.have_tools()
    names = ("API_RATE_KEY", "API_RATE_CUSTOMER", "API_RATE_ADDRESS")
    unlimited = dict.fromkeys(names, "1000000/min")
    with running_demo(tmp_path_factory.mktemp("contract"), **unlimited) as demo:
        yield demo
