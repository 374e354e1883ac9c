"""Normalization of text: keys for matching and sorting, and words for search, which are the same in every store.

Neo4j compares text by UTF-16 code units and sorts it by code points. The two orders differ for characters from U+E000 to
U+FFFF compared with characters beyond the basic plane. A key replaces the former by a pair of lower characters, so that
both orders are the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

_HIGH = re.compile("[\ue000-\uffff]")
_RUN = re.compile(r"[^\W_]+")
_ACCENTS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff"
_UNNORMALIZED_WORD = re.compile(rf"[^\W_](?:[^\W_]|[{_ACCENTS}])*")  # accents may be separate characters
_ACCENT = re.compile(f"[{_ACCENTS}]+")
_MAX_WORD_LENGTH = 64


def text_key(text: str) -> str:
    """Return the key of a text: NFKC, case-folded, without accents. `Café` and `CAFE` have the same key."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    if folded.isascii():
        return folded
    # Strip accents of alphabets only: in other scripts a combining mark can be a vowel or form another letter.
    bare = _ACCENT.sub("", unicodedata.normalize("NFD", folded))
    return _HIGH.sub(_replace_high, unicodedata.normalize("NFKC", bare))


def words(text: str) -> list[str]:
    """Return the distinct search words of a text, in order: the runs of letters and digits of its key.

    A word has at most 64 characters. The word of a text without letters and digits is `x` followed by its key in
    hexadecimal, so that search can find it. A blank text has no words.
    """
    normalized = text_key(text)
    runs = dict.fromkeys(run[:_MAX_WORD_LENGTH] for run in _RUN.findall(normalized))
    if not runs and normalized.strip():
        return [f"x{normalized.encode().hex()}"[:_MAX_WORD_LENGTH]]
    return list(runs)


def all_words(texts: Iterable[str]) -> str:
    """Return the distinct words of several texts, separated by spaces: the content of a full-text index."""
    return " ".join(dict.fromkeys(word for text in texts for word in words(text)))


def search_words(name: str, aliases: Iterable[str], summary: str | None) -> tuple[str, str]:
    """Return the search words of an entity: those of its names, and those of its summary."""
    return all_words([name, *aliases]), all_words([summary or ""])


def squash(text: str) -> str:
    """Return the letters and digits of the key: `fastapi` for `Fast API` and `fast-api`, `c` for `C++`.

    If the key has no letters and digits, return the key.
    """
    normalized = text_key(text)
    return "".join(_RUN.findall(normalized)) or normalized


def highlight(text: str, prefixes: Sequence[str]) -> str | None:
    """Return the text with `**` around each word that starts with one of the prefixes, or None if no word does.

    Prefixes are normalized `words`; the text keeps its spelling: `**Café** au lait` for `cafe`.
    """
    starts = tuple(prefixes)

    def mark(match: re.Match[str]) -> str:
        return f"**{match[0]}**" if any(word.startswith(starts) for word in words(match[0])) else match[0]

    marked = _UNNORMALIZED_WORD.sub(mark, text)
    return None if marked == text else marked


def highlights(name: str, aliases: Iterable[str], summary: str | None, prefixes: Sequence[str]) -> list[str]:
    """Return the names and the summary of an entity that have a word with one of the prefixes, highlighted."""
    texts = (highlight(text, prefixes) for text in (name, *aliases, summary or ""))
    return [text for text in texts if text is not None]


def _replace_high(match: re.Match[str]) -> str:
    return f"\ud7ff{chr(0x4000 + ord(match[0]) - 0xE000)}"
