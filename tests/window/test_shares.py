"""The card that goes along with a shared page, and the letters on it."""

import importlib.util
import io
import shutil
from pathlib import Path

import pytest
from PIL import Image

from shop.storefronts.models import Storefront
from shop.window.fonts import font_for
from shop.window.shares import LINES, WIDTH, broken, share_card

HOME = Storefront(name="Hearthside", theme="home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A machine with one font: Vera, which has letters that Pillow's own lacks, but no Chinese."""
    (tmp_path / "truetype").mkdir()
    spec = importlib.util.find_spec("reportlab")
    assert spec
    assert spec.origin
    vera = Path(spec.origin).parent / "fonts" / "Vera.ttf"
    shutil.copy(vera, tmp_path / "truetype" / "DejaVuSans.ttf")
    return tmp_path


def test_western_text_needs_no_font_of_the_machine(tmp_path: Path) -> None:
    assert font_for("Lumen & Stone’s", 44, [str(tmp_path)])[0] == "Lumen & Stone's"
    assert font_for("Lumen & Stone’s", 44, [str(tmp_path)])[1] is not None


def test_a_font_of_the_machine_helps_where_it_has_the_letters(folder: Path) -> None:
    text, font = font_for("Žižkov", 44, [str(folder)])

    assert font is not None
    assert text == "Žižkov"
    assert font_for("Žižkov", 44, [str(folder / "none")]) == ("Žižkov", None)
    assert share_card(HOME, "Žižkov", folders=[str(folder)]) != share_card(HOME, "")


def test_a_card_leaves_out_what_no_font_can_write(folder: Path) -> None:
    folders = [str(folder)]

    assert font_for("台灯", 44, folders) == ("台灯", None)
    assert share_card(HOME, "台灯", folders=folders) == share_card(HOME, "", folders=folders)


def test_a_card_is_of_the_size_that_readers_like() -> None:
    card = Image.open(io.BytesIO(share_card(HOME, "A lamp")))

    assert (card.format, card.size) == ("PNG", (1200, 630))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("A lamp", ["A lamp"]),
        ("Clothes for every day, made to be mended.",
         ["Clothes for every day,", "made to be mended."]),
        ("Word " * 60, None),
        ("x" * 300, ["x" * 300]),
    ],
)  # fmt: skip
def test_a_title_is_broken_between_words(text: str, lines: list[str] | None) -> None:
    plain, font = font_for(text, 64, [])
    assert font is not None

    got = broken(plain, font)

    if lines is None:
        assert len(got) == LINES
        assert got[-1].endswith(" …")
        assert all(font.getlength(line.removesuffix(" …")) <= WIDTH for line in got)
    else:
        assert got == lines


def test_chinese_is_broken_anywhere_but_before_a_comma() -> None:
    _plain, font = font_for("A", 64, [])  # the width of a missing letter is a width, too
    assert font is not None
    wide = int(font.getlength("金") * 4)

    assert broken("金属耐看，代代相传，好", font, wide, 3) == ["金属耐看，", "代代相传，", "好"]
