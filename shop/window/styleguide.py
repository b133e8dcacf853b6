"""The living page of what the other pages are made of: /styleguide/."""

import re
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders

from shop.catalogue.queries import products_on, with_cards
from shop.storefronts.models import Storefront

TOKENS = "shop/css/tokens.css"
_TOKEN = re.compile(r"^\s+--([a-z0-9-]+): (.+);$", re.MULTILINE)
_COLOUR = re.compile(r"^(light-dark\(|#)")


def tokens() -> dict[str, list[str]]:
    """The names of the tokens, read from the style sheet itself: colours, type sizes, spaces."""
    path = finders.find(TOKENS)
    found = _TOKEN.findall(Path(str(path)).read_text(encoding="utf-8"))
    names = dict(found)
    return {
        "colours": [name for name, value in names.items() if _COLOUR.match(value)],
        "texts": [name for name in names if name.startswith("text-")],
        "spaces": [name for name in names if name.startswith("space-")],
    }


def specimens(storefront: Storefront) -> dict[str, Any]:
    """What the page shows: tokens, the four faces, and a few products for the cards."""
    return {
        **tokens(),
        "themes": Storefront.Theme.choices,
        "specimens": list(with_cards(products_on(storefront))[:4]),
    }
