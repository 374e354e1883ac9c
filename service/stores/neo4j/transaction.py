"""A write transaction on a Neo4j, and the statements that write entities, claims and the log.

The first statement of a transaction locks the node of the graph, on which all writers wait for each other.
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
"""Runs one statement of the transaction with parameters; returns its records."""

_LOCK = """
MATCH (g:AtlasGraph {name: 'graph'}) SET g.locked = true REMOVE g.locked
RETURN g.digest AS digest, g.sequence AS sequence"""
_EVIDENCE = """
UNWIND $keys AS key MATCH (c:Claim {key: key})-[v:CITES]->(s:Source) WITH key, v, s.slug AS source ORDER BY source
RETURN collect([key, source, v.supports, v.note, v.term, v.locator]) AS rows"""
_ABOUT = """
MATCH (c:Claim {subject: $id}) RETURN c.key AS key UNION MATCH (c:Claim {object: $id}) RETURN c.key AS key"""
_CITING = "MATCH (:Source {slug: $slug})<-[:CITES]-(c:Claim) RETURN c.key AS key"
_LOG = """
MATCH (g:AtlasGraph {name: 'graph'}) SET g.sequence = $row.sequence, g.changed = $row.at
CREATE (c:Change) SET c = $row"""
# from the oldest up to the first that is young: the writers' clocks may differ, and the log must not have gaps
COMPACT = """
MATCH (g:AtlasGraph {name: 'graph'})
WITH g.sequence - $keep AS last, head(COLLECT {
  MATCH (c:Change) WHERE c.sequence IS NOT NULL AND c.at >= $before RETURN c.sequence ORDER BY c.sequence LIMIT 1
}) AS young
MATCH (c:Change) WHERE c.sequence <= last AND c.sequence < coalesce(young, last + 1) WITH c ORDER BY c.sequence
CALL (c) { DELETE c } IN TRANSACTIONS OF 10000 ROWS RETURN count(*) AS removed"""
_DROP_CLAIMS = "UNWIND $keys AS key MATCH (c:Claim {key: key}) DETACH DELETE c"


class Neo4jTransaction:
    """A transaction that holds the lock of the graph; made by `begin`."""

    def __init__(self, run: Run, ontology: Ontology, version: Version, fetch: Callable[..., Any]) -> None:
        self._run = run
        self._ontology = ontology
        self._fetch = fetch
        self.version = version
        self._absent: set[str] = set()  # claims that were looked for and are not there

    @classmethod
    async def begin(cls, run: Run, ontology: Ontology, fetch: Callable[..., Any]) -> Neo4jTransaction:
        (held,) = await run(_LOCK)
        return cls(run, ontology, Version(held["digest"], held["sequence"]), fetch)

    async def entities(self, references: Collection[Reference]) -> dict[Reference, StoredEntity]:
        found: dict[Reference, StoredEntity] = {}
        for kind, slugs in _by_kind(references).items():
            asked = f"UNWIND $slugs AS slug MATCH (e:{label(kind)} {{slug: slug}}) RETURN properties(e) AS e"
            for row in await self._run(asked, slugs=slugs):
                fact = _fact(self._ontology, kind, row["e"])
                found[fact.reference] = StoredEntity(fact, row["e"]["changed"])
        return found

    async def existing(self, references: Collection[Reference]) -> set[Reference]:
        found: set[Reference] = set()
        for kind, slugs in _by_kind(references).items():
            asked = f"UNWIND $slugs AS slug MATCH (e:{label(kind)} {{slug: slug}}) RETURN collect(slug) AS slugs"
            (row,) = await self._run(asked, slugs=slugs)
            found.update(Reference(kind, slug) for slug in row["slugs"])
        return found

    async def resolve(self, kind: str, keys: Collection[str]) -> dict[str, Reference]:
        asked = (
            f"UNWIND $keys AS key MATCH (e:{label(kind)} {{slug: key}}) RETURN key, e.slug AS slug UNION ALL"
            f" UNWIND $keys AS key MATCH (:{alias_label(kind)} {{key: key}})-[:NAMES]->(e) RETURN key, e.slug AS slug"
        )
        return {row["key"]: Reference(kind, row["slug"]) for row in await self._run(asked, keys=list(keys))}

    async def evidence(self, keys: Collection[str]) -> dict[str, tuple[EvidenceFact, ...]]:
        found: defaultdict[str, list[EvidenceFact]] = defaultdict(list)
        (answer,) = await self._run(_EVIDENCE, keys=list(keys))
        for key_, *said in answer["rows"]:
            found[key_].append(EvidenceFact(*parse_claim_key(key_, self._ontology), *said))
        self._absent.update(set(keys) - found.keys())  # no claim is without evidence
        return {key: tuple(facts) for key, facts in found.items()}

    async def claim_keys_of(self, reference: Reference) -> list[str]:
        return [row["key"] for row in await self._run(_ABOUT, id=reference.id)]

    async def claim_keys_citing(self, source: str) -> list[str]:
        return [row["key"] for row in await self._run(_CITING, slug=source)]

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
            groups[claim.relation, claim.assessment.stance == "LACKS", claim.key in self._absent].append(claim)
            self._absent.discard(claim.key)
        for (relation, denied, new), group in groups.items():
            put = add_claims if new else put_claims
            await self._run(put(relation, denied=denied), rows=[claim_row(claim) for claim in group])

    async def delete_claims(self, keys: Collection[str]) -> None:
        edges: defaultdict[Relation, list[dict[str, str]]] = defaultdict(list)
        for one in keys:
            subject, relation, object_ = parse_claim_key(one, self._ontology)
            edges[relation].append({"subject": subject.slug, "object": object_.slug})
        for relation, rows in edges.items():
            both = f"{relationship(relation)}|{relationship(relation, denied=True)}"
            await self._run(f"UNWIND $rows AS row {_ends(relation)} MATCH (s)-[r:{both}]->(o) DELETE r", rows=rows)
        await self._run(_DROP_CLAIMS, keys=list(keys))

    async def delete_entity(self, reference: Reference) -> None:
        drop = (
            f"MATCH (e:{label(reference.kind)} {{slug: $slug}})"
            f" OPTIONAL MATCH (a:{alias_label(reference.kind)})-[:NAMES]->(e) DETACH DELETE a, e"
        )
        await self._run(drop, slug=reference.slug)

    async def log_change(self, change: Change) -> None:
        entry = LogEntry(self.version.sequence + 1, timestamp(), change)
        await self._run(_LOG, row=change_row(entry))
        self.version = Version(self.version.digest, entry.sequence)

    async def fetch(self, statement: Statement, values: Sequence[Any]) -> Sequence[Any]:
        return await self._fetch(statement, values)


# ----------------------------------------------------------------------------------------------------------- statements


def put_entities(kind: str) -> str:
    """The statement that takes `$rows` of `entity_row`, makes or overwrites the entities."""
    alias = alias_label(kind)
    return (
        f"UNWIND $rows AS row MERGE (e:{label(kind)} {{slug: row.slug}}) SET e:Entity, e = row.values"
        f" WITH e, row CALL (e, row) {{ MATCH (a:{alias})-[:NAMES]->(e) WHERE NOT a.key IN row.aliases DETACH DELETE a }}"
        f" CALL (e, row) {{ UNWIND row.aliases AS alias MERGE (a:{alias} {{key: alias}}) MERGE (a)-[:NAMES]->(e) }}"
    )


def put_claims(relation: Relation, *, denied: bool) -> str:
    """The statement that takes `$rows` of `claim_row`, makes or overwrites the claims, their evidence and edges."""
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


def add_claims(relation: Relation, *, denied: bool) -> str:
    """The statement that takes `$rows` of `claim_row` and makes the claims, their evidence and edges; none is there."""
    return f"UNWIND $rows AS row{_created(relation, denied=denied)}"


def add_missing_claims(relation: Relation, *, denied: bool) -> str:
    """The same for claims of which some may be there already, whole; those are left alone."""
    missing = " WITH row WHERE NOT EXISTS { (:Claim {key: row.key}) }"
    return f"UNWIND $rows AS row{missing}{_created(relation, denied=denied)}"


def _created(relation: Relation, *, denied: bool) -> str:
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
    assessment = claim.assessment
    weighed = {
        "stance": assessment.stance,
        "confidence": assessment.confidence,
        "first_seen": assessment.first_seen,
        "last_seen": assessment.last_seen,
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
            **weighed,
        },
        "edge": {"claim": claim.key, **weighed},
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


def entry(row: dict[str, Any]) -> LogEntry:
    """The entry of the log that stands in the properties of a `Change`."""
    kind = row.get("kind")
    reference = None if kind is None else Reference(kind, row["slug"])
    change = Change(row["action"], reference, row.get("claim"), tuple(row["kinds"]), row["count"])
    return LogEntry(row["sequence"], row["at"], change)


def _fact(ontology: Ontology, kind: str, row: dict[str, Any]) -> EntityFact:
    names = [prop for prop in ontology.kind_by_name[kind].properties if prop.name != "id"]
    values = {prop.name: row.get(prop.name, [] if prop.type is PropertyType.TEXTS else None) for prop in names}
    return EntityFact(kind, row["slug"], values)


def _by_kind(references: Collection[Reference]) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for kind, slug in references:
        found[kind].append(slug)
    return found
