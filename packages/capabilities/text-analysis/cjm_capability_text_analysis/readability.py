"""Reading ease and grade of English text.

Formulas: Flesch, "A new readability yardstick", 1948; Kincaid and others, "Derivation of new readability formulas for
Navy enlisted personnel", 1975. Syllables are counted by groups of vowels, which is right for about nine words in ten.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Dict, List

_VOWELS = re.compile(r"[aeiouy]+")
_SILENT = re.compile(r"(?<![laeiouy])e$|(?<=[^td])ed$|(?<=[^aeiouycsxz])es$")


def readability_of(words: List[str], sentence_count: int, language: str) -> Dict[str, Any]:
    """Ease (0 hard to 100 easy, beyond either end for extreme texts) and school grade; null with a `reason` where they do not apply."""
    if language != "en":
        return _none("the formulas are for English")
    if sentence_count == 0 or len(words) < 20:
        return _none("the text is too short")
    syllables = sum(count_syllables(word.lower()) for word in words)
    words_per_sentence = len(words) / sentence_count
    syllables_per_word = syllables / len(words)
    return {
        "fleschReadingEase": round(206.835 - 1.015 * words_per_sentence - 84.6 * syllables_per_word, 2),
        "fleschKincaidGrade": round(0.39 * words_per_sentence + 11.8 * syllables_per_word - 15.59, 2),
        "syllablesPerWord": round(syllables_per_word, 3),
        "reason": None,
    }


@lru_cache(maxsize=20_000)
def count_syllables(word: str) -> int:
    return max(1, len(_VOWELS.findall(_SILENT.sub("", word))))


def _none(reason: str) -> Dict[str, Any]:
    return {"fleschReadingEase": None, "fleschKincaidGrade": None, "syllablesPerWord": None, "reason": reason}
