"""Read a whole graph from a Neo4j, page by page, in one read transaction.

Neo4j keeps no snapshot for a transaction: what others commit meanwhile shows on the pages that are read later. So the
version is read at the beginning and at the end, and a reader is told when it has moved.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from graph_seed import EntityFact, EvidenceFact
from graph_seed.claims import parse_claim_key
from schema import Kind, Ontology, PropertyType
from service.stores.neo4j.layout import VERSION, label, property_name

Run = Callable[..., Awaitable[Any]]
"""Runs a statement of the transaction with parameters; returns the one value of its one record."""

_PAGE = 2000
_VERSION = f"MATCH (g:AtlasGraph {{name: 'graph'}}) RETURN {VERSION} AS version"
_COUNT = "RETURN COUNT { MATCH (:Entity) } + COUNT { MATCH ()-[:CITES]->() } AS count"
_EVIDENCE = """
MATCH (c:Claim) WHERE c.key > $after WITH c ORDER BY c.key LIMIT $most
WITH c.key AS key, COLLECT { MATCH (c)-[v:CITES]->(s:Source) WITH v, s ORDER BY s.slug
  RETURN [s.slug, v.supports, v.note, v.term, v.locator] } AS said
RETURN collect([key, said]) AS page"""


async def version(run: Run) -> str:
    return await run(_VERSION)


async def count(run: Run) -> int:
    """How many entities and pieces of evidence there are."""
    return await run(_COUNT)


async def pages(run: Run, ontology: Ontology) -> AsyncIterator[list[EntityFact | EvidenceFact]]:
    """All facts, in the order of `Snapshot.facts`."""
    for kind in ontology.kinds:
        after = ""
        while rows := await run(_entities(kind), after=after, most=_PAGE):
            yield [_entity(kind, row) for row in rows]
            after = rows[-1][0]
    after = ""
    while rows := await run(_EVIDENCE, after=after, most=_PAGE):
        yield [EvidenceFact(*parse_claim_key(key, ontology), *one) for key, said in rows for one in said]
        after = rows[-1][0]


def _entities(kind: Kind) -> str:
    values = ", ".join(f"e.{property_name(item)}" for item in kind.properties if item.name != "id")
    return (
        f"MATCH (e:{label(kind.name)}) WHERE e.slug > $after WITH e ORDER BY e.slug LIMIT $most"
        f" RETURN collect([e.slug, {values}]) AS page"
    )


def _entity(kind: Kind, row: list[Any]) -> EntityFact:
    items = (item for item in kind.properties if item.name != "id")
    values = {
        item.name: [] if value is None and item.type is PropertyType.TEXTS else value
        for item, value in zip(items, row[1:], strict=True)
    }
    return EntityFact(kind.name, row[0], values)
