"""The picture that goes along when somebody shares a page: a card in the storefront's colours.

A PNG, since most services take no SVG. Text is set in the font that Pillow carries; what that font
has no letters for (Chinese, for example) is left out rather than shown as boxes.
"""

import io
import textwrap
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from shop.catalogue.drawing import Palette
from shop.storefronts.models import Storefront

SIZE = (1200, 630)
"""Width and height in pixels, as Open Graph's readers like it."""
MARGIN = 80
LINES = 3
"""Lines of a title that fit."""


@dataclass(frozen=True)
class Face:
    """A theme's colours on a card, as #rrggbb."""

    ground: str
    text: str
    mark: str


FACES = {
    Storefront.Theme.GALLERIA: Face("#f8f7f4", "#1c1d1a", "#1f4d45"),
    Storefront.Theme.APPAREL: Face("#ffffff", "#0a0a0a", "#e0352b"),
    Storefront.Theme.JEWELRY: Face("#141a33", "#f3eee2", "#dcbc7c"),
    Storefront.Theme.HOME: Face("#fbf4e9", "#33251b", "#b4532a"),
}


def share_card(storefront: Storefront, title: str, palette: Palette | None = None) -> bytes:
    """A card with the storefront's name and a title, as PNG.

    palette: of the thing the page is about; without one the card shows the theme's own colour.
    """
    face = FACES[Storefront.Theme(storefront.theme)]
    card = Image.new("RGB", SIZE, face.ground)
    draw = ImageDraw.Draw(card)
    disc = (SIZE[0] - 400, -90, SIZE[0] + 200, 510)
    draw.ellipse(disc, fill=palette.main if palette else face.mark)
    draw.rectangle((0, SIZE[1] - 24, SIZE[0], SIZE[1]), fill=face.mark)
    if (name := drawable(storefront.name)) is not None:
        draw.text((MARGIN, MARGIN), name, fill=face.text, font=ImageFont.load_default(44))
    if (text := drawable(title)) is not None:
        lines = textwrap.wrap(text, 22, max_lines=LINES, placeholder=" …")
        font = ImageFont.load_default(72)
        top = SIZE[1] - MARGIN - 24 - 92 * len(lines)
        for number, line in enumerate(lines):
            draw.text((MARGIN, top + 92 * number), line, fill=face.text, font=font)
    out = io.BytesIO()
    card.quantize(64).save(out, "PNG", optimize=True)
    return out.getvalue()


def drawable(text: str) -> str | None:
    """The text if the font has letters for all of it, else None."""
    try:
        text.replace("’", "'").replace("–", "-").replace("…", "").encode("latin-1")
    except UnicodeEncodeError:
        return None
    return text.replace("’", "'").replace("–", "-") or None
