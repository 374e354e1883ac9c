"""Answers that are not plain lists: search, comparison, recommendation, alternatives and paths."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

import strawberry

from schema.claims import CURSOR, PAGE_INFO, TOTAL_COUNT, relation_example, relation_fields
from schema.ontology import Edge, Kind, Ontology
from schema.types import ArgumentDefinition, FieldDefinition, TypeRegistry

RECOMMENDED_KIND = "Framework"
"""The kind whose entities are compared and recommended."""

SEARCH_SIZE = 10
RECOMMENDATION_SIZE = 5
PATH_LENGTH = 4
PATH_COUNT = 3

_LOOKUP = "slugs, names or aliases, at most 20"
_AMBIGUOUS = "A name that matches several entities is an error."


@strawberry.enum(description="What the sources say about a relation between two entities.")
class Answer(enum.Enum):
    HAS = strawberry.enum_value("HAS", description="All sources that mention the relation confirm it.")
    LACKS = strawberry.enum_value("LACKS", description="All sources that mention the relation deny it.")
    DISPUTED = strawberry.enum_value("DISPUTED", description="Some sources confirm the relation, others deny it.")
    UNKNOWN = strawberry.enum_value(
        "UNKNOWN", description="No source mentions the relation. This does not mean that it does not exist."
    )


@dataclass(frozen=True, slots=True)
class RequirementList:
    """A field of Need: a list of targets of the relation `edge`.

    A recommendation must meet all `required` lists. A `wanted` list is met by having its targets, any other list by not
    having them.
    """

    name: str
    edge: Edge
    required: bool
    wanted: bool
    description: str


_REQUIRED = (
    ("applications", "applications", "Applications that it must suit."),
    ("must", "features", "Features that it must have."),
    ("types", "types", "Types that it must belong to."),
    ("technologies", "technologies", "Technologies that it must work with."),
)
_PREFERRED = (("prefer", "features", "Features that are not required, but raise the score with half the weight."),)
_UNWANTED = (("avoid", "features", "Features that it must not have. UNKNOWN counts as not having it."),)
_SIMILARITY = ("features", "types", "applications", "usedBy")


def recommended_kind(ontology: Ontology) -> Kind | None:
    """The kind that is compared and recommended; None if the ontology does not have it."""
    return ontology.kind_by_name.get(RECOMMENDED_KIND)


def compared_edges(kind: Kind) -> tuple[Edge, ...]:
    """The relations by which entities of a kind are compared."""
    return tuple(edge for edge in kind.edges if not edge.reverse and edge.target != kind.name)


def requirement_lists(kind: Kind) -> tuple[RequirementList, ...]:
    """The requirement lists of the input Need for a kind."""
    edges = kind.edge_by_name
    return tuple(
        RequirementList(name, edges[edge], required=required, wanted=wanted, description=description)
        for lists, required, wanted in ((_REQUIRED, True, True), (_PREFERRED, False, True), (_UNWANTED, True, False))
        for name, edge, description in lists
        if edge in edges
    )


def user_edge(kind: Kind) -> Edge | None:
    """The relation to the users of an entity."""
    return kind.edge_by_name.get("usedBy")


def similarity_edges(kind: Kind) -> tuple[Edge, ...]:
    """The relations whose shared targets make two entities similar; empty if the kind has no alternatives."""
    if kind.name != RECOMMENDED_KIND or "alternatives" in kind.edge_by_name:
        return ()
    return tuple(kind.edge_by_name[name] for name in _SIMILARITY if name in kind.edge_by_name)


def define_answers(types: TypeRegistry, ontology: Ontology) -> tuple[FieldDefinition, ...]:
    """Add the types of the answers that the ontology supports; return their root fields."""
    types.namespace["Answer"] = Answer
    kind = recommended_kind(ontology)
    return (
        _define_search(types),
        *([_define_comparison(types, ontology, kind)] if kind and compared_edges(kind) else []),
        *([_define_recommendations(types, kind)] if kind and requirement_lists(kind) else []),
        _define_paths(types, ontology),
    )


def alternatives_field(types: TypeRegistry, kind: Kind) -> tuple[FieldDefinition, ...]:
    """Add the type Alternative and return the field `alternatives` of a kind; empty if the kind has none."""
    edges = similarity_edges(kind)
    if not edges:
        return ()
    singular, plural = kind.verbose_name, kind.verbose_name_plural
    types.output(
        "Alternative",
        (
            FieldDefinition(kind.singular, kind.name, f"The similar {singular}."),
            FieldDefinition(
                "score",
                "float",
                f"Share of the targets of this {singular} that the alternative has too, 0 to 1. Each target is weighted by "
                f"its rarity, n / (n + 9 d), if d of n {plural} have it.",
            ),
            FieldDefinition("shared", "list[Entity]", f"Targets that both {plural} have, rarest first."),
            FieldDefinition(
                "missing", "list[Entity]", f"Targets of this {singular} that the alternative is not known to have."
            ),
            FieldDefinition(
                "extra", "list[Entity]", f"Targets of the alternative that this {singular} is not known to have."
            ),
        ),
        f"A similar {singular}, with the reasons for its score.",
    )
    names = ", ".join(f"`{edge.name}`" for edge in edges)
    description = (
        f"Similar {plural}, best first, ranked by the targets that they share in {names}. Rare targets count more. If a "
        "target is shared by thousands, only candidates that share rarer targets may be considered."
    )
    return (FieldDefinition("alternatives", "list[Alternative]", description, (_first(RECOMMENDATION_SIZE, plural),)),)


def _first(size: int, items: str) -> ArgumentDefinition:
    return ArgumentDefinition("first", "int | None", f"Maximum number of {items}.", size)


def _define_search(types: TypeRegistry) -> FieldDefinition:
    types.output(
        "SearchEdge",
        (
            CURSOR,
            FieldDefinition("node", "Entity", "The entity."),
            FieldDefinition(
                "score",
                "float",
                "1: the text is the name; 0.9: an alias; 0.7: the start of a name or an alias; 0.5: every word starts a "
                "word of the names; 0.2: every word starts a word of the names or the summary.",
            ),
            FieldDefinition(
                "highlights", "list[str]", "The matching names and summary, with `**` around each matching word."
            ),
        ),
        "A search result.",
    )
    types.output(
        "SearchConnection",
        (
            FieldDefinition(
                "edges", "list[SearchEdge]", "The results on the page, each with its cursor and its score."
            ),
            FieldDefinition("nodes", "list[Entity]", "The entities on the page."),
            PAGE_INFO,
            TOTAL_COUNT,
        ),
        "A page of search results, ordered by score, then by number of claims, then by slug.",
    )
    arguments = (
        ArgumentDefinition("text", "str", "Words or beginnings of words. Case, accents and typos are tolerated."),
        ArgumentDefinition("kinds", "list[Kind] | None", "Kinds to search; all kinds if omitted."),
        _first(SEARCH_SIZE, "results"),
        ArgumentDefinition("after", "str | None", "Cursor; only results after it are returned."),
    )
    description = "Search for entities of all kinds by name, alias and summary. The result is one ranked list."
    return FieldDefinition("search", "SearchConnection", description, arguments)


def _define_comparison(types: TypeRegistry, ontology: Ontology, kind: Kind) -> FieldDefinition:
    singular, plural = kind.verbose_name, kind.verbose_name_plural
    types.output(
        "Cell",
        (
            FieldDefinition(kind.singular, kind.name, f"The {singular}."),
            FieldDefinition("value", "Answer", f"Whether the {singular} has the target, according to the sources."),
            FieldDefinition("claim", "Claim | None", "The claim with its evidence; null if the value is UNKNOWN."),
        ),
        f"The value of one row for one {singular}.",
    )
    fields = ", ".join(f"`{edge.name}`" for edge in compared_edges(kind))
    types.output(
        "ComparisonRow",
        (
            *relation_fields(
                ontology,
                f"Field of {kind.name} that the row compares: {fields}.",
                "Use relationType, which is the relation and not the name of a field.",
            ),
            FieldDefinition("target", "Entity", "The related entity."),
            FieldDefinition("cells", "list[Cell]", f"One cell for each {singular}, in the order of `{kind.plural}`."),
        ),
        f"One target of a relation, compared for all {plural}.",
    )
    types.output(
        "Comparison",
        (
            FieldDefinition(
                kind.plural, f"list[{kind.name}]", f"The {plural} in the order of the argument, without duplicates."
            ),
            FieldDefinition(
                "rows",
                "list[ComparisonRow]",
                f"One row for each target that a source mentions for any of the {plural}, ordered by relation and slug.",
            ),
        ),
        f"A comparison of {plural}.",
    )
    arguments = (
        ArgumentDefinition(kind.plural, "list[str]", f"The {plural} to compare: {_LOOKUP}. {_AMBIGUOUS}"),
        ArgumentDefinition(
            "onlyDifferences",
            "bool | None",
            f"Omit the rows in which all {plural} have the same value.",
            default=False,
        ),
    )
    description = (
        f"Compare {plural} side by side. The value UNKNOWN means that no source mentions the target, not that the "
        f"{singular} lacks it."
    )
    return FieldDefinition("compare", "Comparison", description, arguments)


def _define_recommendations(types: TypeRegistry, kind: Kind) -> FieldDefinition:
    singular, plural = kind.verbose_name, kind.verbose_name_plural
    users = user_edge(kind)
    fields = [FieldDefinition(item.name, "list[str] | None", item.description) for item in requirement_lists(kind)]
    if users is not None:
        fields.append(
            FieldDefinition(
                "usedByAtLeast", "int | None", f"Minimum number of known users in `{users.name}`; at least 1."
            )
        )
    types.input(
        "Need",
        tuple(fields),
        f"Requirements for a recommendation. Each list contains {_LOOKUP}. {_AMBIGUOUS} At least one requirement other than `avoid` must be "
        "given.",
    )
    types.output(
        "Reason",
        (
            FieldDefinition(
                "requirement",
                "str",
                "Field of Need that contains the requirement, or `usedBy` for the number of users without a minimum.",
            ),
            FieldDefinition("target", "Entity | None", "The required entity; null for the number of users."),
            FieldDefinition(
                "answer",
                "Answer",
                f"Whether the {singular} has the target, according to the sources. For the number of users: HAS if it "
                "reaches the minimum, else UNKNOWN.",
            ),
            FieldDefinition(
                "weight",
                "float",
                f"Contribution to the score. With the confidence c and the rarity r = n / (n + 9 d), if d of n {plural} "
                "have the target: c r for HAS, -c r for LACKS, r / 4 for DISPUTED and 0 for UNKNOWN; half of that for "
                "`prefer`. For `avoid`: -c r for HAS, c r / 4 for LACKS, -r / 4 for DISPUTED. For u users: "
                "0.2 u / (u + 10). Both r and the weight are truncated to three decimals.",
            ),
            FieldDefinition(
                "claim",
                "Claim | None",
                "The claim with its evidence; null if the answer is UNKNOWN and for the number of users.",
            ),
        ),
        "How one requirement is met.",
    )
    types.output(
        "Recommendation",
        (
            FieldDefinition(kind.singular, kind.name, f"The {singular}."),
            FieldDefinition("score", "float", "Sum of the weights of all reasons."),
            FieldDefinition(
                "reasons",
                "list[Reason]",
                "One reason for each requirement, in the order of the fields of Need, then the number of users.",
            ),
        ),
        f"A {singular}, with its score and the reasons for it.",
    )
    types.output(
        "Recommendations",
        (
            FieldDefinition(
                "best",
                "list[Recommendation]",
                f"The {plural} that meet all requirements, ordered by score, highest first, then by slug.",
            ),
            FieldDefinition(
                "nearMisses",
                "list[Recommendation]",
                f"The {plural} that meet some requirements, but not all, ordered by number of failed requirements, then "
                "by score, highest first, then by slug.",
            ),
        ),
        f"The {plural} that meet a need, and those that nearly meet it.",
    )
    description = (
        f"Recommend {plural} that meet a need, with the evidence for each requirement. HAS and DISPUTED meet a requirement, "
        "LACKS and UNKNOWN do not."
    )
    arguments = (
        ArgumentDefinition("need", "Need", "The requirements."),
        ArgumentDefinition(
            "first", "int | None", "Maximum number of recommendations, and of near misses.", RECOMMENDATION_SIZE
        ),
    )
    return FieldDefinition("recommend", "Recommendations", description, arguments)


def _define_paths(types: TypeRegistry, ontology: Ontology) -> FieldDefinition:
    types.output(
        "Step",
        (
            FieldDefinition("from", "Entity", "The entity where the step starts."),
            *relation_fields(
                ontology, f"Name of the relation{relation_example(ontology)}. The claim shows its direction."
            ),
            FieldDefinition("to", "Entity", "The entity where the step ends."),
            FieldDefinition("claim", "Claim", "The claim that relates the two entities."),
        ),
        "One step of a path.",
    )
    types.output(
        "Path",
        (
            FieldDefinition("length", "int", "Number of steps."),
            FieldDefinition(
                "confidence", "float", "Product of the confidences of all claims, rounded to three decimals."
            ),
            FieldDefinition("sentence", "str", "The path in words."),
            FieldDefinition("steps", "list[Step]", "The steps, from start to end."),
        ),
        "A path of claims between two entities that contains no entity twice.",
    )
    arguments = (
        ArgumentDefinition("from", "ID", "ID of the entity where the path starts."),
        ArgumentDefinition("to", "ID", "ID of the entity where the path ends."),
        ArgumentDefinition("maxLength", "int | None", "Maximum number of steps, 1 to 6.", PATH_LENGTH),
        _first(PATH_COUNT, "paths"),
    )
    description = (
        "The shortest paths between two entities, ordered by length, confidence and claims. Claims with the stance LACKS "
        "are not followed. The search stops at a length with too many claims; without a shorter path this is an error."
    )
    return FieldDefinition("paths", "list[Path]", description, arguments)


def sentence(steps: Iterable[tuple[str, str, bool, tuple[str, str]]]) -> str:
    """Write a path as a sentence: `Reddit uses Flask, which suits microservices, which FastAPI suits`.

    A step is the names of both ends, whether it goes from subject to object, and the relation in words.
    """
    text = ""
    for start, end, forward, (verb, passive) in steps:
        if not text:
            text = f"{start} {verb if forward else passive} {end}"
        else:
            text += f", which {verb} {end}" if forward else f", which {end} {verb}"
    return text
