"""Find the fenced code blocks of a Markdown page, and replace the text of one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(
    r"""
    (?:^<!--\ (?P<mark>not\ run|excerpt):\ (?P<argument>[^\n]+?)\ -->\n+)?
    ^(?P<indent>[ ]*)```(?P<language>\w+)(?:\ title="(?P<title>[^"]+)")?\n
    (?P<text>.*?)
    ^(?P=indent)```$
    """,
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced code block.

    A comment on the line before the fence changes what the tests do with it: `<!-- not run: REASON -->` excludes it from
    execution, `<!-- excerpt: FILE -->` requires that the file contains its text.
    """

    page: Path
    line: int
    language: str
    title: str | None
    text: str
    not_run: str | None
    excerpt_of: str | None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """The fenced code blocks of a page, in order."""
    text = page.read_text("utf-8")
    return [
        Block(
            page,
            text.count("\n", 0, match.start("language")) + 1,
            match["language"],
            match["title"],
            re.sub(f"^{match['indent']}", "", match["text"], flags=re.MULTILINE),
            match["argument"] if match["mark"] == "not run" else None,
            match["argument"] if match["mark"] == "excerpt" else None,
        )
        for match in _BLOCK.finditer(text)
    ]


def replace_block(page: Path, index: int, text: str) -> None:
    """Write another text into the block with this index."""
    content = page.read_text("utf-8")
    match = list(_BLOCK.finditer(content))[index]
    indented = "".join(match["indent"] + line if line.strip() else line for line in text.splitlines(keepends=True))
    page.write_text(content[: match.start("text")] + indented + content[match.end("text") :], "utf-8")
