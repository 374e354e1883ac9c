"""Search, comparison, recommendation, alternatives and paths, as their descriptions in the schema say.

Weights and scores are in thousandths; what is truncated there is truncated here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from graph_seed import Claim, EntityFact, Reference
from schema import Edge
from schema.answers import sentence
from service.plan import (
    Alternatives,
    AnyNode,
    Cells,
    CellValue,
    ClaimNode,
    ComparedEntities,
    Comparison,
    ComparisonRows,
    EntityNode,
    Overlap,
    PathField,
    Paths,
    Reasons,
    Recommend,
    RecommendationList,
    Requirement,
    RequirementName,
    RowRelation,
    RowRelationType,
    Score,
    Search,
    StepEnd,
    StepRelation,
    Steps,
    Typename,
    UnknownReferences,
    Weight,
)
from tests.reference.graph import POSITIVE, Step
from tests.reference.lists import Row
from tests.reference.selections import Connection, Selections

_NAME, _ALIAS, _PREFIX, _WORDS, _SUMMARY = 1000, 900, 700, 500, 200

# ------------------------------------------------------------------------------------------------------------- search


def search(selections: Selections, root: Search) -> dict[str, Any]:
    graph, values = selections.graph, selections.values
    text, prefixes = values[root.text], values[root.words]
    rows: list[Row] = []
    for item in graph.facts.entities:
        names, summary = graph.words(item)
        everywhere = [*names, *summary]
        if not prefixes or item.kind not in root.kinds:
            continue
        if not all(any(word.startswith(prefix) for word in everywhere) for prefix in prefixes):
            continue
        own, *aliases = graph.names(item)
        if own == text:
            score = _NAME
        elif text in aliases:
            score = _ALIAS
        elif any(name.startswith(text) for name in (own, *aliases)):
            score = _PREFIX
        elif all(any(word.startswith(prefix) for word in names) for prefix in prefixes):
            score = _WORDS
        else:
            score = _SUMMARY
        rows.append(Row(item, order=(score, graph.mentions[item.reference], item.slug, item.kind)))
    rows.sort(key=lambda row: (-row.order[0], -row.order[1], row.order[2], row.order[3]))
    connection = Connection(rows, (True, True, False, False), prefixes=prefixes)
    return selections.connection(connection, root.page, root.parts)


# --------------------------------------------------------------------------------------------------------- comparison


def comparison(selections: Selections, root: Comparison) -> dict[str, Any] | UnknownReferences:
    graph = selections.graph
    names: list[str] = selections.values[root.slugs]
    resolved = {name: graph.resolve(root.kind.name, name) for name in names}
    unknown = tuple((0, name) for name in names if resolved[name] is None)
    if unknown:
        return UnknownReferences(unknown)
    entities = list({item.reference: item for name in names if (item := resolved[name])}.values())

    def claim_of(item: EntityFact, edge: Edge, target: Reference) -> Claim | None:
        steps = graph.steps(item.reference, edge, (*POSITIVE, "LACKS"))
        return next((step.claim for step in steps if step.end == target), None)

    def cell(part: Any, item: EntityFact, claim: Claim | None) -> Any:
        match part:
            case Typename(name=name):
                return name
            case CellValue():
                return claim.assessment.stance if claim else "UNKNOWN"
            case EntityNode(parts=parts):
                return selections.entity(parts, item)
            case ClaimNode(parts=parts):
                return selections.claim(parts or (), claim) if claim else None

    def row_part(part: Any, edge: Edge, target: Reference) -> Any:
        match part:
            case Typename(name=name):
                return name
            case RowRelation():
                return edge.name
            case RowRelationType():
                return edge.relation.name
            case EntityNode(parts=parts):
                return selections.entity(parts, graph.entities[target])
            case Cells(parts=parts):
                return [
                    {inner.key: cell(inner, item, claim_of(item, edge, target)) for inner in parts} for item in entities
                ]

    def rows(part: ComparisonRows) -> Iterator[dict[str, Any]]:
        for edge, row_parts in zip(part.edges, part.parts, strict=True):
            steps = [step for item in entities for step in graph.steps(item.reference, edge, (*POSITIVE, "LACKS"))]
            for target in sorted({step.end for step in steps}, key=lambda target: target.slug):
                claims = [claim_of(item, edge, target) for item in entities]
                if root.only_differences and len({claim.assessment.stance if claim else None for claim in claims}) == 1:
                    continue
                yield {inner.key: row_part(inner, edge, target) for inner in row_parts}

    def part_of(part: Any) -> Any:
        match part:
            case Typename(name=name):
                return name
            case ComparedEntities(parts=parts):
                return [selections.entity(parts, item) for item in entities]
            case ComparisonRows():
                return list(rows(part))

    return {part.key: part_of(part) for part in root.parts}


# ----------------------------------------------------------------------------------------------------- recommendation


def recommend(selections: Selections, root: Recommend) -> dict[str, Any] | UnknownReferences:
    graph, values = selections.graph, selections.values
    unknown: list[tuple[int, str]] = []
    requirements: list[tuple[int, Requirement, list[Reference]]] = []
    for number, requirement in enumerate(root.requirements):
        names: list[str] = values[requirement.slugs]
        resolved = [(name, graph.resolve(requirement.edge.target, name)) for name in names]
        unknown += [(number, name) for name, item in resolved if item is None]
        targets = list(dict.fromkeys(item.reference for _, item in resolved if item))
        requirements.append((number, requirement, targets))
    if unknown:
        return UnknownReferences(tuple(unknown))
    everyone = graph.of_kind(root.kind.name)
    min_users = None if root.min_users is None else values[root.min_users]

    def claim_of(item: EntityFact, requirement: Requirement, target: Reference) -> Claim | None:
        steps = graph.steps(item.reference, requirement.edge, (*POSITIVE, "LACKS"))
        return next((step.claim for step in steps if step.end == target), None)

    def weight(requirement: Requirement, target: Reference, claim: Claim | None) -> int:
        if claim is None:
            return 0
        having = sum(
            any(step.end == target for step in graph.steps(one.reference, requirement.edge)) for one in everyone
        )
        rarity = _truncate(Fraction(len(everyone), len(everyone) + 9 * having))
        sure = Fraction(claim.assessment.confidence, 1000) * rarity
        if requirement.wanted:
            weights = {"HAS": sure, "LACKS": -sure, "DISPUTED": rarity / 4}
        else:
            weights = {"HAS": -sure, "LACKS": sure / 4, "DISPUTED": -rarity / 4}
        share = Fraction(1, 2 if requirement.wanted and not requirement.required else 1)
        return int(1000 * _truncate(weights[claim.assessment.stance] * share))

    def users_of(item: EntityFact) -> int:
        return len(graph.steps(item.reference, root.users)) if root.users else 0

    def adoption(users: int) -> int:
        return math.trunc(Fraction(200 * users, users + 10))

    scored: list[tuple[int, int, str, EntityFact]] = []
    for item in everyone:
        users, failures, score, meets_something = users_of(item), 0, 0, False
        for _, requirement, targets in requirements:
            for target in targets:
                claim = claim_of(item, requirement, target)
                has = claim is not None and claim.assessment.stance in POSITIVE
                failures += has if not requirement.wanted else requirement.required and not has
                meets_something |= requirement.wanted and has
                score += weight(requirement, target, claim)
        if min_users is not None:
            failures += users < min_users
            meets_something |= users >= min_users
        if meets_something:
            scored.append((failures, -(score + adoption(users)), item.slug, item))
    scored.sort(key=lambda entry: entry[:3])

    def users_part(part: Any, item: EntityFact) -> Any:
        users = users_of(item)
        match part:
            case Typename(name=name):
                return name
            case RequirementName():
                return "usedBy" if min_users is None else "usedByAtLeast"
            case CellValue():
                return "HAS" if users >= (1 if min_users is None else min_users) else "UNKNOWN"
            case Weight():
                return adoption(users) / 1000
            case AnyNode() | ClaimNode():
                return None

    def reason_part(part: Any, requirement: Requirement, target: Reference, claim: Claim | None) -> Any:
        match part:
            case Typename(name=name):
                return name
            case RequirementName():
                return requirement.name
            case CellValue():
                return claim.assessment.stance if claim else "UNKNOWN"
            case Weight():
                return weight(requirement, target, claim) / 1000
            case AnyNode(branches=branches):
                return selections.branch(branches, graph.entities[target])
            case ClaimNode(parts=parts):
                return selections.claim(parts or (), claim) if claim else None

    def reasons(part: Reasons, item: EntityFact) -> Iterator[dict[str, Any]]:
        for number, requirement, targets in requirements:
            for target in targets:
                claim = claim_of(item, requirement, target)
                yield {inner.key: reason_part(inner, requirement, target, claim) for inner in part.parts[number]}
        if root.users is not None:
            yield {inner.key: users_part(inner, item) for inner in part.users}

    def recommendation(part: Any, score: int, item: EntityFact) -> Any:
        match part:
            case Typename(name=name):
                return name
            case EntityNode(parts=parts):
                return selections.entity(parts, item)
            case Score():
                return score / 1000
            case Reasons():
                return list(reasons(part, item))

    def part_of(part: Any) -> Any:
        if isinstance(part, Typename):
            return part.name
        assert isinstance(part, RecommendationList)
        listed = [entry for entry in scored if (entry[0] > 0) == part.near_misses][: values[root.size]]
        return [{inner.key: recommendation(inner, -entry[1], entry[3]) for inner in part.parts} for entry in listed]

    return {part.key: part_of(part) for part in root.parts}


def _truncate(value: Fraction) -> Fraction:
    """Three decimals; the others are cut off."""
    return Fraction(math.trunc(value * 1000), 1000)


# ------------------------------------------------------------------------------------------------------- alternatives

_Target = tuple[int, Reference]
"""The place of a relation among those that count, and an entity."""


def alternatives(selections: Selections, part: Alternatives, item: EntityFact) -> list[dict[str, Any]]:
    graph = selections.graph
    targets = {
        other.reference: {
            (place, step.end) for place, edge in enumerate(part.edges) for step in graph.steps(other.reference, edge)
        }
        for other in graph.of_kind(part.kind.name)
    }
    degrees: dict[_Target, int] = {}
    for each in targets.values():
        for target in each:
            degrees[target] = degrees.get(target, 0) + 1

    def weight(shared: set[_Target]) -> int:
        return sum(1000 * len(targets) // (len(targets) + 9 * degrees[target]) for target in shared)

    def rarest_first(some: set[_Target]) -> list[_Target]:
        return sorted(some, key=lambda target: (degrees[target], target))

    mine = targets[item.reference]
    weights = {other: weight(mine & theirs) for other, theirs in targets.items() if other != item.reference}
    ranked = sorted((other for other, sum_ in weights.items() if sum_), key=lambda other: (-weights[other], other.slug))

    def inner(one: Any, other: Reference) -> Any:
        match one:
            case Typename(name=name):
                return name
            case Score():
                return 1000 * weights[other] // weight(mine) / 1000
            case EntityNode(parts=parts):
                return selections.entity(parts, graph.entities[other])
            case Overlap(name=name, branches=branches):
                theirs = targets[other]
                some = {
                    "shared": lambda: rarest_first(mine & theirs),
                    "missing": lambda: rarest_first(mine - theirs),
                    "extra": lambda: sorted(theirs - mine),
                }[name]()
                return [selections.branch(branches, graph.entities[target]) for _, target in some]

    return [{one.key: inner(one, other) for one in part.parts} for other in ranked[: selections.values[part.size]]]


# -------------------------------------------------------------------------------------------------------------- paths


def paths(selections: Selections, root: Paths) -> list[dict[str, Any]] | UnknownReferences:
    graph, values = selections.graph, selections.values
    ids = [values[end] for end in root.ends]
    unknown = tuple((place, id_) for place, id_ in enumerate(ids) if id_ not in graph.entity_by_id)
    if unknown:
        return UnknownReferences(unknown)
    start, end = (graph.entity_by_id[id_].reference for id_ in ids)
    steps: dict[Reference, list[Step]] = {}
    for claim in graph.claims.values():
        if claim.assessment.stance in POSITIVE:
            steps.setdefault(claim.subject, []).append(Step(claim, claim.subject, claim.object))
            steps.setdefault(claim.object, []).append(Step(claim, claim.object, claim.subject))

    def chains(position: Reference, length: int, passed: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
        if position == end or not length:
            if position == end and not length:
                yield passed
            return
        visited = {step.start for step in passed} | {position}
        for step in steps.get(position, []):
            if step.end not in visited:
                yield from chains(step.end, length - 1, (*passed, step))

    def confidence(chain: tuple[Step, ...]) -> Fraction:
        return math.prod((Fraction(step.claim.assessment.confidence, 1000) for step in chain), start=Fraction(1))

    size = values[root.size]
    best: list[tuple[Step, ...]] = []
    for length in range(1, values[root.max_length] + 1) if start != end else ():
        if len(best) < size:
            best += sorted(
                chains(start, length, ()), key=lambda chain: (-confidence(chain), [step.claim.key for step in chain])
            )

    def step_part(part: Any, step: Step) -> Any:
        match part:
            case Typename(name=name):
                return name
            case StepRelation():
                return step.claim.relation.name
            case StepEnd(name=name, branches=branches):
                return selections.branch(branches, graph.entities[step.start if name == "from" else step.end])
            case ClaimNode(parts=parts):
                return selections.claim(parts or (), step.claim)

    def path_part(part: Any, chain: tuple[Step, ...]) -> Any:
        match part:
            case Typename(name=name):
                return name
            case PathField(name="length"):
                return len(chain)
            case PathField(name="confidence"):
                return math.floor(1000 * confidence(chain) + Fraction(1, 2)) / 1000
            case PathField():
                return sentence(
                    (
                        graph.entities[step.start].values["name"],
                        graph.entities[step.end].values["name"],
                        step.start == step.claim.subject,
                        (step.claim.relation.verb, step.claim.relation.passive),
                    )
                    for step in chain
                )
            case Steps(parts=parts):
                return [{inner.key: step_part(inner, step) for inner in parts} for step in chain]

    return [{part.key: path_part(part, chain) for part in root.parts} for chain in best[:size]]
