"""Read all facts of an SQLite file, in one read transaction."""

from __future__ import annotations

from collections.abc import Iterator

import apsw

from graph_seed import EntityFact, EvidenceFact
from graph_seed.claims import parse_claim_key
from schema import Ontology
from service.stores.sqlite import records

_COUNT = "SELECT (SELECT count(*) FROM entity) + (SELECT count(*) FROM evidence)"
# CROSS JOIN fixes the join order: along the index of claim keys, so that SQLite sorts only the sources of one claim
_EVIDENCE = """
SELECT c.key, s."slug", v.supports, v.note, v.term, v.locator FROM claim c CROSS JOIN evidence v ON v.claim = c._pk
  CROSS JOIN entity s ON s._pk = v.source ORDER BY c.key, s."slug" """


def begin(db: apsw.Connection) -> tuple[str, int]:
    """Begin the transaction; return the version of the graph, and the number of entities and pieces of evidence."""
    db.execute("BEGIN")
    (version,) = db.execute("SELECT version FROM graph").fetchone() or ("",)
    return version or "", db.execute(_COUNT).get


def facts(db: apsw.Connection, ontology: Ontology) -> Iterator[EntityFact | EvidenceFact]:
    """Yield all facts, in the order of `Snapshot.facts`."""
    for kind in ontology.kinds:
        for row in db.execute(records.read_kind(ontology), (kind.name,)):
            yield records.entity_fact(ontology, kind.name, row)
    last_key, ends = "", None
    for key, source, supports, note, term, locator in db.execute(_EVIDENCE):
        if key != last_key or ends is None:
            last_key, ends = key, parse_claim_key(key, ontology)
        yield EvidenceFact(*ends, source, bool(supports), note, term, locator)
