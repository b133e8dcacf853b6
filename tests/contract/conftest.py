"""One demo for what other people's programs do with the Store API."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pages import node
from tests.pages.running import Demo, running_demo


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Leave these to `make test-api`, which names them: they need Node, and minutes."""
    return None if any("contract" in Path(each).parts for each in config.args) else True


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The four shops, with what the demo sells and the demo's publishable keys."""
    node.have_tools()
    unlimited = {"API_RATE_KEY": "1000000/min", "API_RATE_CUSTOMER": "1000000/min"}
    with running_demo(tmp_path_factory.mktemp("contract"), **unlimited) as demo:
        yield demo
