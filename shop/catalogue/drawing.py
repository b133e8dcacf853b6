"""Pictures of products that have none: flat drawings, always the same for the same product.

`shapes/` holds one drawing for each kind of thing, on a field of 400 by 400. In place of colours
they say $main, $dark, $light and $metal, which are the product's palette, and $wood, $leaf and
$ink, which are the same for all. They use presentation attributes only: the pages' security policy
allows no inline style.
"""

import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from string import Template
from typing import Literal

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

SHAPES = Path(__file__).parent / "shapes"

View = Literal["whole", "detail"]

_VIEW_BOX: dict[View, str] = {"whole": "0 0 400 400", "detail": "96 84 200 200"}

COLOURS = {
    "amber": "#d9932f", "amethyst": "#8a63b5", "beige": "#cdb594", "black": "#3b4049",
    "blue": "#4674b8", "brass": "#c19a4b", "brown": "#8d6446", "charcoal": "#4b515b",
    "chestnut": "#8b5540", "clay": "#c4714f", "copper": "#b9714a", "coral": "#e07d68",
    "cream": "#ece0c8", "denim": "#3f5f8f", "emerald": "#2f8f6b", "forest": "#3f6b4e",
    "garnet": "#9c3346", "gold": "#d0a33f", "green": "#5b8c5a", "grey": "#8b929c",
    "gray": "#8b929c", "indigo": "#424d8c", "ivory": "#efe6d2", "jade": "#4c9a7e",
    "lapis": "#2f55a4", "lavender": "#a497cf", "linen": "#dccfb6", "moonstone": "#b9c8d8",
    "moss": "#75854b", "mustard": "#d3a134", "natural": "#d3bd98", "navy": "#31456f",
    "oak": "#c19566", "oat": "#ddcdb0", "ochre": "#c98f3a", "olive": "#7c8148",
    "onyx": "#34363d", "orange": "#dd8645", "pearl": "#ece5dc", "pink": "#dd92a3",
    "plum": "#7a4569", "purple": "#7d5ba6", "red": "#c04f4a", "rose": "#d98c8f",
    "ruby": "#b0344c", "rust": "#b4583a", "sage": "#93a585", "sand": "#d5bd94",
    "sapphire": "#2c57ad", "silver": "#b4bcc6", "sky": "#7fb0d6", "slate": "#5f6f7f",
    "smoke": "#8f969e", "terracotta": "#c56c49", "teal": "#2f8489", "turquoise": "#3ba6a8",
    "violet": "#7d64b3", "walnut": "#76533c", "white": "#f6f4ef", "yellow": "#e3b642",
}  # fmt: skip
"""Colour words that a title or an option may hold, and how they are painted."""

METALS = {"gold": "#d0a33f", "silver": "#98a3b0"}
"""How chains, settings and fittings are painted."""

_UNTOLD = ("clay", "teal", "navy", "mustard", "sage", "plum", "rose", "slate", "forest", "rust")
_GOLDEN = {"gold", "golden", "brass", "vermeil", "copper"}

KINDS = {
    "shirt": "shirt blouse",
    "tee": "tee t-shirt top polo vest",
    "jumper": "jumper sweater sweatshirt hoodie pullover cardigan knit varsity",
    "jacket": "jacket blazer tuxedo suit parka anorak overshirt",
    "waistcoat": "waistcoat gilet",
    "coat": "coat trench",
    "dress": "dress gown",
    "skirt": "skirt",
    "trousers": "trousers jeans pants chinos",
    "shorts": "shorts",
    "shoe": "shoe sneaker trainer high-top loafer sandal tops",
    "boot": "boot wellington",
    "bag": "bag tote purse satchel",
    "backpack": "backpack rucksack",
    "hat": "hat cap",
    "beanie": "beanie",
    "belt": "belt",
    "socks": "sock",
    "gloves": "glove mitten",
    "umbrella": "umbrella parasol",
    "scarf": "scarf shawl stole",
    "ring": "ring",
    "band": "band",
    "signet": "signet",
    "necklace": "necklace pendant",
    "chain": "chain",
    "pearls": "pearl strand beads",
    "earrings": "earring drop",
    "studs": "stud",
    "hoops": "hoop",
    "bracelet": "bracelet bangle cuff",
    "anklet": "anklet",
    "cufflinks": "cufflink",
    "box": "box chest",
    "brooch": "brooch pin",
    "watch": "watch",
    "locket": "locket",
    "lamp": "lamp light lantern",
    "floorlamp": "floor-lamp",
    "pendantlamp": "pendant-lamp",
    "vase": "vase jug carafe",
    "glass": "glass tumbler",
    "chair": "chair",
    "stool": "stool",
    "armchair": "armchair recliner",
    "sofa": "sofa couch",
    "table": "table desk bench",
    "nightstand": "bedside nightstand",
    "drawers": "drawer dresser cabinet",
    "shelf": "shelf bookcase",
    "bed": "bed duvet clothes sheet",
    "cushion": "cushion pillow",
    "candle": "candle",
    "pot": "pot planter plant",
    "bowl": "bowl dish",
    "plate": "plate",
    "teapot": "teapot",
    "board": "board",
    "basket": "basket hamper",
    "apron": "apron",
    "mug": "mug cup",
    "blanket": "blanket throw towel",
    "clock": "clock",
    "mirror": "mirror",
    "rug": "rug mat carpet",
    "can": "watering",
    "trowel": "trowel spade fork",
    "fence": "fence slat panel",
    "beanbag": "beanbag pouf",
}
"""Words of a title that tell what a thing is; the last such word in a title decides."""

