"""Write transactions of Neo4j, and the statements that write entities, claims and the log.

The first statement of a transaction locks the node of the graph, so that only one transaction writes at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Any

from graph_seed import Claim, EntityFact, EvidenceFact, Reference
from graph_seed.claims import parse_claim_key
from graph_seed.facts import global_id
from schema import Ontology, PropertyType, Relation
from schema.text import text_key
from service.plan.version import Version
from service.stores.base import timestamp
from service.stores.neo4j.layout import alias_label, has_key, label, relationship, search_properties
from service.stores.neo4j.statement import Statement
from service.stores.transaction import Change, LogEntry, StoredEntity

Run = Callable[..., Awaitable[list[dict[str, Any]]]]
"""Runs a statement in the transaction, with parameters, and returns its records."""

_LOCK = """
MATCH (g:AtlasGraph {name: 'graph'}) SET g.locked = true REMOVE g.locked
RETURN g.digest AS digest, g.sequence AS sequence"""
_EVIDENCE = """
UNWIND $keys AS key MATCH (c:Claim {key: key})-[v:CITES]->(s:Source) WITH key, v, s.slug AS source ORDER BY source
RETURN collect([key, source, v.supports, v.note, v.term, v.locator]) AS rows"""
_CLAIM_KEYS_OF = """
MATCH (c:Claim {subject: $id}) RETURN c.key AS key UNION MATCH (c:Claim {object: $id}) RETURN c.key AS key"""
_CLAIM_KEYS_CITING = "MATCH (:Source {slug: $slug})<-[:CITES]-(c:Claim) RETURN c.key AS key"
_LOG_CHANGE = """
MATCH (g:AtlasGraph {name: 'graph'}) SET g.sequence = $row.sequence, g.changed = $row.at
CREATE (c:Change) SET c = $row"""
# deletes up to the first entry that is kept, although the clocks of writers may differ: the log must not have gaps
COMPACT_LOG = """
MATCH (g:AtlasGraph {name: 'graph'})
WITH g.sequence - $keep AS last, head(COLLECT {
  MATCH (c:Change) WHERE c.sequence IS NOT NULL AND c.at >= $before RETURN c.sequence ORDER BY c.sequence LIMIT 1
}) AS young
MATCH (c:Change) WHERE c.sequence <= last AND c.sequence < coalesce(young, last + 1) WITH c ORDER BY c.sequence
CALL (c) { DELETE c } IN TRANSACTIONS OF 10000 ROWS RETURN count(*) AS removed"""
_DELETE_CLAIMS = "UNWIND $keys AS key MATCH (c:Claim {key: key}) DETACH DELETE c"


class Neo4jTransaction:
    """A transaction that has the lock of the graph. Create it with `begin`."""

    def __init__(self, run: Run, ontology: Ontology, version: Version, fetch: Callable[..., Any]) -> None:
        self._run = run
        self._ontology = ontology
        self._fetch = fetch
        self.version = version
        self._missing_claims: set[str] = set()  # keys that `evidence` did not find

    @classmethod
    async def begin(cls, run: Run, ontology: Ontology, fetch: Callable[..., Any]) -> Neo4jTransaction:
        (graph,) = await run(_LOCK)
        return cls(run, ontology, Version(graph["digest"], graph["sequence"]), fetch)

    async def entities(self, references: Collection[Reference]) -> dict[Reference, StoredEntity]:
        entities: dict[Reference, StoredEntity] = {}
        for kind, slugs in _by_kind(references).items():
            query = f"UNWIND $slugs AS slug MATCH (e:{label(kind)} {{slug: slug}}) RETURN properties(e) AS e"
            for row in await self._run(query, slugs=slugs):
                fact = _entity_fact(self._ontology, kind, row["e"])
                entities[fact.reference] = StoredEntity(fact, row["e"]["changed"])
        return entities

    async def existing(self, references: Collection[Reference]) -> set[Reference]:
        existing: set[Reference] = set()
        for kind, slugs in _by_kind(references).items():
            query = f"UNWIND $slugs AS slug MATCH (e:{label(kind)} {{slug: slug}}) RETURN collect(slug) AS slugs"
            (row,) = await self._run(query, slugs=slugs)
            existing.update(Reference(kind, slug) for slug in row["slugs"])
        return existing

    async def resolve(self, kind: str, keys: Collection[str]) -> dict[str, Reference]:
        query = (
            f"UNWIND $keys AS key MATCH (e:{label(kind)} {{slug: key}}) RETURN key, e.slug AS slug UNION ALL"
            f" UNWIND $keys AS key MATCH (:{alias_label(kind)} {{key: key}})-[:NAMES]->(e) RETURN key, e.slug AS slug"
        )
        return {row["key"]: Reference(kind, row["slug"]) for row in await self._run(query, keys=list(keys))}

    async def evidence(self, keys: Collection[str]) -> dict[str, tuple[EvidenceFact, ...]]:
        evidence: defaultdict[str, list[EvidenceFact]] = defaultdict(list)
        (record,) = await self._run(_EVIDENCE, keys=list(keys))
        for key, *values in record["rows"]:
            evidence[key].append(EvidenceFact(*parse_claim_key(key, self._ontology), *values))
        self._missing_claims.update(set(keys) - evidence.keys())  # every claim has evidence
        return {key: tuple(facts) for key, facts in evidence.items()}

    async def claim_keys_of(self, reference: Reference) -> list[str]:
        return [row["key"] for row in await self._run(_CLAIM_KEYS_OF, id=reference.id)]

    async def claim_keys_citing(self, source: str) -> list[str]:
        return [row["key"] for row in await self._run(_CLAIM_KEYS_CITING, slug=source)]

    async def put_entities(self, facts: Sequence[EntityFact]) -> None:
        by_kind: defaultdict[str, list[EntityFact]] = defaultdict(list)
        for fact in facts:
            by_kind[fact.kind].append(fact)
        for kind, group in by_kind.items():
            rows = [entity_row(fact, self._ontology, self.version.sequence) for fact in group]
            await self._run(put_entities(kind), rows=rows)

    async def put_claims(self, claims: Iterable[Claim]) -> None:
        groups: defaultdict[tuple[Relation, bool, bool], list[Claim]] = defaultdict(list)
        for claim in claims:
            groups[claim.relation, claim.assessment.stance == "LACKS", claim.key in self._missing_claims].append(claim)
            self._missing_claims.discard(claim.key)
        for (relation, denied, new), group in groups.items():
            statement = create_claims if new else put_claims
            await self._run(statement(relation, denied=denied), rows=[claim_row(claim) for claim in group])

    async def delete_claims(self, keys: Collection[str]) -> None:
        edges: defaultdict[Relation, list[dict[str, str]]] = defaultdict(list)
        for key in keys:
            subject, relation, object_ = parse_claim_key(key, self._ontology)
            edges[relation].append({"subject": subject.slug, "object": object_.slug})
        for relation, rows in edges.items():
            types = f"{relationship(relation)}|{relationship(relation, denied=True)}"
            await self._run(f"UNWIND $rows AS row {_ends(relation)} MATCH (s)-[r:{types}]->(o) DELETE r", rows=rows)
        await self._run(_DELETE_CLAIMS, keys=list(keys))

    async def delete_entity(self, reference: Reference) -> None:
        statement = (
            f"MATCH (e:{label(reference.kind)} {{slug: $slug}})"
            f" OPTIONAL MATCH (a:{alias_label(reference.kind)})-[:NAMES]->(e) DETACH DELETE a, e"
        )
        await self._run(statement, slug=reference.slug)

    async def log_change(self, change: Change) -> None:
        entry = LogEntry(self.version.sequence + 1, timestamp(), change)
        await self._run(_LOG_CHANGE, row=change_row(entry))
        self.version = Version(self.version.digest, entry.sequence)

    async def fetch(self, statement: Statement, values: Sequence[Any]) -> Sequence[Any]:
        return await self._fetch(statement, values)


# ----------------------------------------------------------------------------------------------------------- statements


def put_entities(kind: str) -> str:
    """Return the statement that inserts or replaces the entities of `$rows`, which are results of `entity_row`."""
    alias = alias_label(kind)
    return (
        f"UNWIND $rows AS row MERGE (e:{label(kind)} {{slug: row.slug}}) SET e:Entity, e = row.values"
        f" WITH e, row CALL (e, row) {{ MATCH (a:{alias})-[:NAMES]->(e) WHERE NOT a.key IN row.aliases DETACH DELETE a }}"
        f" CALL (e, row) {{ UNWIND row.aliases AS alias MERGE (a:{alias} {{key: alias}}) MERGE (a)-[:NAMES]->(e) }}"
    )


def put_claims(relation: Relation, *, denied: bool) -> str:
    """Return the statement that inserts or replaces the claims of `$rows`, which are results of `claim_row`."""
    edge, other = relationship(relation, denied=denied), relationship(relation, denied=not denied)
    return (
        f"UNWIND $rows AS row {_ends(relation)}"
        f" MERGE (c:Claim {{key: row.key}}) SET c += row.claim"
        f" WITH c, s, o, row CALL (s, o) {{ MATCH (s)-[r:{other}]->(o) DELETE r }}"
        f" MERGE (s)-[r:{edge}]->(o) SET r = row.edge WITH c, row"
        f" CALL (c, row) {{ MATCH (c)-[v:CITES]->(d) WHERE NOT d.slug IN row.sources DELETE v }}"
        f" CALL (c, row) {{ UNWIND row.evidence AS said MATCH (d:Source {{slug: said.source}})"
        f" MERGE (c)-[v:CITES]->(d) SET v = said.values }}"
    )


def create_claims(relation: Relation, *, denied: bool) -> str:
    """Return the statement that inserts the claims of `$rows`, none of which may exist."""
    return f"UNWIND $rows AS row{_create_claim(relation, denied=denied)}"


def create_missing_claims(relation: Relation, *, denied: bool) -> str:
    """Return the statement that inserts those claims of `$rows` that do not exist."""
    missing = " WITH row WHERE NOT EXISTS { (:Claim {key: row.key}) }"
    return f"UNWIND $rows AS row{missing}{_create_claim(relation, denied=denied)}"


def _create_claim(relation: Relation, *, denied: bool) -> str:
    return (
        f" {_ends(relation)} CREATE (c:Claim {{key: row.key}}) SET c += row.claim"
        f" CREATE (s)-[r:{relationship(relation, denied=denied)}]->(o) SET r = row.edge"
        f" WITH c, row UNWIND row.evidence AS said MATCH (d:Source {{slug: said.source}})"
        f" CREATE (c)-[v:CITES]->(d) SET v = said.values"
    )


def _ends(relation: Relation) -> str:
    return (
        f"MATCH (s:{label(relation.subject)} {{slug: row.subject}})"
        f" MATCH (o:{label(relation.object)} {{slug: row.object}})"
    )


# ----------------------------------------------------------------------------------------------------------------- rows


def entity_row(entity: EntityFact, ontology: Ontology, sequence: int) -> dict[str, Any]:
    values = {name: value for name, value in entity.values.items() if value is not None}
    values |= {"id": entity.reference.id, "changed": sequence}
    for prop in ontology.kind_by_name[entity.kind].properties:
        if has_key(prop) and prop.name in values:
            values[f"{prop.name}_key"] = text_key(values[prop.name])
    values |= search_properties(values["name"], values["aliases"], values.get("summary"))
    return {
        "slug": entity.slug,
        "values": values,
        "aliases": list(dict.fromkeys(map(text_key, entity.values["aliases"]))),
    }


def claim_row(claim: Claim) -> dict[str, Any]:
    assessment = {
        "stance": claim.assessment.stance,
        "confidence": claim.assessment.confidence,
        "first_seen": claim.assessment.first_seen,
        "last_seen": claim.assessment.last_seen,
    }
    return {
        "subject": claim.subject.slug,
        "object": claim.object.slug,
        "key": claim.key,
        "claim": {
            "id": global_id("Claim", claim.key),
            "relation": claim.relation.name,
            "subject": claim.subject.id,
            "object": claim.object.id,
            **assessment,
        },
        "edge": {"claim": claim.key, **assessment},
        "sources": [item.source for item in claim.evidence],
        "evidence": [
            {
                "source": item.source,
                "values": {"supports": item.supports, "note": item.note, "term": item.term, "locator": item.locator},
            }
            for item in claim.evidence
        ],
    }


def change_row(entry: LogEntry) -> dict[str, Any]:
    change = entry.change
    kind, slug = change.reference or (None, "")
    return {
        "sequence": entry.sequence,
        "at": entry.at,
        "action": change.action,
        "kind": kind,
        "slug": slug,
        "entity": change.reference and change.reference.id,
        "claim": change.claim,
        "kinds": list(change.kinds),
        "count": change.count,
    }


def log_entry(row: dict[str, Any]) -> LogEntry:
    """Return the log entry with the properties of a `Change` node."""
    kind = row.get("kind")
    reference = None if kind is None else Reference(kind, row["slug"])
    change = Change(row["action"], reference, row.get("claim"), tuple(row["kinds"]), row["count"])
    return LogEntry(row["sequence"], row["at"], change)


def _entity_fact(ontology: Ontology, kind: str, row: dict[str, Any]) -> EntityFact:
    names = [prop for prop in ontology.kind_by_name[kind].properties if prop.name != "id"]
    values = {prop.name: row.get(prop.name, [] if prop.type is PropertyType.TEXTS else None) for prop in names}
    return EntityFact(kind, row["slug"], values)


def _by_kind(references: Collection[Reference]) -> dict[str, list[str]]:
    slugs: defaultdict[str, list[str]] = defaultdict(list)
    for kind, slug in references:
        slugs[kind].append(slug)
    return slugs
