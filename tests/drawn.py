"""Hypothesis strategies: small graphs, and operations over them that use everything the schema offers."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Mapping
from typing import Any

from hypothesis import strategies as st

from graph_seed import EntityFact, EvidenceFact, Facts, Reference
from schema import ONTOLOGY, Edge, Kind, Property, PropertyType
from schema.answers import requirement_lists

# Texts that go wrong where something is folded, quoted, escaped, compared or cut by bytes or UTF-16 units.
TEXTS = (
    *("a", "A", "b", "ab", "Á", "é", "ß", "ss", "ﬁ", "fi", "İ", "и", "й", "日本", "が", "か", "हिन्दी", "שלום"),
    *(
        "😀",
        "\uffee",
        "\ufa0e",
        "\ue000a",
        "\U00020000",
        "z",
        "\U0001f600b",
        "a'b",
        'q"q',
        "b`t",
        "`",
        "\\",
        "\\u0060",
        "$v0",
        "%",
        "_",
        "*",
        "?",
        "[a]",
        "]",
    ),
    *(
        "a b",
        " a",
        "})",
        "a}) DETACH DELETE n //",
        "'; DROP TABLE entity; --",
        "a AND b*",
        "~",
        "\U0010fffd",
        "\n",
        "a\tb",
    ),
)
LONG_TEXTS = ("framework", "Frame-Work", "Café framework", "C++ framework", "asynchronous", "日本語フレームワーク")
"""Texts that are long enough for typing mistakes."""
NEEDLES = ("", *TEXTS)
SLUGS = ("日本", "s1", "s2")
DATES = (None, None, "2023", "2024", "2024-03", "2024-03-19")
STANCES = ("HAS", "DISPUTED", "LACKS")
KINDS = {kind.name: kind for kind in ONTOLOGY.kinds}
THERE = {kind.name: SLUGS[: 2 if kind.name in {"Framework", "Feature"} else 1] for kind in ONTOLOGY.kinds}
"""The slugs that every drawn graph has."""


# ------------------------------------------------------------------------------------------------------------- graphs


@st.composite
def graphs(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The lines of a facts folder: a few entities of every kind, names that tie, evidence for and against."""
    lines: list[dict[str, Any]] = []
    slugs: dict[str, list[str]] = {}
    for kind in ONTOLOGY.kinds:
        most = 3 if kind.name in {"Framework", "Feature", "Source"} else 2
        slugs[kind.name] = list(SLUGS[: draw(st.integers(len(THERE[kind.name]), most))])
        lines += [draw(_entity(kind, slug)) for slug in slugs[kind.name]]
    lines = _with_unique_aliases(lines)
    seen: set[tuple[Any, ...]] = set()
    relations = [*ONTOLOGY.relations, *(edge.relation for edge in KINDS["Framework"].edges)]
    for _ in range(draw(st.integers(0, 10) | st.integers(15, 40) | st.integers(15, 40))):
        relation = draw(st.sampled_from(relations))
        item = {
            "subject": f"{relation.subject}:{draw(st.sampled_from(slugs[relation.subject]))}",
            "relation": relation.name,
            "object": f"{relation.object}:{draw(st.sampled_from(slugs[relation.object]))}",
            "source": draw(st.sampled_from(slugs["Source"])),
            "supports": draw(st.sampled_from((True, True, False))),
            "note": draw(st.sampled_from(TEXTS)).strip() or "x",
        }
        if (told := tuple(list(item.values())[:4])) not in seen:
            lines.append(item)
        seen.add(told)
    return lines


@st.composite
def _entity(draw: st.DrawFn, kind: Kind, slug: str) -> dict[str, Any]:
    texts = (*TEXTS, *LONG_TEXTS * 4)
    line: dict[str, Any] = {"kind": kind.name, "slug": slug, "name": draw(st.sampled_from(texts)).strip() or "x"}
    if draw(st.booleans()):
        line["aliases"] = draw(st.lists(st.sampled_from(texts), max_size=2))
    for prop in kind.properties:
        if prop.type is PropertyType.CHOICE:
            line[prop.name] = draw(st.sampled_from(prop.choices))
        elif prop.type is PropertyType.DATE:
            line[prop.name] = draw(st.sampled_from(DATES))
        elif prop.name in {"summary", "publisher", "title"}:
            line[prop.name] = draw(st.sampled_from((None, "", *texts)))
    return line


