"""Answers that are more than rows: a ranked search, frameworks side by side, recommendations, alternatives, paths."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

import strawberry

from schema.ontology import Edge, Kind, Ontology
from schema.types import Argument, Field, Types

ADVISED = "Framework"
"""The kind whose entities are compared and recommended."""

SEARCH_SIZE = 10
ADVICE_SIZE = 5
PATH_LENGTH = 4
PATH_COUNT = 3


@strawberry.enum(description="What is known of one relation between two things.")
class Answer(enum.Enum):
    HAS = strawberry.enum_value("HAS", description="The sources say so.")
    LACKS = strawberry.enum_value("LACKS", description="The sources say the contrary.")
    DISPUTED = strawberry.enum_value("DISPUTED", description="The sources disagree.")
    UNKNOWN = strawberry.enum_value("UNKNOWN", description="No source says anything: never a no.")


@dataclass(frozen=True, slots=True)
class Asked:
    """A list of a need: its name, the relation whose targets it names, whether it must hold, whether it is wanted."""

    name: str
    edge: Edge
    required: bool
    wanted: bool
    description: str


_REQUIRED = (
    ("applications", "applications", "What it must suit."),
    ("must", "features", "Features it must have."),
    ("types", "types", "Types it must be of."),
    ("technologies", "technologies", "Technologies it must work with."),
)
_PREFERRED = (("prefer", "features", "Features that count for it, half as much; it may lack them."),)
_UNWANTED = (("avoid", "features", "Features it must not have; that none is known is enough."),)
_ALIKE = ("features", "types", "applications", "usedBy")


def advised(ontology: Ontology) -> Kind | None:
    """The kind that is compared and recommended; None where the ontology has no such kind."""
    return ontology.kind_by_name.get(ADVISED)


def compared(kind: Kind) -> tuple[Edge, ...]:
    """The relations in which entities of a kind are compared."""
    return tuple(edge for edge in kind.edges if not edge.reverse and edge.target != kind.name)


def needed(kind: Kind) -> tuple[Asked, ...]:
    """The lists that a need for an entity of a kind has."""
    edges = kind.edge_by_name
    return tuple(
        Asked(name, edges[edge], required=required, wanted=wanted, description=description)
        for listed, required, wanted in ((_REQUIRED, True, True), (_PREFERRED, False, True), (_UNWANTED, True, False))
        for name, edge, description in listed
        if edge in edges
    )


def adopted(kind: Kind) -> Edge | None:
    """The relation that says who uses an entity of a kind."""
    return kind.edge_by_name.get("usedBy")


def alike(kind: Kind) -> tuple[Edge, ...]:
    """The relations whose shared targets make two entities of a kind alike; none where there are no alternatives."""
    if kind.name != ADVISED or "alternatives" in kind.edge_by_name:
        return ()
    return tuple(kind.edge_by_name[name] for name in _ALIKE if name in kind.edge_by_name)


def define_answers(types: Types, ontology: Ontology) -> tuple[Field, ...]:
    """Add the types of the answers, where the ontology knows what they are about; returns the root fields."""
    types.namespace["Answer"] = Answer
    kind = advised(ontology)
    return (
        _define_search(types),
        *([_define_comparison(types, kind)] if kind and compared(kind) else []),
        *([_define_recommendations(types, kind)] if kind and needed(kind) else []),
        _define_paths(types),
    )


def alternatives_field(types: Types, kind: Kind) -> tuple[Field, ...]:
    """The field `alternatives` of a kind, and the type of its items; none where the kind has none."""
    edges = alike(kind)
    if not edges:
        return ()
    told = ", ".join(edge.name for edge in edges)
    types.output(
        "Alternative",
        (
            Field(kind.singular, kind.name),
            Field(
                "score",
                "float",
                "The part of what this one is joined to that the other is joined to as well, 0 to 1. A target counts by "
                "its rarity, n / (n + 9 d) where d of all n are joined to it: 1 for what hardly any has, 0.1 for what "
                "all have.",
            ),
            Field("shared", "list[Entity]", "What both are joined to, rarest first."),
            Field("missing", "list[Entity]", "What this one is joined to and no source says of the other."),
            Field("extra", "list[Entity]", "What the other is joined to and no source says of this one."),
        ),
        f"A {kind.singular} to look at instead, with its reasons.",
    )
    description = (
        f"{kind.plural.capitalize()} to look at instead, best first: those that share most of {told}, rare things "
        "counting more. Where thousands share something, those that share the rarest are looked at."
    )
    return (Field("alternatives", "list[Alternative]", description, (_first(ADVICE_SIZE),)),)


def _first(size: int) -> Argument:
    return Argument("first", "int | None", "At most this many.", size)


def _define_search(types: Types) -> Field:
    types.output(
        "SearchEdge",
        (
            Field("cursor", "str"),
            Field("node", "Entity"),
            Field(
                "score",
                "float",
                "1: a name; 0.9: an alias; 0.7: the beginning of either; 0.5: every word begins a word of the names; "
                "0.2: every word begins a word of names or summary.",
            ),
            Field("highlights", "list[str]", "The names and the summary that match, the words in `**`."),
        ),
        "Something that was found.",
    )
    types.output(
        "SearchConnection",
        (
            Field("edges", "list[SearchEdge]"),
            Field("nodes", "list[Entity]"),
            Field("pageInfo", "PageInfo"),
            Field("totalCount", "int", "How many there are over all pages."),
        ),
        "A page of what was found, best first; among equals what more claims are about, then by slug.",
    )
    arguments = (
        Argument("text", "str", "Words, or their beginnings; case, accents and typing mistakes do not matter."),
        Argument("kinds", "list[Kind] | None", "Only these kinds; all when left out."),
        _first(SEARCH_SIZE),
        Argument("after", "str | None", "A cursor: only what comes behind it."),
    )
    description = "One ranked list over names, aliases and summaries of every kind; forgives typing mistakes."
    return Field("search", "SearchConnection", description, arguments)


def _define_comparison(types: Types, kind: Kind) -> Field:
    types.output(
        "Cell",
        (
            Field(kind.singular, kind.name),
            Field("value", "Answer"),
            Field("claim", "Claim | None", "Why; null where the value is UNKNOWN."),
        ),
        f"What is known of one {kind.singular} and one target.",
    )
    types.output(
        "ComparisonRow",
        (
            Field("relation", "str", f"The field of {kind.name}: {', '.join(edge.name for edge in compared(kind))}."),
            Field("target", "Entity"),
            Field("cells", "list[Cell]", f"One for each {kind.singular}, in the order asked."),
        ),
        f"One target of a relation, and what is known of every {kind.singular} and it.",
    )
    types.output(
        "Comparison",
        (
            Field(kind.plural, f"list[{kind.name}]", "In the order asked; one that is named twice stands once."),
            Field("rows", "list[ComparisonRow]", "All that a source says of any of them, by relation, then by slug."),
        ),
        f"{kind.plural.capitalize()} side by side.",
    )
    arguments = (
        Argument(kind.plural, "list[str]", "Slugs, names or aliases, at most 20; a name that several have is refused."),
        Argument(
            "onlyDifferences",
            "bool | None",
            "Leave out the rows in which all of them have the same value.",
            default=False,
        ),
    )
    description = "Side by side; what no source mentions is UNKNOWN, never a no."
    return Field("compare", "Comparison", description, arguments)


def _define_recommendations(types: Types, kind: Kind) -> Field:
    used = adopted(kind)
    fields = [Field(asked.name, "list[str] | None", asked.description) for asked in needed(kind)]
    if used is not None:
        told = f"At how many of its {used.name} it must be known to be in use, 1 or more."
        fields.append(Field("usedByAtLeast", "int | None", told))
    types.input(
        "Need",
        tuple(fields),
        "Slugs, names or aliases, at most 20 in a list; a name that several have is refused. What must hold, all of it; "
        "else it is a near miss. Something besides `avoid` has to be asked for.",
    )
    types.output(
        "Reason",
        (
            Field("requirement", "str", "The field of Need; `usedBy` when no least number was asked for."),
            Field("target", "Entity | None", "What was asked for; null for the number of users."),
            Field("answer", "Answer"),
            Field(
                "weight",
                "float",
                "For a target: confidence times rarity when it HAS what is wanted, minus that when it LACKS it, a "
                "quarter of the rarity when it is DISPUTED, 0 when it is UNKNOWN; half of it for `prefer`. For `avoid`: "
                "minus confidence times rarity when it HAS it, minus a quarter of the rarity when it is DISPUTED, a "
                "quarter of confidence times rarity when it LACKS it. Rarity is n / (n + 9 d) where d of all n have "
                "the target: 1 for what hardly any has, 0.1 for what all have; it is cut off to three decimals before "
                "anything is multiplied by it. For the number c of users: 0.2 c / (c + 10). Three decimals, cut off.",
            ),
            Field("claim", "Claim | None", "The proof; null where the answer is UNKNOWN, and for the number of users."),
        ),
        "How one requirement is met.",
    )
    types.output(
        "Recommendation",
        (
            Field(kind.singular, kind.name),
            Field("score", "float", "The sum of the reasons' weights."),
            Field(
                "reasons", "list[Reason]", "One for each requirement, in the order of Need, then the number of users."
            ),
        ),
        f"A {kind.singular}, and how it meets the need.",
    )
    types.output(
        "Recommendations",
        (
            Field(
                "best",
                "list[Recommendation]",
                "All that must hold does, and something asked for besides `avoid` is known; highest score first, then "
                "by slug.",
            ),
            Field(
                "nearMisses",
                "list[Recommendation]",
                "Something that must hold does not, or nobody knows; something asked for does. Fewest failures first, "
                "then highest score, then by slug.",
            ),
        ),
        "What meets a need, and what nearly does.",
    )
    description = (
        f"Which {kind.plural} meet a need, each requirement with its proof, and why the near misses miss. DISPUTED "
        "meets a requirement, UNKNOWN and LACKS do not."
    )
    arguments = (
        Argument("need", "Need", "What is needed, of which and of what not."),
        Argument("first", "int | None", "At most this many of each.", ADVICE_SIZE),
    )
    return Field("recommend", "Recommendations", description, arguments)


def _define_paths(types: Types) -> Field:
    types.output(
        "Step",
        (
            Field("from", "Entity"),
            Field("relation", "str", "The relation's name; the claim tells which of the two is its subject."),
            Field("to", "Entity"),
            Field("claim", "Claim"),
        ),
        "One relation of a path.",
    )
    types.output(
        "Path",
        (
            Field("length", "int", "The number of steps."),
            Field("confidence", "float", "The product of the steps' confidences, three decimals."),
            Field("sentence", "str", "The path in words."),
            Field("steps", "list[Step]"),
        ),
        "A chain of relations between two things in which nothing comes twice.",
    )
    arguments = (
        Argument("from", "ID", "Where the path starts: the global ID of an entity."),
        Argument("to", "ID", "Where it leads."),
        Argument("maxLength", "int | None", "At most so many steps, 1 to 6.", PATH_LENGTH),
        _first(PATH_COUNT),
    )
    description = (
        "The shortest chains of relations between two things, most confident first, then by their claims. Denied "
        "relations are not walked. A length that would lead over too many claims is given up, and all longer ones; it is "
        "an error when nothing shorter was found."
    )
    return Field("paths", "list[Path]", description, arguments)


def sentence(steps: Iterable[tuple[str, str, bool, tuple[str, str]]]) -> str:
    """Tell a path: per step the names of both ends, whether it goes from subject to object, and the relation in words.

    `Reddit uses Flask, which suits microservices, which FastAPI suits`.
    """
    told = ""
    for start, end, ahead, (verb, passive) in steps:
        if not told:
            told = f"{start} {verb if ahead else passive} {end}"
        else:
            told += f", which {verb} {end}" if ahead else f", which {end} {verb}"
    return told
