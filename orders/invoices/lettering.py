"""Fonts for anything a name can be written in.

Noto Sans (Latin, Greek, Cyrillic) is embedded. Chinese, Japanese and Korean are set in the fonts
that PDF names for them (Adobe-GB1, Adobe-Korea1): every viewer has or finds one, and an invoice
stays some 30 kB in place of some megabytes.
"""

from functools import cache
from html import escape
from importlib.resources import files
from itertools import groupby

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

SANS = "NotoSans"
CHINESE = "STSong-Light"
KOREAN = "HYSMyeongJo-Medium"
MISSING = "?"
"""In place of what none of the fonts can show."""

_CHINESE = ((0x2E80, 0x9FFF), (0xF900, 0xFAFF), (0xFE30, 0xFE4F), (0xFF00, 0xFFEF))
_KOREAN = ((0x1100, 0x11FF), (0x3130, 0x318F), (0xAC00, 0xD7AF))


@cache
def load() -> frozenset[int]:
    """Make the fonts known, once a process. Returns the code points that Noto Sans has."""
    sans = TTFont(SANS, str(files("fontpkg_noto_sans") / "files" / "NotoSans[wdth,wght].ttf"))
    pdfmetrics.registerFont(sans)
    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
    pdfmetrics.registerFont(UnicodeCIDFont(KOREAN))
    return frozenset(sans.face.charToGlyph)


def markup(text: str) -> str:
    """A text as reportlab's paragraphs want it, each stretch in a font that has its letters."""
    known = load()
    stretches = groupby(text, key=lambda letter: _font(letter, known))
    return "".join(_set(font, "".join(letters)) for font, letters in stretches)


def breaks_anywhere(text: str) -> bool:
    """Whether lines may break between any two letters, as Chinese and Japanese do."""
    return any(_font(letter, load()) == CHINESE for letter in text)


def _font(letter: str, known: frozenset[int]) -> str:
    point = ord(letter)
    if point in known or letter.isspace():
        return SANS
    if any(first <= point <= last for first, last in _KOREAN):
        return KOREAN
    return CHINESE if any(first <= point <= last for first, last in _CHINESE) else ""


def _set(font: str, text: str) -> str:
    if not font:
        return MISSING * len(text)
    return escape(text) if font == SANS else f'<font name="{font}">{escape(text)}</font>'
