"""Letters for the pictures that the shop draws.

Pillow carries a font for the languages of western Europe, and the wheel of Noto Sans has Latin,
Greek and Cyrillic. For Chinese a font of the machine is looked for: Debian's and Ubuntu's package
fonts-noto-cjk, or what the system brings.
"""

import os
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from PIL import ImageFont

type Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

FOLDERS = (
    str(files("fontpkg_noto_sans") / "files"),
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/Library/Fonts",
    "/System/Library/Fonts",
)
"""Where the wheel keeps its fonts, and systems theirs."""
FILES = (
    "NotoSans[wdth,wght].ttf",
    "DejaVuSans.ttf",
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "NotoSansSC-Regular.otf",
    "NotoSansSC-Regular.ttf",
    "NotoSansSC[wght].ttf",
    "SourceHanSansSC-Regular.otf",
    "SourceHanSansCN-Regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
    "DroidSansFallback.ttf",
    "PingFang.ttc",
    "STHeiti Medium.ttc",
)
"""Fonts with many letters, the best first: those without Chinese, then those with."""
SIMPLIFIED = (" SC", " CN")
"""What the name of a face for simplified Chinese ends in, in a file with several."""
MOST_FACES = 20
NOT_A_CHARACTER = "\uffff"
_REPLACED = str.maketrans({"’": "'", "‘": "'", "–": "-"})


def font_for(
    text: str, size: int, folders: Sequence[str] = FOLDERS
) -> tuple[str, Font] | tuple[str, None]:
    """The text as it can be drawn, and a font of `size` pixels; None where no font has its letters.

    folders: where to look for fonts beside Pillow's own.
    """
    plain = text.translate(_REPLACED)
    if _is_western(plain):
        return plain, ImageFont.load_default(size)
    for path, index in _installed(tuple(folders)):
        font = ImageFont.truetype(path, size, index=index)
        if has_letters(font, text):
            return text, font
    return text, None


def has_letters(font: ImageFont.FreeTypeFont, text: str) -> bool:
    """Whether the font draws something of its own for each character."""
    missing = bytes(font.getmask(NOT_A_CHARACTER))
    return all(
        each.isspace() or bytes(font.getmask(each)) not in {missing, b""} for each in set(text)
    )


def _is_western(text: str) -> bool:
    try:
        text.replace("…", "").encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


@cache
def _installed(folders: tuple[str, ...]) -> list[tuple[str, int]]:
    """The files of FILES that are in these folders, each with the face to take of it."""
    found: dict[str, str] = {}
    for folder in folders:
        for where, _, names in os.walk(Path(folder).expanduser()):
            for name in names:
                if name in FILES:
                    found.setdefault(name, str(Path(where) / name))
    return [(found[name], _face(found[name])) for name in FILES if name in found]


def _face(path: str) -> int:
    """The number of the face for simplified Chinese in a file; 0 where none is called so."""
    for index in range(MOST_FACES):
        try:
            family = ImageFont.truetype(path, 12, index=index).getname()[0] or ""
        except OSError:
            break
        if family.endswith(SIMPLIFIED):
            return index
    return 0
