"""The page for those who build pages."""

from typing import Any

import pytest
from django.test import Client

from shop.window.styleguide import tokens
from tests.factories import NetworkFactory, ProductFactory

pytestmark = pytest.mark.django_db


def test_it_shows_every_token_in_every_face_where_it_is_allowed(settings: Any) -> None:
    settings.DEMO = True
    NetworkFactory()
    ProductFactory(title="Lamp")

    text = Client(headers={"host": "galleria.example"}).get("/styleguide/").content.decode()

    for theme in ("galleria", "apparel", "jewelry", "home"):
        assert f'class="face" data-theme="{theme}"' in text
    assert {"accent", "bg", "sale"} <= set(tokens()["colours"])
    assert tokens()["spaces"] == [f"space-{number}" for number in range(1, 9)]
    for name in tokens()["colours"]:
        assert text.count(f'swatch--{name}"') == 4
    assert text.count("Lamp") >= 4


def test_shoppers_do_not_find_it() -> None:
    NetworkFactory()

    assert Client(headers={"host": "galleria.example"}).get("/styleguide/").status_code == 404
