"""The normalised key by which text is matched and sorted, in every store alike."""

from __future__ import annotations

import unicodedata


def key(text: str) -> str:
    """Return text as it is matched: NFKC, case folded, accents stripped (`Café` and `CAFE` share a key)."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    if folded.isascii():
        return folded
    bare = "".join(char for char in unicodedata.normalize("NFD", folded) if not _is_accent(char))
    return unicodedata.normalize("NFKC", bare)


def _is_accent(char: str) -> bool:
    # Only the accents of alphabets: in other scripts a combining mark can be a vowel or make another letter.
    code = ord(char)
    return 0x300 <= code <= 0x36F or 0x1AB0 <= code <= 0x1AFF or 0x1DC0 <= code <= 0x1DFF