_KIND_OF_WORD = {word: kind for kind, words in KINDS.items() for word in words.split()}
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_WINNERS = ("bedside", "watering", "beanbag", "plant")


@dataclass(frozen=True)
class Palette:
    """The colours of one drawing, as #rrggbb."""

    main: str
    metal: str

    @property
    def is_pale(self) -> bool:
        """Whether the thing needs a darker ground to stand out."""
        return sum(_channels(self.main)) > 3 * 200

    @property
    def ground(self) -> str:
        """The soft tint behind the thing."""
        return "#dbe2e4" if self.is_pale else mix(self.main, "#fbf8f3", 0.84)

    @property
    def halo(self) -> str:
        """The disc behind the thing, a shade stronger than the ground."""
        return "#cbd5d8" if self.is_pale else mix(self.main, "#fbf8f3", 0.7)

    def names(self) -> dict[str, str]:
        """What the shapes call the colours."""
        return {
            "main": self.main,
            "dark": mix(self.main, "#1f2430", 0.28),
            "light": "#fffdf8" if self.is_pale else mix(self.main, "#fffaf0", 0.68),
            "metal": self.metal,
            "wood": "#b4855a",
            "leaf": "#5f8f63",
            "ink": "#333943",
        }


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(one: str, other: str, share: float) -> str:
    """The colour between two, with this share (0 to 1) of the other."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def guess_kind(title: str) -> str:
    """What a title seems to name, one of KINDS: "Ocean Blue Shirt" is a shirt."""
    found = [
        (word in _WINNERS, _KIND_OF_WORD[word])
        for raw in _words(title)
        for word in (raw if raw in _KIND_OF_WORD else raw.removesuffix("s"),)
        if word in _KIND_OF_WORD
    ]
    winner = next((kind for wins, kind in found if wins), None)
    return winner or (found[-1][1] if found else "parcel")


def choose_palette(text: str, seed: str) -> Palette:
    """The colour that the text names, else one that the seed always gives."""
    words = _words(text)
    named = next((word for word in words if word in COLOURS), None)
    digest = sha256(seed.encode()).digest()
    main = COLOURS[named or _UNTOLD[digest[0] % len(_UNTOLD)]]
    metal = METALS["gold" if _GOLDEN & set(words) else "silver"]
    return Palette(main, metal)


@cache
def _shape(kind: str) -> Template:
    text = (SHAPES / f"{kind}.svg").read_text(encoding="utf-8")
    return Template("".join(line.strip() for line in text.splitlines()[1:-1]))


def inner(kind: str, palette: Palette) -> SafeString:
    """The elements of a drawing, to stand in an <svg> element. kind: one of KINDS, or "parcel"."""
    shapes = _shape(kind).substitute(palette.names())
    return mark_safe(  # noqa: S308 - made of our own shapes and colours only
        f'<path fill="{palette.ground}" d="M0 0h400v400H0z"/>'
        f'<circle cx="200" cy="204" r="164" fill="{palette.halo}"/>{shapes}'
    )


def draw_inline(kind: str, palette: Palette, label: str = "", view: View = "whole") -> SafeString:
    """A drawing as an element of a page. Without a label it is decoration."""
    naming = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else mark_safe('aria-hidden="true" focusable="false"')
    )
    return format_html(
        '<svg class="drawing" viewBox="{}" {}>{}</svg>',
        _VIEW_BOX[view],
        naming,
        inner(kind, palette),
    )


def draw_file(kind: str, palette: Palette, view: View = "whole") -> str:
    """A drawing as an SVG file."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="800" height="800" '
        f'viewBox="{_VIEW_BOX[view]}">{inner(kind, palette)}</svg>\n'
    )
