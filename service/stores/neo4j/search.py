"""What matches a text, best first, in Cypher: the full-text index finds candidates, the ranking is ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.plan import Search
from service.stores.neo4j.access_paths import AccessPath, RowSource
from service.stores.neo4j.layout import WORDS, label
from service.stores.neo4j.predicates import claim_count, list_placeholder
from service.stores.ranking import SCORES

if TYPE_CHECKING:
    from service.stores.neo4j.statement import Writer


def search(writer: Writer, root: Search) -> tuple[str, str]:
    """The expression of the connection's value, and the name of the function that shapes it."""
    node, query = writer.variables.new("t"), writer.variables.new("q")
    words, text = list_placeholder(root.words), list_placeholder(root.text)
    # words hold nothing but letters and digits in lower case, so none can be syntax of the full-text query
    asked = f"reduce(q = '', w IN {words} | q + '+(name_words:' + w + '* summary_words:' + w + '*) ')"
    start = (
        f"UNWIND CASE WHEN size({words}) = 0 THEN [] ELSE [{asked}] END AS {query}"
        f" CALL db.index.fulltext.queryNodes('{WORDS}', {query}) YIELD node AS {node} WITH {node}"
    )
    kinds = (f"({' OR '.join(f'{node}:{label(kind)}' for kind in root.kinds) or 'false'})",)
    kind = " ".join(f"WHEN {node}:{label(kind)} THEN '{kind}'" for kind in root.kinds)
    order = (
        (_score(node, text, words), True),
        (claim_count(node), True),
        (f"{node}.slug", False),
        (f"CASE {kind} ELSE '' END" if kind else "''", False),
    )
    rows = RowSource((AccessPath((), kinds, start=start),), node, order, words=root.words)
    return writer.connection(rows, root.page, root.parts, writer.call)


def _score(node: str, text: str, words: str) -> str:
    return (
        f"CASE WHEN {node}.name_key = {text} THEN {SCORES.name}"
        f" WHEN {text} IN {node}.all_names THEN {SCORES.alias}"
        f" WHEN any(name IN {node}.all_names WHERE name STARTS WITH {text}) THEN {SCORES.prefix}"
        f" WHEN all(w IN {words} WHERE (' ' + {node}.name_words) CONTAINS (' ' + w)) THEN {SCORES.words}"
        f" ELSE {SCORES.summary} END"
    )
