"""The words of a text: how it is found, told alike, and marked where it was found."""

from __future__ import annotations

import pytest

from schema.text import all_words, highlight, squash, words


@pytest.mark.parametrize(
    ("text", "found"),
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
def test_words_are_the_runs_of_letters_and_digits_of_the_key(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_a_long_word_is_cut_and_what_is_then_alike_is_one_word() -> None:
    assert words("a" * 64 + " " + "A" * 70 + " b") == ["a" * 64, "b"]
    assert words("😀" * 40) == ["x" + ("f09f9880" * 8)[:63]]


def test_the_words_of_several_texts_are_each_given_once() -> None:
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
def test_what_is_squashed_has_nothing_but_letters_and_digits(text: str, squashed: str) -> None:
    assert squash(text) == squashed


@pytest.mark.parametrize(
    ("text", "beginnings", "marked"),
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
def test_a_word_is_marked_whole_and_as_it_was_written(text: str, beginnings: list[str], marked: str | None) -> None:
    assert highlight(text, beginnings) == marked
