"""A guess at the language: by script where that decides, otherwise by which language's stop words stand in the text."""

from __future__ import annotations

import re
from typing import Any, Dict, Optional

from .stop_words import STOP_WORDS
from .words import split_words

# Enough to decide; more would only cost time.
_SAMPLE_CHARACTERS = 20_000
_MIN_WORDS = 5

_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
)


def guess_language(text: str) -> Dict[str, Any]:
    """{"code": ISO 639-1 or "und", "confidence": 0 to 1}. "und" means that the text says too little."""
    sample = text[:_SAMPLE_CHARACTERS]
    script = _by_script(sample)
    if script is not None:
        return script
    words = [word.lower() for word in split_words(sample)]
    if len(words) < _MIN_WORDS:
        return {"code": "und", "confidence": 0.0}
    hits = sorted(((sum(word in stops for word in words), code) for code, stops in STOP_WORDS.items()), reverse=True)
    (best, code), (second, _) = hits[0], hits[1]
    # In running text a fourth to a half of all words are stop words; of code and tables almost none are.
    if best < 2 or best / len(words) < 0.05:
        return {"code": "und", "confidence": 0.0}
    return {"code": code, "confidence": round(min(1.0, (best - second) / best + 0.1), 3)}


def _by_script(sample: str) -> Optional[Dict[str, Any]]:
    letters = sum(character.isalpha() for character in sample)
    if letters == 0:
        return None
    for code, pattern in _SCRIPTS:
        share = len(pattern.findall(sample)) / letters
        # Kana decide for Japanese even among many Han characters.
        if share > (0.1 if code == "ja" else 0.3):
            return {"code": code, "confidence": round(min(1.0, 0.5 + share / 2), 3)}
    return None
