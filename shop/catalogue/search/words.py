"""What was typed, as words; and which word a typing error may have meant."""

import re
from dataclasses import dataclass
from functools import cached_property

WORDS_COUNTED = 8
"""Words of a text that count; more only make it slow."""
SHORTEST_CORRECTED = 4
"""Letters of a word that may be a typing error; shorter ones resemble too many others."""

_HAN = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_UNSPACED = re.compile(rf"[{_HAN}]+")
_STOP_WORDS = frozenset(
    {
        "a",
        "an",
        "and",
        "are",
        "at",
        "by",
        "for",
        "from",
        "in",
        "of",
        "on",
        "or",
        "the",
        "to",
        "with",
    }
)


@dataclass(frozen=True)
class Words:
    """A search text: as it was typed, `text`, and word for word."""

    text: str

    @cached_property
    def all(self) -> tuple[str, ...]:
        """The words in lower case, without those that say nothing where others do."""
        found = _WORD.findall(self.text.lower())
        telling = [word for word in found if word not in _STOP_WORDS]
        return tuple(dict.fromkeys(telling or found))[:WORDS_COUNTED]

    @property
    def correctable(self) -> tuple[str, ...]:
        """Those that may be typing errors."""
        return tuple(
            word
            for word in self.all
            if len(word) >= SHORTEST_CORRECTED and not is_unspaced(word) and word.isalpha()
        )

    def replaced(self, replacements: dict[str, str]) -> "Words":
        """The same words with others in place of some."""
        return Words(" ".join(replacements.get(word, word) for word in self.all))


def is_unspaced(word: str) -> bool:
    """Whether it is of a script that puts no blanks between words: Chinese, Japanese."""
    return bool(_UNSPACED.match(word))


def distance(one: str, other: str) -> int:
    """Letters to insert, remove, replace or swap with the next, to make one word the other.

    The optimal string alignment distance: Damerau, 1964; Boytsov, “Indexing methods for
    approximate dictionary searching”, 2011, section 2.2.
    """
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, against in enumerate(other, 1):
            best = min(last[column] + 1, now[-1] + 1, last[column - 1] + (letter != against))
            if row > 1 < column and (letter, one[row - 2]) == (other[column - 2], against):
                best = min(best, before[column - 2] + 1)
            now.append(best)
        before, last = last, now
    return last[-1]


def likeliest(word: str, candidates: set[str], limit: int) -> list[str]:
    """What the word may have meant, the nearest first; empty where it stands by itself.

    One error in a word of up to five letters, two in a longer one. A word that is the beginning
    of a candidate is no error: it is still being typed.
    """
    if any(candidate.startswith(word) for candidate in candidates):
        return []
    errors = 1 if len(word) <= 5 else 2
    near = [
        (found, candidate)
        for candidate in candidates
        if abs(len(candidate) - len(word)) <= errors
        and (found := distance(word, candidate)) <= errors
    ]
    return [
        candidate
        for _found, candidate in sorted(
            near, key=lambda pair: (pair[0], pair[1][0] != word[0], pair[1])
        )
    ][:limit]
