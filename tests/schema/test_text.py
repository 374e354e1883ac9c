"""Search words, keys and highlights of texts."""

from __future__ import annotations

import pytest

from schema.text import all_words, highlight, squash, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Django REST framework", ["django", "rest", "framework"]),
        ("django-rest_framework", ["django", "rest", "framework"]),
        ("  Node.js 22, node.JS! ", ["node", "js", "22"]),
        ("CAFÉ Ёлка", ["cafe", "елка"]),
        ("Cafe\u0301", ["cafe"]),
        ("りんご枠組み", ["りんご枠組み"]),
        ("ﬁne ½", ["fine", "1", "2"]),
        ("C++", ["c"]),
        ("++", ["x2b2b"]),
        ("😀", ["xf09f9880"]),
        ("", []),
        (" \n\t", []),
        ("\u0301", []),
    ],
)
def test_words_are_the_runs_of_letters_and_digits_of_the_key(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_long_words_are_truncated_before_duplicates_are_removed() -> None:
    assert words("a" * 64 + " " + "A" * 70 + " b") == ["a" * 64, "b"]
    assert words("😀" * 40) == ["x" + ("f09f9880" * 8)[:63]]


def test_the_words_of_several_texts_are_distinct() -> None:
    assert all_words(["Django", "django-web", "++", "The Web"]) == "django web x2b2b the"
    assert all_words([]) == ""


@pytest.mark.parametrize(
    ("text", "squashed"),
    [
        ("Fast API", "fastapi"),
        ("django_rest-framework", "djangorestframework"),
        ("C++", "c"),
        ("++", "++"),
        ("É", "e"),
        ("", ""),
    ],
)
def test_squash_keeps_only_letters_and_digits(text: str, squashed: str) -> None:
    assert squash(text) == squashed


@pytest.mark.parametrize(
    ("text", "prefixes", "highlighted"),
    [
        ("A Café au lait", ["cafe"], "A **Café** au lait"),
        ("Re\u0301sume\u0301 of a cafe\u0301", ["resume", "ca"], "**Re\u0301sume\u0301** of a **cafe\u0301**"),
        ("Asynchronous, async-first", ["async"], "**Asynchronous**, **async**-first"),
        ("snake_case", ["case"], "snake_**case**"),
        ("Ⅷ ½", ["viii", "2"], "**Ⅷ** **½**"),
        ("a" * 70, ["a" * 64], "**" + "a" * 70 + "**"),
        ("Flask", ["ask"], None),
        ("Flask", [], None),
        ("++", ["x2b2b"], None),
        ("", ["a"], None),
    ],
)
def test_highlighting_marks_whole_words_and_keeps_their_spelling(
    text: str, prefixes: list[str], highlighted: str | None
) -> None:
    assert highlight(text, prefixes) == highlighted
