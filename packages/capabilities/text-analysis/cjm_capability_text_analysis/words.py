"""Words: runs of letters, with apostrophes and hyphens inside."""

from __future__ import annotations

import re
from typing import List

# Longer runs are encoded data, not words; the bound also keeps a megabyte without a space cheap.
_WORD = re.compile(r"[^\W\d_]{1,40}(?:['’-][^\W\d_]{1,40}){0,4}")


def split_words(text: str) -> List[str]:
    return _WORD.findall(text)
