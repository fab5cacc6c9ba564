"""The terms that a text is about.

Candidates are one to three words in a row between stop words and punctuation. The score is the C-value of Frantzi, Ananiadou
and Mima, "Automatic recognition of multi-word terms", 2000: the logarithm of the length times how often a candidate stands
on its own, that is, without what longer candidates that contain it account for. The length counts from one more, so that
single words can be terms too.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Any, Dict, FrozenSet, Iterator, List, Optional, Tuple

from .stop_words import STOP_WORDS, TECHNICAL_NOISE

Phrase = Tuple[str, ...]

_TOKEN = re.compile(r"[^\W\d_][\w+#.-]{0,39}|[^\w\s]|\n\s*\n")
_MAX_WORDS = 3
_TITLE_BOOST = 1.5


def score_terms(text: str, language: str, limit: int, title: Optional[str]) -> List[Dict[str, Any]]:
    """[{"term", "count", "score"}], best first; terms are in lower case."""
    stops = STOP_WORDS.get(language, STOP_WORDS["en"]) | TECHNICAL_NOISE
    counts = Counter(phrase for run in _runs(text, stops) for phrase in _phrases(run))
    # A phrase that came once is an accident; in a short text everything did.
    repeated = {phrase: count for phrase, count in counts.items() if count > 1}
    candidates = repeated or {phrase: count for phrase, count in counts.items() if len(phrase) == 1}
    nested = _nested(candidates)
    in_title = {word for run in _runs(title or "", stops) for word in run}

    scored = []
    for phrase, count in candidates.items():
        longer, longer_count = nested.get(phrase, (0, 0))
        alone = count - (longer_count / longer if longer else 0)
        if alone <= 0:
            continue
        score = math.log2(len(phrase) + 1) * alone
        if in_title.intersection(phrase):
            score *= _TITLE_BOOST
        scored.append({"term": " ".join(phrase), "count": count, "score": round(score, 4)})
    scored.sort(key=lambda term: (-term["score"], term["term"]))
    return scored[:limit]


def _nested(candidates: Dict[Phrase, int]) -> Dict[Phrase, Tuple[int, int]]:
    """For every candidate that longer ones contain: how many do, and how often those stand in the text."""
    nested: Dict[Phrase, Tuple[int, int]] = {}
    for phrase, count in candidates.items():
        for inner in set(_phrases(list(phrase))) - {phrase}:
            number, total = nested.get(inner, (0, 0))
            nested[inner] = (number + 1, total + count)
    return nested


def _phrases(run: List[str]) -> Iterator[Phrase]:
    for start in range(len(run)):
        for length in range(1, min(_MAX_WORDS, len(run) - start) + 1):
            yield tuple(run[start : start + length])


def _runs(text: str, stops: FrozenSet[str]) -> Iterator[List[str]]:
    """Words in a row that nothing interrupts."""
    run: List[str] = []
    for token in _TOKEN.findall(text):
        word = token.strip(".-").lower()
        if len(word) < 3 or word in stops or not word[0].isalpha():
            if run:
                yield run
            run = []
            continue
        run.append(word)
        if token.endswith("."):
            yield run
            run = []
    if run:
        yield run
