"""Facts in which each claim has the evidence for a verdict: what the sources say about it as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from hypothesis import strategies as st

from graph_seed import EntityFact, EvidenceFact, Facts, Reference
from schema import ONTOLOGY, Kind

EVIDENCE: dict[str, dict[str, bool]] = {
    "UNKNOWN": {},
    "HAS": {"s1": True},
    "CONFIRMED": {"s1": True, "s2": True},
    "LACKS": {"s1": False},
    "DISPUTED": {"s1": True, "s2": False},
    "DOUBTED": {"s1": False, "s2": True, "s3": False},
}
"""By verdict: the sources, and whether each supports the claim."""

Triple: TypeAlias = tuple[Reference, str, Reference]
"""Subject, relation, object."""

FRAMEWORKS = ("f1", "f2", "f3")
COMPANIES = ("c1", "c2", "c3", "c4")
TARGETS = ("t1", "t2")
"""The slugs of the features, applications, ... of frameworks."""

_FRAMEWORK = ONTOLOGY.kind_by_name["Framework"]
FRAMEWORK_TARGET_TRIPLES: tuple[Triple, ...] = tuple(
    (Reference("Framework", framework), edge.relation.name, Reference(edge.target, target))
    for edge in _FRAMEWORK.edges
    if not edge.reverse and edge.target != "Framework"
    for framework in FRAMEWORKS
    for target in TARGETS
)
USES_TRIPLES: tuple[Triple, ...] = tuple(
    (Reference("Company", company), "USES", Reference("Framework", framework))
    for company in COMPANIES
    for framework in FRAMEWORKS
)


def facts_with_verdicts(slugs: Mapping[str, Iterable[str]], verdicts: Mapping[Triple, str]) -> Facts:
    """Entities with these slugs by kind, and evidence for these verdicts."""
    slugs = {**slugs, "Source": ("s1", "s2", "s3")}
    entities = tuple(
        EntityFact(kind, slug, _values(ONTOLOGY.kind_by_name[kind], slug)) for kind in slugs for slug in slugs[kind]
    )
    relations = {(relation.subject, relation.name): relation for relation in ONTOLOGY.relations}
    evidence = tuple(
        EvidenceFact(subject, relations[subject.kind, name], object_, source, supports, "So it is.", None, None)
        for (subject, name, object_), verdict in verdicts.items()
        for source, supports in EVIDENCE[verdict].items()
    )
    digest = hashlib.sha256(repr((slugs, sorted(verdicts.items()))).encode()).hexdigest()[:16]
    return Facts(entities, evidence, digest)


def framework_verdicts() -> st.SearchStrategy[dict[Triple, str]]:
    """A verdict for each of the claims about frameworks."""
    triples = (*FRAMEWORK_TARGET_TRIPLES, *USES_TRIPLES)
    verdicts = st.lists(st.sampled_from(("UNKNOWN", *EVIDENCE)), min_size=len(triples), max_size=len(triples))
    return verdicts.map(lambda items: dict(zip(triples, items, strict=True)))


def framework_facts(verdicts: Mapping[Triple, str]) -> Facts:
    """The facts for the verdicts of `framework_verdicts`."""
    targets = {object_.kind: TARGETS for _, _, object_ in FRAMEWORK_TARGET_TRIPLES}
    return facts_with_verdicts({"Framework": FRAMEWORKS, "Company": COMPANIES, **targets}, verdicts)


def _values(kind: Kind, slug: str) -> dict[str, Any]:
    defaults = {prop.name: prop.choices[0] if prop.choices else None for prop in kind.properties}
    return {**defaults, "slug": slug, "name": slug, "aliases": []}
