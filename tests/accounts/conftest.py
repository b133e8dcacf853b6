"""The four storefronts, for every test of accounts that asks for them."""

from typing import Any

import pytest


@pytest.fixture
def shops(db: None) -> dict[str, Any]:
    """Galleria, the main site, and apparel, jewelry and home."""
    from tests.factories import NetworkFactory  # needs the settings

    return NetworkFactory()
