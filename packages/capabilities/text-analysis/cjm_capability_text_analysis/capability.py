"""The capability: actions over the analyses of this package."""

from __future__ import annotations

import dataclasses
from typing import Iterator, List, Optional

from cjm_capability import ToolCapability, capability_action

from .language import guess_language
from .readability import readability_of
from .sentences import iterate_sentences, split_sentences
from .terms import score_terms
from .words import split_words


@dataclasses.dataclass
class TextAnalysisConfig:
    max_characters: int = dataclasses.field(
        default=2_000_000, metadata={"description": "Longest text that is analysed whole; of a longer one the beginning is.", "minimum": 1000}
    )
    term_limit: int = dataclasses.field(default=15, metadata={"description": "Terms that are returned.", "minimum": 1, "maximum": 1000})


class TextAnalysis(ToolCapability):
    config_class = TextAnalysisConfig
    config = TextAnalysisConfig()

    @capability_action(description="Language, sentences, words, terms and readability of a text.", idempotent=True, cache="pure")
    def analyse(self, text: str, title: Optional[str] = None, limit: Optional[int] = None) -> dict:
        used = self._bounded(text)
        self.report_progress(0.1, "language")
        language = guess_language(used)
        self.check_cancel()
        self.report_progress(0.3, "sentences")
        sentences = split_sentences(used)
        words = split_words(used)
        self.check_cancel()
        self.report_progress(0.6, "terms")
        terms = score_terms(used, language["code"], limit or self.config.term_limit, title)
        self.check_cancel()
        self.report_progress(0.9, "readability")
        lowered = {word.lower() for word in words}
        return {
            "language": language,
            "characters": len(text),
            "analysedCharacters": len(used),
            "sentences": {"count": len(sentences), "meanWords": round(len(words) / len(sentences), 2) if sentences else 0.0},
            "words": {"count": len(words), "distinct": len(lowered), "variety": round(len(lowered) / len(words), 4) if words else 0.0},
            "terms": terms,
            "readability": readability_of(words, len(sentences), language["code"]),
        }

    @capability_action(description="Yields every sentence with its place in the text.", idempotent=True)
    def sentences(self, text: str) -> Iterator[dict]:
        for start, end in iterate_sentences(self._bounded(text)):
            self.check_cancel()
            yield {"start": start, "end": end, "text": text[start:end]}

    @capability_action(description="The terms that a text is about, best first.", idempotent=True, cache="pure")
    def terms(self, text: str, limit: Optional[int] = None) -> List[dict]:
        used = self._bounded(text)
        return score_terms(used, guess_language(used)["code"], limit or self.config.term_limit, None)

    @capability_action(description="How hard a text is to read.", idempotent=True, cache="pure")
    def readability(self, text: str) -> dict:
        used = self._bounded(text)
        return readability_of(split_words(used), len(split_sentences(used)), guess_language(used)["code"])

    @capability_action(description="The language of a text, with a confidence from 0 to 1.", idempotent=True, cache="pure")
    def language(self, text: str) -> dict:
        return guess_language(self._bounded(text))

    def _bounded(self, text: str) -> str:
        return text[: self.config.max_characters]
