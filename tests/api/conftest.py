"""A network with keys, and a caller that checks what every answer must be."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

# Read before the settings are: models are imported where they are needed.
if TYPE_CHECKING:
    from shop.storefronts.models import Storefront


@pytest.fixture
def shops() -> "dict[str, Storefront]":
    from tests.factories import NetworkFactory

    return NetworkFactory()


@pytest.fixture
def keys(shops: "dict[str, Storefront]") -> dict[str, str]:
    from shop.api.base.models import PublishableKey

    return {
        slug: PublishableKey.objects.create(title=slug, storefront=shop).token
        for slug, shop in shops.items()
    }


@pytest.fixture
def call(keys: dict[str, str], shops: "dict[str, Storefront]") -> Callable[..., Any]:
    """Calls as a guest of the main storefront, unless told otherwise."""
    from tests.api.calling import Caller

    return Caller(Client(HTTP_HOST=shops["galleria"].domain), keys)
