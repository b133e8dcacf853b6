"""The network, and one browser at a time. Tests run engine by engine."""

from collections.abc import Callable, Iterator

import pytest

from .engines import ANYWHERE, ENGINES, Engine
from .server import Network, running
from .shopper import Shopper

Launch = Callable[..., Shopper]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.engines)


@pytest.fixture(scope="session")
def running_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with running(tmp_path_factory.mktemp("network")) as network:
        yield network


@pytest.fixture
def network(running_network: Network) -> Network:
    running_network.tidy()
    return running_network


@pytest.fixture(scope="session", params=list(ENGINES))
def engine_class(request: pytest.FixtureRequest) -> type[Engine]:
    found: type[Engine] = ENGINES[request.param]
    return found


@pytest.fixture
def launch(engine_class: type[Engine], network: Network) -> Iterator[Launch]:
    """Starts the test's browser. refuses: the sites on which it keeps no cookies."""
    started: list[Engine] = []

    def start(refuses: tuple[str, ...] = (), *, to_purge: bool = False) -> Shopper:
        origins = {site if site == ANYWHERE else network.url(site, "") for site in refuses}
        started.append(engine_class(frozenset(origins), to_purge=to_purge))
        return Shopper(started[0], network)

    yield start
    for engine in started:
        engine.close()


@pytest.fixture
def shopper(launch: Launch) -> Shopper:
    return launch()
