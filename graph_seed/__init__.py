"""Facts: entities and evidence as JSON Lines, and functions to read and validate them.

Each line is one entity or one piece of evidence:

    {"kind": "Feature", "slug": "orm", "name": "Object-relational mapping", "aliases": ["ORM"], "category": "CAPABILITY"}
    {"subject": "Framework:django", "relation": "HAS_FEATURE", "object": "Feature:orm", "source": "a-source",
     "supports": true, "note": "Django maps objects to tables.", "term": "ORM", "locator": "section 4.1"}

`read_facts(folder, ontology)` reads all `*.jsonl` files of a folder; the order of files and lines does not matter.
"""

from graph_seed.claims import Claim, group_claims
from graph_seed.facts import EntityFact, EvidenceFact, Facts, Reference, read_facts
from graph_seed.shipped import SHIPPED

__all__ = ["SHIPPED", "Claim", "EntityFact", "EvidenceFact", "Facts", "Reference", "group_claims", "read_facts"]
