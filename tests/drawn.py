"""Former names, and operations that tests.operations replaces: removed when no test uses them."""

from __future__ import annotations

import itertools
import json
from typing import Any

from hypothesis import strategies as st

from schema import ONTOLOGY, Edge, Kind, Property, PropertyType
from schema.answers import requirement_lists
from tests.claim_facts import (
    EVIDENCE,
)
from tests.claim_facts import (
    FRAMEWORK_TARGET_TRIPLES as JOINED,
)
from tests.claim_facts import (
    Triple as PayloadField,
)
from tests.claim_facts import (
    facts_with_verdicts as facts_of,
)
from tests.claim_facts import (
    framework_facts as frameworks_told,
)
from tests.claim_facts import (
    framework_verdicts as told_of_frameworks,
)
from tests.generated_graphs import MIN_SLUGS as THERE
from tests.generated_graphs import SLUGS
from tests.generated_graphs import graph_lines as graphs
from tests.texts import LONG_TEXTS
from tests.texts import SHORT_TEXTS as TEXTS

__all__ = ["JOINED", "TEXTS", "PayloadField", "facts_of", "frameworks_told", "graphs", "told_of_frameworks"]
EVIDENCE["SURE"] = EVIDENCE["CONFIRMED"]
NEEDLES = ("", *TEXTS)
DATES = (None, None, "2023", "2024", "2024-03", "2024-03-19")
STANCES = ("HAS", "DISPUTED", "LACKS")
KINDS = {kind.name: kind for kind in ONTOLOGY.kinds}


# --------------------------------------------------------------------------------------------------------- operations


