"""The normalised key by which text is matched and sorted, and the words by which it is searched, in every store alike.

Neo4j compares text by UTF-16 units and sorts it by code points; the two differ where characters of U+E000 to U+FFFF meet
those beyond the basic plane. In a key, the former are written as a pair of lower ones, and both orders are the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

_HIGH = re.compile("[\ue000-\uffff]")
_RUN = re.compile(r"[^\W_]+")
_ACCENTS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff"
_WRITTEN = re.compile(rf"[^\W_](?:[^\W_]|[{_ACCENTS}])*")  # a run as it was typed, its accents apart from its letters
_ACCENT = re.compile(f"[{_ACCENTS}]+")
_LONGEST_WORD = 64


def key(text: str) -> str:
    """Return text as it is matched: NFKC, case folded, accents stripped (`Café` and `CAFE` share a key)."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    if folded.isascii():
        return folded
    # Only the accents of alphabets: in other scripts a combining mark can be a vowel or make another letter.
    bare = _ACCENT.sub("", unicodedata.normalize("NFD", folded))
    return _HIGH.sub(_lowered, unicodedata.normalize("NFKC", bare))


def words(text: str) -> list[str]:
    """Return the words by which text is searched: the runs of letters and digits of its key, each once, in order.

    A word has at most 64 characters. A text of symbols only has one, `x` and the hexadecimal of its key, so that it can
    be found; a blank text has none.
    """
    searched = key(text)
    found = dict.fromkeys(run[:_LONGEST_WORD] for run in _RUN.findall(searched))
    if not found and searched.strip():
        return [f"x{searched.encode().hex()}"[:_LONGEST_WORD]]
    return list(found)


def all_words(texts: Iterable[str]) -> str:
    """Return the words of several texts, each once, with a space between: what a full-text index gets."""
    return " ".join(dict.fromkeys(word for text in texts for word in words(text)))


def searched(name: str, aliases: Iterable[str], summary: str | None) -> tuple[str, str]:
    """Return the words by which an entity is searched: those of its names, and those of its summary."""
    return all_words([name, *aliases]), all_words([summary or ""])


def squash(text: str) -> str:
    """Return the key without all that is no letter or digit: `Fast API` and `fast-api` are one. `C++` is `c`.

    Where nothing would be left, it is the key.
    """
    searched = key(text)
    return "".join(_RUN.findall(searched)) or searched


def highlight(text: str, beginnings: Sequence[str]) -> str | None:
    """Return text with `**` around each word that begins with one of these `words`; None when none does.

    The text stays as it was written: `**Café** au lait` for `cafe`.
    """
    starts = tuple(beginnings)

    def mark(match: re.Match[str]) -> str:
        return f"**{match[0]}**" if any(word.startswith(starts) for word in words(match[0])) else match[0]

    marked = _WRITTEN.sub(mark, text)
    return None if marked == text else marked


def highlights(name: str, aliases: Iterable[str], summary: str | None, beginnings: Sequence[str]) -> list[str]:
    """Return what of an entity's names and summary has a word that begins with one of these `words`, highlighted."""
    texts = (highlight(text, beginnings) for text in (name, *aliases, summary or ""))
    return [text for text in texts if text is not None]


def _lowered(match: re.Match[str]) -> str:
    return f"\ud7ff{chr(0x4000 + ord(match[0]) - 0xE000)}"
