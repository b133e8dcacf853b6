"""Starts one demo and one browser for all checks, looks at every page once, and prints figures."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.figures import figures, is_named, pytest_terminal_summary
from tests.pages import node
from tests.pages.running import Demo, running_browser, running_demo
from tests.pages.survey import Survey, look_at_everything

__all__ = ["figures", "pytest_terminal_summary"]


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Leave these to `make test-pages`, which names them: they need Node, and minutes."""
    return None if is_named(config, "pages") else True


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The four shops, with what the demo sells."""
    node.have_tools()
    with running_demo(tmp_path_factory.mktemp("pages")) as demo:
        yield demo


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all."""
    with running_browser() as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A new shopper with an empty cart."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(45_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """The shopper's window."""
    return context.new_page()


@pytest.fixture(scope="session")
def survey(
    demo: Demo, browser: Browser, figures: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Survey:
    """Every page of every site, seen light and dark, wide and narrow."""
    started = time.monotonic()
    folder: Path = tmp_path_factory.mktemp("html")
    survey = look_at_everything(demo, browser, folder)
    figures.append(
        f"survey: {len(survey.views)} views of {len(survey.names)} pages on 4 sites "
        f"in {time.monotonic() - started:.0f} s"
    )
    return survey
