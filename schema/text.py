"""The normalised key by which text is matched and sorted, in every store alike.

Neo4j compares text by UTF-16 units and sorts it by code points; the two differ where characters of U+E000 to U+FFFF meet
those beyond the basic plane. In a key, the former are written as a pair of lower ones, and both orders are the same.
"""

from __future__ import annotations

import re
import unicodedata

_HIGH = re.compile("[\ue000-\uffff]")


def key(text: str) -> str:
    """Return text as it is matched: NFKC, case folded, accents stripped (`Café` and `CAFE` share a key)."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    if folded.isascii():
        return folded
    bare = "".join(char for char in unicodedata.normalize("NFD", folded) if not _is_accent(char))
    return _HIGH.sub(_lowered, unicodedata.normalize("NFKC", bare))


def _lowered(match: re.Match[str]) -> str:
    return f"\ud7ff{chr(0x4000 + ord(match[0]) - 0xE000)}"


def _is_accent(char: str) -> bool:
    # Only the accents of alphabets: in other scripts a combining mark can be a vowel or make another letter.
    code = ord(char)
    return 0x300 <= code <= 0x36F or 0x1AB0 <= code <= 0x1AFF or 0x1DC0 <= code <= 0x1DFF
