"""Facts for tests: the shipped ones, and facts from lines."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from graph_seed import SHIPPED, Facts, read_facts
from schema import ONTOLOGY, Ontology


@functools.cache
def shipped_facts() -> Facts:
    """The facts that the package contains."""
    return read_facts(SHIPPED)


def facts_from_lines(folder: Path, lines: Iterable[dict[str, Any]], ontology: Ontology = ONTOLOGY) -> Facts:
    """Write lines to a file in a folder, and read the folder as `seed` does."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "facts.jsonl").write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return read_facts(folder, ontology)
