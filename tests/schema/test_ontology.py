"""The ontology is read off the entity classes; where they do not fit together, the service does not start."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import pytest
import strawberry
from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, GraphQLString

from schema import ONTOLOGY, Ontology, OntologyError, PropertyType, build
from schema.entities import KINDS, Entity, Feature, Framework, Source
from schema.ontology import camel, kind, relation
from schema.scalars import Date
from service.compiler.planner import Planner


@strawberry.enum
class Licence(enum.Enum):
    FREE = "free"
    OTHER = "other"


def declare(name: str = "Editor", plural: str = "editors", base: type = Entity, **members: Any) -> type:
    """An entity class: a member that is a type is a property, another a relation."""
    annotations = {key: value for key, value in members.items() if not hasattr(value, "inverse")}
    relations = {key: value for key, value in members.items() if hasattr(value, "inverse")}
    made = type(
        name, (base,), {"__module__": __name__, "__doc__": "A thing.", "__annotations__": annotations, **relations}
    )
    return kind(plural)(made)


def with_(*classes: type) -> Ontology:
    return Ontology.of(*KINDS, *classes)


def planner_of(ontology: Ontology) -> Planner:
    """Build the schema and what plans it, as a start does."""
    return Planner(graphql(ontology), ontology)


def graphql(ontology: Ontology) -> GraphQLSchema:
    return build(ontology)._schema


@pytest.fixture(scope="module")
def shipped() -> GraphQLSchema:
    return graphql(ONTOLOGY)


# ---------------------------------------------------------------------------------------------------------- what is read


def test_the_graph_has_these_kinds_and_relations() -> None:
    assert [(item.name, item.singular, item.plural) for item in ONTOLOGY.kinds] == [
        ("Framework", "framework", "frameworks"),
        ("FrameworkType", "frameworkType", "frameworkTypes"),
        ("Feature", "feature", "features"),
        ("Application", "application", "applications"),
        ("Technology", "technology", "technologies"),
        ("Company", "company", "companies"),
        ("Source", "source", "sources"),
    ]
    assert [f"{item}: {item.field}/{item.inverse}" for item in ONTOLOGY.relations] == [
        "Framework OF_TYPE FrameworkType: types/frameworks",
        "Framework HAS_FEATURE Feature: features/frameworks",
        "Framework SUITS Application: applications/frameworks",
        "Framework WORKS_WITH Technology: technologies/frameworks",
        "Framework EXTENDS Framework: extends/extendedBy",
        "FrameworkType HAS_FEATURE Feature: features/frameworkTypes",
        "FrameworkType SUITS Application: applications/frameworkTypes",
        "FrameworkType WORKS_WITH Technology: technologies/frameworkTypes",
        "FrameworkType NARROWS FrameworkType: narrows/narrowedBy",
        "Technology HAS_FEATURE Feature: features/technologies",
        "Technology SUITS Application: applications/technologies",
        "Technology WORKS_WITH Technology: technologies/workedWithBy",
        "Company USES Framework: uses/usedBy",
    ]


def test_a_property_is_what_its_annotation_says() -> None:
    editor = declare(
        since=int, until=int | None, licence=Licence, other=Licence | None, motto=str | None, born=Date | None, tags=list[str]
    )  # fmt: skip

    own = with_(editor).kind_by_name["Editor"].properties[6:]

    assert [(item.name, item.type, item.required, item.choices) for item in own] == [
        ("since", PropertyType.INTEGER, True, ()),
        ("until", PropertyType.INTEGER, False, ()),
        ("licence", PropertyType.CHOICE, True, ("FREE", "OTHER")),
        ("other", PropertyType.CHOICE, False, ("FREE", "OTHER")),
        ("motto", PropertyType.TEXT, False, ()),
        ("born", PropertyType.DATE, False, ()),
        ("tags", PropertyType.TEXTS, True, ()),
    ]


def test_a_relation_is_seen_from_both_its_ends() -> None:
    ontology = with_(declare(edits_with=relation("EDITS", "Framework", inverse="edited_by")))

    ahead = ontology.kind_by_name["Editor"].edge_by_name["editsWith"]
    back = ontology.kind_by_name["Framework"].edge_by_name["editedBy"]
    assert [(str(edge), edge.source, edge.target, edge.reverse) for edge in (ahead, back)] == [
        ("Editor.editsWith", "Editor", "Framework", False),
        ("Framework.editedBy", "Framework", "Editor", True),
    ]
    assert ahead.relation == back.relation


def test_a_relation_may_lead_back_to_its_own_kind() -> None:
    ontology = with_(declare(forks=relation("FORKS", "Editor", inverse="forked_by")))

    assert list(ontology.kind_by_name["Editor"].edge_by_name) == ["forks", "forkedBy"]


def test_a_new_kind_is_in_the_schema_with_all_that_belongs_to_it(shipped: GraphQLSchema) -> None:
    grown = graphql(with_(declare(edits=relation("EDITS", "Framework", inverse="edited_by"))))

    added = set(grown.type_map) - set(shipped.type_map)
    parts = ("", "Connection", "Edge", "Filter", "Order", "Relation", "Input")
    assert {f"Editor{part}" for part in parts} <= added
    assert {name for name in added if not name.startswith("Editor")} == {"UpsertEditorPayload", "UpsertedEditor"}
    assert len(added) <= 10
    assert grown.query_type is not None
    assert {"editor", "editors"} <= set(grown.query_type.fields)


@pytest.mark.parametrize(
    ("python", "graphql_name"),
    [("used_by", "usedBy"), ("worked_with_by", "workedWithBy"), ("uses", "uses"), ("frameworkTypes", "frameworkTypes")],
)
def test_a_name_of_python_becomes_one_of_graphql(python: str, graphql_name: str) -> None:
    assert camel(python) == graphql_name


# ----------------------------------------------------------------------------------------------------------------- faults


class Undecorated(Entity):
    """Nobody has said that it is a kind."""


class Descendant(Framework):
    """Nor this, though its parent is one."""


FAULTS: dict[str, tuple[Callable[[], Ontology], str]] = {
    "no plural": (lambda: with_(declare(plural="")), "Editor is no kind: decorate it with @kind('plural')."),
    "no kind": (lambda: with_(Undecorated), "Undecorated is no kind: decorate it with @kind('plural')."),
    "no kind of its own": (lambda: with_(Descendant), "Descendant is no kind: decorate it with @kind('plural')."),
    "unknown object": (
        lambda: with_(declare(edits=relation("EDITS", "Nope", inverse="edited_by"))),
        "Editor.edits leads to Nope, which is no kind.",
    ),
    "not SCREAMING_CASE": (
        lambda: with_(declare(edits=relation("edits", "Framework", inverse="edited_by"))),
        "Editor.edits: 'edits' is not SCREAMING_CASE.",
    ),
    "a field twice": (
        lambda: with_(declare(edits=relation("EDITS", "Framework", inverse="features"))),
        "Framework has two fields 'features'.",
    ),
    "a field that is a property": (
        lambda: with_(declare(edits=relation("EDITS", "Framework", inverse="summary"))),
        "Framework has two fields 'summary'.",
    ),
    "two relations of a name": (
        lambda: with_(
            declare(
                edits=relation("EDITS", "Framework", inverse="edited_by"),
                uses=relation("EDITS", "Feature", inverse="edited_by"),
            )
        ),
        "Editor EDITS is declared twice.",
    ),
    "a root field twice": (
        lambda: with_(declare(plural="frameworks")),
        "The root field 'frameworks' is wanted twice.",
    ),
    "not PascalCase": (lambda: with_(declare(name="editor")), "Kind 'editor' is not PascalCase."),
    "float": (
        lambda: with_(declare(stars=float)),
        "Editor.stars: a property is a str, int, Date or enum, not <class 'float'>.",
    ),
    "bool": (
        lambda: with_(declare(free=bool | None)),
        "Editor.free: a property is a str, int, Date or enum, not <class 'bool'>.",
    ),
    "list of numbers": (
        lambda: with_(declare(years=list[int])),
        "Editor.years: a property is a str, int, Date or enum, not list[int].",
    ),
    "this or that": (
        lambda: with_(declare(year=int | str | None)),
        "Editor.year: a property is a str, int, Date or enum, not int | str | None.",
    ),
}


@pytest.mark.parametrize(("make", "reason"), FAULTS.values(), ids=FAULTS)
def test_classes_that_do_not_fit_together_are_refused(make: Callable[[], Ontology], reason: str) -> None:
    with pytest.raises(OntologyError) as refused:
        make()

    assert str(refused.value) == reason


def test_an_ontology_without_sources_is_refused() -> None:
    ontology = Ontology.of(*(item for item in KINDS if item is not Source))

    with pytest.raises(OntologyError, match=r"^An ontology needs the kind Source, since every claim cites one\.$"):
        build(ontology)


def test_a_kind_that_the_planner_does_not_know_fails_when_the_schema_is_built() -> None:
    schema = graphql(with_(declare(edits=relation("EDITS", "Framework", inverse="edited_by"))))

    with pytest.raises(OntologyError, match=r"^\w+\.\w+ cannot be compiled: no store knows how to answer it\.$"):
        Planner(schema, ONTOLOGY)


@pytest.mark.parametrize(
    "name",
    [
        "Query",
        "Framework",
        "Source",
        "Claim",
        "Evidence",
        "PageInfo",
        "FeatureConnection",
        "FeatureEdge",
        "ClaimConnection",
        "ClaimEdge",
    ],
)
def test_a_field_that_the_planner_does_not_know_fails_when_the_schema_is_built(
    shipped: GraphQLSchema, name: str
) -> None:
    type_ = shipped.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    type_.fields["novel"] = GraphQLField(GraphQLString)

    try:
        with pytest.raises(OntologyError) as refused:
            Planner(shipped, ONTOLOGY)
    finally:
        del type_.fields["novel"]

    assert str(refused.value) == f"{name}.novel cannot be compiled: no store knows how to answer it."


def test_a_type_that_the_planner_does_not_know_fails_when_the_schema_is_built(shipped: GraphQLSchema) -> None:
    shipped.type_map["Novel"] = GraphQLObjectType("Novel", {"field": GraphQLField(GraphQLString)})

    try:
        with pytest.raises(OntologyError, match=r"^Novel\.field cannot be compiled"):
            Planner(shipped, ONTOLOGY)
    finally:
        del shipped.type_map["Novel"]


def test_what_is_shipped_can_be_planned(shipped: GraphQLSchema) -> None:
    assert Planner(shipped, ONTOLOGY)


CLASHES: dict[str, tuple[Callable[[], type], str]] = {
    "the type Claim": (
        lambda: declare(name="Claim", plural="clams"),
        "Two types are called ClaimFilter; give the kind another name.",
    ),
    "the type PageInfo": (
        lambda: declare(name="PageInfo", plural="infos"),
        "Two types are called PageInfo; give the kind another name.",
    ),
    "the type Stance": (
        lambda: declare(name="Stance", plural="stances"),
        "Two types are called Stance; give the kind another name.",
    ),
    "another's connection": (
        lambda: declare(name="FeatureConnection"),
        "Two types are called FeatureConnection; give the kind another name.",
    ),
    "the root field node": (
        lambda: declare(name="Node", plural="knots"),
        "The root field 'node' is wanted twice.",
    ),
    "the root field claims": (lambda: declare(plural="claims"), "The root field 'claims' is wanted twice."),
    "its own singular": (lambda: declare(plural="editor"), "The root field 'editor' is wanted twice."),
    "the filter's word": (
        lambda: declare(edits=relation("EDITS", "Feature", inverse="or")),
        "Feature.or: 'or' is no name for a field, or means something else.",
    ),
    "the order's word": (
        lambda: declare(claim=relation("CLAIMS", "Feature", inverse="claimed_by")),
        "Editor.claim: 'claim' is no name for a field, or means something else.",
    ),
    "no name": (
        lambda: declare(edits=relation("EDITS", "Feature", inverse="edited by")),
        "Feature.edited by: 'edited by' is no name for a field, or means something else.",
    ),
    "no entity": (lambda: declare(base=object, since=int), "Editor is no entity: let its class inherit Entity."),
}
"""Kinds that take a name which the schema has a use for already."""


@pytest.mark.parametrize(("make", "reason"), CLASHES.values(), ids=CLASHES)
def test_a_kind_that_takes_a_name_of_the_schema_is_refused(make: Callable[[], type], reason: str) -> None:
    with pytest.raises(OntologyError) as refused:
        planner_of(Ontology.of(Feature, Source, make()))

    assert str(refused.value) == reason


def test_every_root_field_of_the_service_is_kept_from_kinds(shipped: GraphQLSchema) -> None:
    assert shipped.query_type is not None
    of_kinds = {name for item in ONTOLOGY.kinds for name in (item.singular, item.plural)}

    for name in set(shipped.query_type.fields) - of_kinds:
        with pytest.raises(OntologyError, match=f"^The root field '{name}' is wanted twice"):
            Ontology.of(Feature, Source, declare(plural=name))
