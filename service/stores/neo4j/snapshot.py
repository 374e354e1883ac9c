"""Read a whole graph from Neo4j, page by page, in one read transaction.

A transaction of Neo4j has no snapshot: later pages contain what other transactions committed meanwhile. So the version is
read at the beginning and at the end, and `Snapshot.changed_while_read` tells whether it has changed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from graph_seed import EntityFact, EvidenceFact
from graph_seed.claims import parse_claim_key
from schema import Kind, Ontology, PropertyType
from service.stores.neo4j.layout import VERSION, label, property_name

Run = Callable[..., Awaitable[Any]]
"""Runs a statement in the transaction, with parameters, and returns the only value of its only record."""

_PAGE_SIZE = 2000
_VERSION = f"MATCH (g:AtlasGraph {{name: 'graph'}}) RETURN {VERSION} AS version"
_COUNT = "RETURN COUNT { MATCH (:Entity) } + COUNT { MATCH ()-[:CITES]->() } AS count"
_EVIDENCE = """
MATCH (c:Claim) WHERE c.key > $after WITH c ORDER BY c.key LIMIT $most
WITH c.key AS key, COLLECT { MATCH (c)-[v:CITES]->(s:Source) WITH v, s ORDER BY s.slug
  RETURN [s.slug, v.supports, v.note, v.term, v.locator] } AS said
RETURN collect([key, said]) AS page"""


async def version(run: Run) -> str:
    return await run(_VERSION)


async def fact_count(run: Run) -> int:
    """Return the number of entities and pieces of evidence."""
    return await run(_COUNT)


async def facts(run: Run, ontology: Ontology) -> AsyncIterator[list[EntityFact | EvidenceFact]]:
    """Yield all facts in batches, in the order of `Snapshot.facts`."""
    for kind in ontology.kinds:
        after = ""
        while rows := await run(_entity_page(kind), after=after, most=_PAGE_SIZE):
            yield [_entity_fact(kind, row) for row in rows]
            after = rows[-1][0]
    after = ""
    while rows := await run(_EVIDENCE, after=after, most=_PAGE_SIZE):
        yield [EvidenceFact(*parse_claim_key(key, ontology), *values) for key, items in rows for values in items]
        after = rows[-1][0]


def _entity_page(kind: Kind) -> str:
    values = ", ".join(f"e.{property_name(item)}" for item in kind.properties if item.name != "id")
    return (
        f"MATCH (e:{label(kind.name)}) WHERE e.slug > $after WITH e ORDER BY e.slug LIMIT $most"
        f" RETURN collect([e.slug, {values}]) AS page"
    )


def _entity_fact(kind: Kind, row: list[Any]) -> EntityFact:
    properties = (prop for prop in kind.properties if prop.name != "id")
    values = {
        prop.name: [] if value is None and prop.type is PropertyType.TEXTS else value
        for prop, value in zip(properties, row[1:], strict=True)
    }
    return EntityFact(kind.name, row[0], values)