def _with_unique_aliases(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    from schema.text import text_key  # noqa: PLC0415

    taken = {(line["kind"], line["slug"]) for line in lines}
    for line in lines:
        kept: list[str] = []
        for alias in line.get("aliases", []):
            if alias.strip() and (line["kind"], text_key(alias)) not in taken:
                taken.add((line["kind"], text_key(alias)))
                kept.append(alias)
        if "aliases" in line:
            line["aliases"] = kept
    return lines


# ------------------------------------------------------------------------------------------------- facts that are told

SAID: dict[str, dict[str, bool]] = {
    "UNKNOWN": {},
    "HAS": {"s1": True},
    "SURE": {"s1": True, "s2": True},
    "LACKS": {"s1": False},
    "DISPUTED": {"s1": True, "s2": False},
    "DOUBTED": {"s1": False, "s2": True, "s3": False},
}
"""What sources say of a claim, by a word for it."""

PayloadField = tuple[Reference, str, Reference]


def facts_of(names: Mapping[str, Iterable[str]], told: Mapping[PayloadField, str]) -> Facts:
    """Facts about entities that are named per kind: of each claim that which is `SAID`."""
    named = {**names, "Source": ("s1", "s2", "s3")}
    entities = tuple(
        EntityFact(kind, slug, _values(KINDS[kind], slug)) for kind, slugs in named.items() for slug in slugs
    )
    relations = {(relation.subject, relation.name): relation for relation in ONTOLOGY.relations}
    evidence = tuple(
        EvidenceFact(subject, relations[subject.kind, name], object_, source, supports, "So it is.", None, None)
        for (subject, name, object_), word in told.items()
        for source, supports in SAID[word].items()
    )
    digest = hashlib.sha256(repr((named, sorted(told.items()))).encode()).hexdigest()[:16]
    return Facts(entities, evidence, digest)


def _values(kind: Kind, slug: str) -> dict[str, Any]:
    chosen = {prop.name: prop.choices[0] if prop.choices else None for prop in kind.properties}
    return {**chosen, "slug": slug, "name": slug, "aliases": []}


FRAMEWORKS = ("f1", "f2", "f3")
COMPANIES = ("c1", "c2", "c3", "c4")
RELATED_ESTIMATE = ("t1", "t2")
JOINED: tuple[PayloadField, ...] = tuple(
    (Reference("Framework", framework), edge.relation.name, Reference(edge.target, target))
    for edge in KINDS["Framework"].edges
    if not edge.reverse and edge.target != "Framework"
    for framework in FRAMEWORKS
    for target in RELATED_ESTIMATE
)
"""The pairs of a framework and a target."""
USES: tuple[PayloadField, ...] = tuple(
    (Reference("Company", company), "USES", Reference("Framework", framework))
    for company in COMPANIES
    for framework in FRAMEWORKS
)


def told_of_frameworks() -> st.SearchStrategy[dict[PayloadField, str]]:
    """What is said of every one of `JOINED` and `USES`."""
    pairs = (*JOINED, *USES)
    words = st.lists(st.sampled_from(("UNKNOWN", *SAID)), min_size=len(pairs), max_size=len(pairs))
    return words.map(lambda each: dict(zip(pairs, each, strict=True)))


def frameworks_told(told: Mapping[PayloadField, str]) -> Facts:
    """The facts of `told_of_frameworks`."""
    targets = {object_.kind: RELATED_ESTIMATE for _, _, object_ in JOINED}
    return facts_of({"Framework": FRAMEWORKS, "Company": COMPANIES, **targets}, told)


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
