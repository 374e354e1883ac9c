"""Search, in Cypher: the full-text index finds candidates, the ranking is the same as in every store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.plan import Search
from service.stores.neo4j.expressions import claim_count, list_placeholder
from service.stores.neo4j.layout import WORDS_INDEX, label
from service.stores.neo4j.pages import AccessPath, RowSource
from service.stores.neo4j.shaper import Shaped
from service.stores.ranking import SCORES

if TYPE_CHECKING:
    from service.stores.neo4j.statement import Writer


def search(writer: Writer, root: Search) -> Shaped:
    node, query = writer.variables.new("t"), writer.variables.new("q")
    words, text = list_placeholder(root.words), list_placeholder(root.text)
    # words consist of letters and digits in lower case, so they contain no syntax of the full-text query
    query_text = f"reduce(q = '', w IN {words} | q + '+(name_words:' + w + '* summary_words:' + w + '*) ')"
    start = (
        f"UNWIND CASE WHEN size({words}) = 0 THEN [] ELSE [{query_text}] END AS {query}"
        f" CALL db.index.fulltext.queryNodes('{WORDS_INDEX}', {query}) YIELD node AS {node} WITH {node}"
    )
    is_of_kinds = f"({' OR '.join(f'{node}:{label(kind)}' for kind in root.kinds) or 'false'})"
    kind = " ".join(f"WHEN {node}:{label(kind)} THEN '{kind}'" for kind in root.kinds)
    order = (
        (_score(node, text, words), True),
        (claim_count(node), True),
        (f"{node}.slug", False),
        (f"CASE {kind} ELSE '' END" if kind else "''", False),
    )
    rows = RowSource((AccessPath((), (is_of_kinds,), start=start),), node, order, words=root.words)
    return writer.connection(rows, root.page, root.parts, writer.call)


def _score(node: str, text: str, words: str) -> str:
    return (
        f"CASE WHEN {node}.name_key = {text} THEN {SCORES.name}"
        f" WHEN {text} IN {node}.all_names THEN {SCORES.alias}"
        f" WHEN any(name IN {node}.all_names WHERE name STARTS WITH {text}) THEN {SCORES.prefix}"
        f" WHEN all(w IN {words} WHERE (' ' + {node}.name_words) CONTAINS (' ' + w)) THEN {SCORES.words}"
        f" ELSE {SCORES.summary} END"
    )
