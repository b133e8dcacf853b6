"""The picture that goes along when somebody shares a page: a card in the storefront's colours.

A PNG, since most services take no SVG. What no font of this machine has letters for is left out
rather than shown as boxes; see `fonts`.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from shop.catalogue.drawing import Palette
from shop.storefronts.models import Storefront
from shop.window.fonts import FOLDERS, Font, font_for

SIZE = (1200, 630)
"""Width and height in pixels, as Open Graph's readers like it."""
MARGIN = 80
NAME_SIZE, TITLE_SIZE, LINE_HEIGHT = 44, 64, 84
"""Pixels."""
LINES = 3
"""Lines of a title that fit."""
WIDTH = 700
"""Pixels that a line may be wide, so that it keeps clear of the disc."""
# A word with the blank after it, or one character of a script that is written without blanks.
_PIECE = re.compile(
    r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]|[^\s\u2e80-\u9fff\uff00-\uffef]+\s*"
)
_NEVER_FIRST = "，。、；：！？）》”’"


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


def share_card(
    storefront: Storefront,
    title: str,
    palette: Palette | None = None,
    folders: Sequence[str] = FOLDERS,
) -> bytes:
    """A card with the storefront's name and a title, as PNG.

    palette: of the thing the page is about; without one the card shows the theme's own colour.
    folders: where fonts are.
    """
    face = FACES[Storefront.Theme(storefront.theme)]
    card = Image.new("RGB", SIZE, face.ground)
    draw = ImageDraw.Draw(card)
    disc = (SIZE[0] - 400, -90, SIZE[0] + 200, 510)
    draw.ellipse(disc, fill=palette.main if palette else face.mark)
    draw.rectangle((0, SIZE[1] - 24, SIZE[0], SIZE[1]), fill=face.mark)
    name, font = font_for(storefront.name, NAME_SIZE, folders)
    if font:
        draw.text((MARGIN, MARGIN), name, fill=face.text, font=font)
    text, font = font_for(title, TITLE_SIZE, folders)
    if font:
        lines = broken(text, font)
        top = SIZE[1] - MARGIN - 24 - LINE_HEIGHT * len(lines)
        for number, line in enumerate(lines):
            draw.text((MARGIN, top + LINE_HEIGHT * number), line, fill=face.text, font=font)
    out = io.BytesIO()
    card.quantize(64).save(out, "PNG", optimize=True)
    return out.getvalue()


def broken(text: str, font: Font, width: int = WIDTH, most: int = LINES) -> list[str]:
    """The text in at most `most` lines of at most `width` pixels; "…" stands for what is left out.

    Between words, and anywhere in a script without blanks, but before no punctuation mark.
    """
    lines = [""]
    for piece in _PIECE.findall(text):
        longer = lines[-1] + piece
        if not lines[-1] or piece in _NEVER_FIRST or font.getlength(longer.rstrip()) <= width:
            lines[-1] = longer
        elif len(lines) < most:
            lines.append(piece)
        else:
            lines[-1] = lines[-1].rstrip() + " …"
            break
    return [line.rstrip() for line in lines if line.strip()]