@st.composite
def operations(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """An operation's text and variables: one or two root fields, up to four levels deep."""
    if draw(st.integers(0, 9)) == 9:  # seldom: Neo4j plans them for a second, anew for every graph
        return draw(_answers())
    roots, definitions, variables = [], [], {}
    for number in range(draw(st.sampled_from((1, 1, 2)))):
        kind = draw(st.sampled_from(ONTOLOGY.kinds))
        which = draw(st.sampled_from(("list", "list", "list", "lookup", "node", "nodes", "claims")))
        if which == "lookup":
            slug = draw(st.sampled_from((*SLUGS * 8, *TEXTS)))
            roots.append(f"r{number}: {kind.singular}(slug: {_text(slug)}) {draw(_fields(kind, 3))}")
        elif which in {"node", "nodes"}:
            roots.append(f"r{number}: {draw(_by_id(which))}")
        elif which == "claims":
            roots.append(f"r{number}: claims{draw(_claim_arguments())} {draw(_claim_connection(1))}")
        elif draw(st.booleans()):
            where = draw(_filter(kind, 2))
            definitions.append(f"$w{number}: {kind.name}Filter")
            variables[f"w{number}"] = where
            roots.append(
                f"r{number}: {kind.plural}(where: $w{number}{draw(_page())}) {draw(_connection(kind, None, 3))}"
            )
        else:
            roots.append(f"r{number}: {kind.plural}{draw(_arguments(kind, None))} {draw(_connection(kind, None, 3))}")
    head = f"query ({', '.join(definitions)}) " if definitions else ""
    return f"{head}{{ {' '.join(roots)} }}", variables


@st.composite
def _by_id(draw: st.DrawFn, which: str) -> str:
    from graph_seed.facts import global_id  # noqa: PLC0415

    kinds = draw(st.lists(st.sampled_from([*KINDS, "Nothing"]), min_size=1, max_size=3))
    ids = [_text(global_id(kind, draw(st.sampled_from(("s1", "日本", "s9"))))) for kind in kinds]
    argument = f"ids: [{', '.join(ids)}]" if which == "nodes" else f"id: {ids[0]}"
    some = draw(st.sampled_from(ONTOLOGY.kinds))
    return f"{which}({argument}) {{ __typename id ... on Entity {{ name slug }} ... on {some.name} {draw(_fields(some, 1))} }}"


# What answers get stands in variables, and their texts are few: Neo4j takes long to plan a statement.

Constant = dict[str, tuple[str, Any]]
"""Variables: their types and values."""


@st.composite
def _answers(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    roots, variables = [], Constant()
    for number in range(draw(st.sampled_from((1, 1, 2)))):
        of = draw(st.sampled_from((_recommend, _paths, _search, _alternatives, _compare, _graph)))
        text, given = draw(of(str(number)))
        roots.append(f"r{number}: {text}")
        variables |= given
    definitions = _parenthesised(", ".join(f"${name}: {type_}" for name, (type_, _) in variables.items()))
    return f"query {definitions} {{ {' '.join(roots)} }}", {name: value for name, (_, value) in variables.items()}


@st.composite
def _recommend(draw: st.DrawFn, suffix: str) -> tuple[str, Constant]:
    asked = {item.name: THERE[item.edge.target] for item in requirement_lists(KINDS["Framework"])}
    need: dict[str, Any] = {
        name: draw(st.lists(st.sampled_from(asked[name]), min_size=2, max_size=3))
        for name in draw(st.sampled_from((("must",), ("types", "prefer", "avoid"), tuple(asked))))
    }
    if draw(st.booleans()):
        need["usedByAtLeast"] = draw(st.integers(1, 3))
    told = draw(st.sampled_from(RECOMMENDED))
    given: Constant = {f"need{suffix}": ("Need!", need), f"first{suffix}": ("Int", draw(st.sampled_from((3, 2, 1, 0))))}
    return f"recommend(need: $need{suffix}, first: $first{suffix}) {{ best {told} nearMisses {told} }}", given


RECOMMENDED = (
    "{ score framework { slug } reasons { requirement answer weight } }",
    """{
      __typename framework { __typename usedBy { nodes { slug } } }
      reasons { target { id ... on Feature { category } } claim { stance confidence evidence { source { slug } } } }
    }""",
)


@st.composite
def _paths(draw: st.DrawFn, suffix: str) -> tuple[str, Constant]:
    from graph_seed.facts import global_id  # noqa: PLC0415

    there = [global_id(kind, slug) for kind, slugs in THERE.items() for slug in slugs if kind != "Source"]
    ends = draw(st.sampled_from(list(itertools.combinations(there, 2)))) if draw(st.integers(0, 9)) else (there[0],) * 2
    given: Constant = {f"{end}{suffix}": ("ID!", one) for end, one in zip(("to", "from"), ends, strict=True)}
    given[f"first{suffix}"] = "Int", draw(st.sampled_from((3, 10, 2, 1, 0)))
    arguments = ", ".join(f"{name}: ${name}{suffix}" for name in ("from", "to", "first"))
    longest = draw(st.sampled_from((4, 2)))
    return f"paths({arguments}, maxLength: {longest}) {draw(st.sampled_from(PATHS))}", given


PATHS = (
    "{ length confidence sentence }",
    """{
      steps {
        __typename relation from { slug ... on Framework { usedBy { totalCount } } } to { __typename id }
        claim { id stance subject { slug } object { name } evidence { supports } }
      }
      length
    }""",
)


@st.composite
def _search(draw: st.DrawFn, suffix: str) -> tuple[str, Constant]:
    text = draw(st.sampled_from((*LONG_TEXTS * 8, *TEXTS)))
    place = draw(st.integers(0, len(text) - 1))
    before, letter, after = text[:place], text[place], text[place + 1 :]
    mistakes = (
        before + after,
        before + letter * 2 + after,
        f"{before}x{after}",
        before + after[:1] + letter + after[1:],
    )
    typed = draw(st.sampled_from((text, before, text.upper(), f"{text} {before}", *mistakes)))
    first = draw(st.sampled_from((20, 3, 2, 1, 0)))
    given: Constant = {f"text{suffix}": ("String!", typed), f"first{suffix}": ("Int", first)}
    kinds = draw(st.sampled_from(("", "", ", kinds: [FRAMEWORK, SOURCE]", ", kinds: []")))
    return f"search(text: $text{suffix}, first: $first{suffix}{kinds}) {draw(st.sampled_from(FOUND))}", given


FOUND = (
    """{
      edges { cursor score highlights node { __typename slug ... on Framework { features { nodes { slug } } } } }
      pageInfo { hasNextPage }
    }""",
    "{ totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { __typename slug } }",
)


@st.composite
def _alternatives(draw: st.DrawFn, suffix: str) -> tuple[str, Constant]:
    told = "{ score framework { slug } shared { __typename slug } missing { slug } extra { slug } }"
    given: Constant = {f"first{suffix}": ("Int", draw(st.sampled_from((2, 1, 0))))}
    return f"frameworks {{ nodes {{ slug alternatives(first: $first{suffix}) {told} }} }}", given


@st.composite
def _compare(draw: st.DrawFn, suffix: str) -> tuple[str, Constant]:
    slugs = draw(st.lists(st.sampled_from((*THERE["Framework"], "S1")), min_size=2, max_size=3))
    only = draw(st.sampled_from(("", ", onlyDifferences: true")))
    text = f"compare(frameworks: $slugs{suffix}{only}) {draw(st.sampled_from(COMPARED))}"
    return text, {f"slugs{suffix}": ("[String!]!", slugs)}


COMPARED = (
    "{ frameworks { slug } rows { relation target { slug } cells { framework { slug } value claim { confidence } } } }",
    """{
      rows {
        __typename cells { __typename value claim { id evidence { supports source { slug } } } }
        target { id ... on Feature { category frameworks { totalCount } } }
      }
      frameworks { name features { nodes { slug } } }
    }""",
)


@st.composite
def _graph(draw: st.DrawFn, suffix: str) -> tuple[str, Constant]:
    return f"graph {draw(st.sampled_from(COUNTED))}", {}


COUNTED = (
    "{ kinds { kind count } relations { relation count } }",
    "{ __typename version relations { count __typename } kinds { __typename count } }",
)
"""Not when it last changed, nor in which store: these differ."""


@st.composite
def _claim_arguments(draw: st.DrawFn) -> str:
    from graph_seed.facts import global_id  # noqa: PLC0415

    where: list[str] = []
    if draw(st.booleans()):
        where.append(f"stance: [{', '.join(draw(_stances()))}]")
    if draw(st.booleans()):
        where.append(f"relation: {json.dumps(draw(st.lists(st.sampled_from(ONTOLOGY.relation_names), max_size=3)))}")
    if draw(st.booleans()):
        where.append(f"minConfidence: {draw(st.sampled_from((0, 0.5, 0.75, 1)))}")
    for end in ("subject", "object", "source"):
        if draw(st.sampled_from((False, False, True))):
            kind = "Source" if end == "source" else draw(st.sampled_from([*KINDS]))
            where.append(f"{end}: {_text(global_id(kind, draw(st.sampled_from(('s1', '日本')))))}")
    return f"(where: {{{', '.join(where)}}}{draw(_page())})"


@st.composite
def _fields(draw: st.DrawFn, kind: Kind, depth: int) -> str:
    names = [prop.name for prop in kind.properties]
    chosen = draw(st.lists(st.sampled_from([*names, "__typename"]), min_size=1, max_size=4, unique=True))
    if depth and kind.edges:
        for number in range(draw(st.sampled_from((0, 1, 1, 2)))):
            edge = draw(st.sampled_from(kind.edges))
            target = KINDS[edge.target]
            chosen.append(
                f"w{number}: {edge.name}{draw(_arguments(target, edge))} {draw(_connection(target, edge, depth - 1))}"
            )
    if depth and kind.name == "Framework" and draw(st.sampled_from((False, False, True))):
        size = draw(st.sampled_from(("", "(first: 1)", "(first: 0)")))
        parts = (
            "score",
            f"framework {draw(_fields(kind, depth - 1))}",
            "shared { __typename slug ... on Feature { frameworks { totalCount } } }",
            "missing { __typename id }",
            "extra { slug ... on Company { uses(first: 1) { nodes { slug } } } }",
        )
        chosen.append(
            f"alternatives{size} {{ {' '.join(draw(st.lists(st.sampled_from(parts), min_size=1, unique=True)))} }}"
        )
    if depth and kind.name == "Source":
        chosen.append(f"claims{_parenthesised(draw(_page()))} {draw(_claim_connection(depth - 1))}")
    return f"{{ {' '.join(chosen)} }}"


@st.composite
def _connection(draw: st.DrawFn, kind: Kind, edge: Edge | None, depth: int) -> str:
    parts = [draw(st.sampled_from((f"nodes {draw(_fields(kind, depth))}", "nodes { slug }")))]
    if draw(st.booleans()):
        claim = draw(_claim(depth)) if edge and draw(st.booleans()) else "claim { id stance confidence firstSeen }"
        parts.append(f"edges {{ cursor {claim} node {draw(_fields(kind, 0))} }}")
    if draw(st.booleans()):
        parts.append("pageInfo { hasNextPage hasPreviousPage startCursor endCursor }")
    if draw(st.booleans()):
        parts.append("totalCount")
    if kind.edges and draw(st.sampled_from((False, False, True))):
        counted = draw(st.sampled_from(kind.edges)).name
        parts.append(
            f"facets {{ {counted}(first: {draw(st.integers(0, 3))}) {{ count target {{ __typename slug name }} }} }}"
        )
    return f"{{ {' '.join(draw(st.permutations(parts)))} }}"


@st.composite
def _claim(draw: st.DrawFn, depth: int) -> str:
    ends = "subject { __typename slug ... on Company { name } } object { id ... on Feature { category } }"
    evidence = f"evidence {{ supports note term locator source {draw(_fields(KINDS['Source'], min(depth, 1)))} }}"
    parts = draw(
        st.lists(
            st.sampled_from(("relation", "stance", "confidence", "lastSeen", ends, evidence)), min_size=1, unique=True
        )
    )
    return f"claim {{ {' '.join(parts)} }}"


@st.composite
def _claim_connection(draw: st.DrawFn, depth: int) -> str:
    body = draw(_claim(depth)).removeprefix("claim ")
    parts = draw(
        st.lists(
            st.sampled_from(
                (f"nodes {body}", f"edges {{ cursor node {body} }}", "totalCount", "pageInfo { hasNextPage endCursor }")
            ),
            min_size=1,
            unique=True,
        )
    )
    return f"{{ {' '.join(parts)} }}"


@st.composite
def _arguments(draw: st.DrawFn, kind: Kind, edge: Edge | None) -> str:
    given: list[str] = []
    if draw(st.booleans()):
        given.append(f"where: {_literal(draw(_filter(kind, 2)))}")
    if draw(st.booleans()):
        orders = draw(st.lists(_order(kind, edge), max_size=3))
        given.append(f"orderBy: [{', '.join(orders)}]")
    if edge and draw(st.sampled_from((False, False, True))):
        given.append(f"stance: [{', '.join(draw(_stances()))}]")
    return _parenthesised(f"{', '.join(given)}{draw(_page())}")


@st.composite
def _page(draw: st.DrawFn) -> str:
    return draw(
        st.sampled_from(("", "", ", first: 1", ", first: 2", ", last: 1", ", last: 2", ", first: 0", ", last: 5"))
    )


@st.composite
def _order(draw: st.DrawFn, kind: Kind, edge: Edge | None) -> str:
    way = draw(st.sampled_from(("ASC", "DESC")))
    choices = [f"{{ {name}: {way} }}" for name in ("slug", "name")]
    choices += [f"{{ published: {way} }}"] if kind.name == "Source" else []
    choices += [f"{{ {other.name}: {{ count: {way} }} }}" for other in kind.edges]
    if edge:
        choices += [f"{{ claim: {{ {name}: {way} }} }}" for name in ("confidence", "firstSeen", "lastSeen")]
    return draw(st.sampled_from(choices))


def _stances() -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(STANCES), max_size=3, unique=True)


@st.composite
def _filter(draw: st.DrawFn, kind: Kind, depth: int) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for _ in range(draw(st.sampled_from((0, 1, 1, 2)))):
        choices: list[Any] = [prop for prop in kind.properties if prop.name not in {"id", "aliases", "homepage", "url"}]
        if depth:
            choices += [*kind.edges, *kind.edges, "and", "or", "not"]
        chosen = draw(st.sampled_from(choices))
        match chosen:
            case Property(name=name):
                given[name] = draw(_property_filter(chosen))
            case Edge():
                given[chosen.name] = draw(_relation_filter(chosen, depth - 1))
            case "not":
                given["not"] = draw(_filter(kind, depth - 1))
            case word:
                given[word] = draw(st.lists(_filter(kind, depth - 1), max_size=2))
    return given


@st.composite
def _property_filter(draw: st.DrawFn, prop: Property) -> Any:
    if prop.type is PropertyType.CHOICE:
        return [Name(name) for name in draw(st.lists(st.sampled_from(prop.choices), max_size=2))]
    if prop.type is PropertyType.DATE:
        operator = draw(st.sampled_from(("eq", "ne", "lt", "lte", "gt", "gte")))
        return {
            operator: draw(st.sampled_from(DATES)) if operator in {"eq", "ne"} else draw(st.sampled_from(DATES[2:]))
        }
    operator = draw(st.sampled_from(("eq", "ne", "in", "notIn", "contains", "startsWith", "endsWith")))
    if operator in {"in", "notIn"}:
        return {operator: draw(st.lists(st.sampled_from(("s1", *NEEDLES)), max_size=3))}
    nothing = (None,) if operator in {"eq", "ne"} else ()
    return {operator: draw(st.sampled_from(("s1", "s", *nothing, *NEEDLES)))}


@st.composite
def _relation_filter(draw: st.DrawFn, edge: Edge, depth: int) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for quantifier in draw(st.lists(st.sampled_from(("some", "none", "all", "count")), max_size=2, unique=True)):
        if quantifier == "count":
            operator = draw(st.sampled_from(("eq", "ne", "lt", "lte", "gt", "gte", "in")))
            number = draw(st.integers(0, 3))
            given["count"] = {operator: [number, 1] if operator == "in" else number}
        else:
            given[quantifier] = draw(_filter(KINDS[edge.target], depth))
    if draw(st.sampled_from((False, False, True))):
        given["minConfidence"] = draw(st.sampled_from((0, 0.5, 0.501, 0.75, 1)))
    if draw(st.sampled_from((False, False, True))):
        given["stance"] = [Name(name) for name in draw(_stances())]
    return given


class Name(str):
    """An enum value: bare in a document, text in variables."""

    __slots__ = ()


def _literal(value: Any) -> str:
    match value:
        case Name():
            return str(value)
        case dict():
            return "{" + ", ".join(f"{name}: {_literal(item)}" for name, item in value.items()) + "}"
        case list():
            return f"[{', '.join(map(_literal, value))}]"
        case _:
            return json.dumps(value)


def _text(value: str) -> str:
    return json.dumps(value)


def _parenthesised(arguments: str) -> str:
    trimmed = arguments.strip(", ")
    return f"({trimmed})" if trimmed else ""
