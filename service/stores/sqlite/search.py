"""Full-text search in SQL, best hits first: the FTS5 index finds candidates, and an expression ranks them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.plan import Search
from service.stores.ranking import SCORES
from service.stores.sqlite.expressions import claim_count, placeholder, sql_string, starts_with
from service.stores.sqlite.pages import RowSource

if TYPE_CHECKING:
    from service.stores.sqlite.statement import Writer


def search(writer: Writer, root: Search) -> str:
    """Return the JSON of the connection."""
    alias = writer.aliases.new("t")
    words = placeholder(root.words)
    # words consist of letters and digits, so none of them contains syntax of the full-text query
    query = f"(SELECT ifnull(group_concat('\"' || value || '\"*', ' '), '\"\"') FROM json_each({words}))"
    conditions = (
        f"{alias}._pk IN (SELECT rowid FROM entity_fts WHERE entity_fts MATCH {query})",
        f"{alias}._kind IN ({', '.join(map(sql_string, root.kinds))})",
    )
    order = (
        (_score(alias, placeholder(root.text), words), True),
        (claim_count(f"{alias}._pk"), True),
        (f'{alias}."slug"', False),
        (f"{alias}._kind", False),
    )
    rows = RowSource(f"entity {alias}", conditions, order, alias, words=words)
    return writer.connection(rows, root.page, root.parts).sql


def _score(alias: str, text: str, words: str) -> str:
    name = f"EXISTS (SELECT 1 FROM name n WHERE n.entity = {alias}._pk AND"
    names_match = (
        f"NOT EXISTS (SELECT 1 FROM json_each({words}) w WHERE instr(' ' || {alias}._names, ' ' || w.value) = 0)"
    )
    return (
        f'CASE WHEN {alias}."name_key" = {text} THEN {SCORES.name}'
        f" WHEN {name} n.alias = 1 AND n.key = {text}) THEN {SCORES.alias}"
        f" WHEN {name} {starts_with('n.key', text)}) THEN {SCORES.prefix}"
        f" WHEN {names_match} THEN {SCORES.words} ELSE {SCORES.summary} END"
    )
