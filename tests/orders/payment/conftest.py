"""A server that answers for the four sites and for the sandbox gateway."""

from urllib.parse import urlsplit

import pytest
from pytest_django.live_server_helper import LiveServer


@pytest.fixture
def site_url(live_server: LiveServer) -> str:
    """The address of one of the sites on a real server; the sandbox answers on the same port."""
    from tests.orders.payment.helpers import apparel  # needs the settings

    apparel()
    return f"http://apparel.localhost:{urlsplit(live_server.url).port}"
