"""What matches a text, best first, in SQL: the full-text index finds candidates, the ranking is ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.plan import Search
from service.stores.ranking import SCORES
from service.stores.sqlite.row import RowSource, begins, claim_count, literal, placeholder

if TYPE_CHECKING:
    from service.stores.sqlite.statement import Writer


def search(writer: Writer, root: Search) -> str:
    """The JSON of the connection."""
    alias = writer.alias("t")
    words = placeholder(root.words)
    # words hold nothing but letters and digits, so none can be syntax of the full-text query
    match = f"(SELECT ifnull(group_concat('\"' || value || '\"*', ' '), '\"\"') FROM json_each({words}))"
    conditions = (
        f"{alias}._pk IN (SELECT rowid FROM entity_fts WHERE entity_fts MATCH {match})",
        f"{alias}._kind IN ({', '.join(map(literal, root.kinds))})",
    )
    order = (
        (_score(alias, placeholder(root.text), words), True),
        (claim_count(f"{alias}._pk"), True),
        (f'{alias}."slug"', False),
        (f"{alias}._kind", False),
    )
    rows = RowSource(f"entity {alias}", conditions, order, alias, words=words)
    return writer.connection(rows, root.page, root.parts)


def _score(alias: str, text: str, words: str) -> str:
    names = f"EXISTS (SELECT 1 FROM name n WHERE n.entity = {alias}._pk AND"
    begun = f"NOT EXISTS (SELECT 1 FROM json_each({words}) w WHERE instr(' ' || {alias}._names, ' ' || w.value) = 0)"
    return (
        f'CASE WHEN {alias}."name_key" = {text} THEN {SCORES.name}'
        f" WHEN {names} n.alias = 1 AND n.key = {text}) THEN {SCORES.alias}"
        f" WHEN {names} {begins('n.key', text)}) THEN {SCORES.prefix}"
        f" WHEN {begun} THEN {SCORES.words} ELSE {SCORES.summary} END"
    )
