"""The ontology is read from the entity classes; inconsistent classes raise OntologyError before the service starts."""

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
    """Declare a kind; a member that is a type is a property, any other member is a relation."""
    annotations = {key: value for key, value in members.items() if not hasattr(value, "inverse")}
    relations = {key: value for key, value in members.items() if hasattr(value, "inverse")}
    created = type(
        name, (base,), {"__module__": __name__, "__doc__": "An editor.", "__annotations__": annotations, **relations}
    )
    return kind(plural)(created)


def extended(*classes: type) -> Ontology:
    return Ontology.of(*KINDS, *classes)


def planner_of(ontology: Ontology) -> Planner:
    """Build the schema and its planner, as a starting service does."""
    return Planner(graphql(ontology), ontology)


def graphql(ontology: Ontology) -> GraphQLSchema:
    return build(ontology)._schema


@pytest.fixture(scope="module")
def shipped() -> GraphQLSchema:
    return graphql(ONTOLOGY)


# ---------------------------------------------------------------------------------------------------------- reading


def test_the_shipped_ontology_has_these_kinds_and_relations() -> None:
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


def test_the_annotation_determines_the_type_of_a_property() -> None:
    editor = declare(
        since=int, until=int | None, licence=Licence, other=Licence | None, motto=str | None, born=Date | None, tags=list[str]
    )  # fmt: skip

    own = extended(editor).kind_by_name["Editor"].properties[6:]

    assert [(item.name, item.type, item.required, item.choices) for item in own] == [
        ("since", PropertyType.INTEGER, True, ()),
        ("until", PropertyType.INTEGER, False, ()),
        ("licence", PropertyType.CHOICE, True, ("FREE", "OTHER")),
        ("other", PropertyType.CHOICE, False, ("FREE", "OTHER")),
        ("motto", PropertyType.TEXT, False, ()),
        ("born", PropertyType.DATE, False, ()),
        ("tags", PropertyType.TEXTS, True, ()),
    ]


def test_a_relation_has_a_field_on_both_kinds() -> None:
    ontology = extended(declare(edits_with=relation("EDITS", "Framework", inverse="edited_by")))

    forward = ontology.kind_by_name["Editor"].edge_by_name["editsWith"]
    backward = ontology.kind_by_name["Framework"].edge_by_name["editedBy"]
    assert [(str(edge), edge.source, edge.target, edge.reverse) for edge in (forward, backward)] == [
        ("Editor.editsWith", "Editor", "Framework", False),
        ("Framework.editedBy", "Framework", "Editor", True),
    ]
    assert forward.relation == backward.relation


def test_a_relation_may_relate_entities_of_the_same_kind() -> None:
    ontology = extended(declare(forks=relation("FORKS", "Editor", inverse="forked_by")))

    assert list(ontology.kind_by_name["Editor"].edge_by_name) == ["forks", "forkedBy"]


def test_a_new_kind_adds_its_types_and_root_fields(shipped: GraphQLSchema) -> None:
    larger = graphql(extended(declare(edits=relation("EDITS", "Framework", inverse="edited_by"))))

    added = set(larger.type_map) - set(shipped.type_map)
    parts = ("", "Connection", "Edge", "Filter", "Order", "Relation", "Input")
    assert {f"Editor{part}" for part in parts} <= added
    assert {name for name in added if not name.startswith("Editor")} == {"UpsertEditorPayload", "UpsertedEditor"}
    assert len(added) <= 10
    assert larger.query_type is not None
    assert {"editor", "editors"} <= set(larger.query_type.fields)


@pytest.mark.parametrize(
    ("python", "graphql_name"),
    [("used_by", "usedBy"), ("worked_with_by", "workedWithBy"), ("uses", "uses"), ("frameworkTypes", "frameworkTypes")],
)
def test_python_names_become_graphql_names(python: str, graphql_name: str) -> None:
    assert camel(python) == graphql_name


# ----------------------------------------------------------------------------------------------------------------- errors


class Undecorated(Entity):
    """A class without the decorator @kind."""


class Descendant(Framework):
    """An undecorated subclass of a kind."""


INCONSISTENT: dict[str, tuple[Callable[[], Ontology], str]] = {
    "empty plural": (
        lambda: extended(declare(plural="")),
        "Editor is not a kind; decorate the class with @kind('plural').",
    ),
    "not decorated": (
        lambda: extended(Undecorated),
        "Undecorated is not a kind; decorate the class with @kind('plural').",
    ),
    "subclass of a kind": (
        lambda: extended(Descendant),
        "Descendant is not a kind; decorate the class with @kind('plural').",
    ),
    "unknown object": (
        lambda: extended(declare(edits=relation("EDITS", "Nope", inverse="edited_by"))),
        "Editor.edits: the object 'Nope' is not a kind of this ontology.",
    ),
    "relation in lower case": (
        lambda: extended(declare(edits=relation("edits", "Framework", inverse="edited_by"))),
        "Editor.edits: write the relation 'edits' in upper case, like HAS_FEATURE.",
    ),
    "duplicate field": (
        lambda: extended(declare(edits=relation("EDITS", "Framework", inverse="features"))),
        "Framework has two fields with the name 'features'; rename one.",
    ),
    "field with the name of a property": (
        lambda: extended(declare(edits=relation("EDITS", "Framework", inverse="summary"))),
        "Framework has two fields with the name 'summary'; rename one.",
    ),
    "duplicate relation": (
        lambda: extended(
            declare(
                edits=relation("EDITS", "Framework", inverse="edited_by"),
                uses=relation("EDITS", "Feature", inverse="edited_by"),
            )
        ),
        "Editor EDITS is declared twice; remove or rename one.",
    ),
    "duplicate root field": (
        lambda: extended(declare(plural="frameworks")),
        "Editor: the root field 'frameworks' already exists; rename the kind.",
    ),
    "kind in lower case": (lambda: extended(declare(name="editor")), "Kind 'editor': write the name in PascalCase."),
    "float": (
        lambda: extended(declare(stars=float)),
        "Editor.stars: a property cannot have the type <class 'float'>; use str, int, Date, list[str] or an enum.",
    ),
    "bool": (
        lambda: extended(declare(free=bool | None)),
        "Editor.free: a property cannot have the type <class 'bool'>; use str, int, Date, list[str] or an enum.",
    ),
    "list of numbers": (
        lambda: extended(declare(years=list[int])),
        "Editor.years: a property cannot have the type list[int]; use str, int, Date, list[str] or an enum.",
    ),
    "union": (
        lambda: extended(declare(year=int | str | None)),
        "Editor.year: a property cannot have the type int | str | None; use str, int, Date, list[str] or an enum.",
    ),
}


@pytest.mark.parametrize(("make", "message"), INCONSISTENT.values(), ids=INCONSISTENT)
def test_inconsistent_classes_raise_an_error(make: Callable[[], Ontology], message: str) -> None:
    with pytest.raises(OntologyError) as raised:
        make()

    assert str(raised.value) == message


def test_an_ontology_without_sources_raises_an_error() -> None:
    ontology = Ontology.of(*(item for item in KINDS if item is not Source))

    with pytest.raises(
        OntologyError, match=r"^The ontology has no kind Source; add it, because every claim cites a source\.$"
    ):
        build(ontology)


def test_a_kind_that_the_planner_does_not_support_raises_an_error() -> None:
    schema = graphql(extended(declare(edits=relation("EDITS", "Framework", inverse="edited_by"))))

    with pytest.raises(OntologyError, match=r"^\w+\.\w+ cannot be planned: no store implements it\.$"):
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
def test_a_field_that_the_planner_does_not_support_raises_an_error(shipped: GraphQLSchema, name: str) -> None:
    type_ = shipped.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    type_.fields["novel"] = GraphQLField(GraphQLString)

    try:
        with pytest.raises(OntologyError) as raised:
            Planner(shipped, ONTOLOGY)
    finally:
        del type_.fields["novel"]

    assert str(raised.value) == f"{name}.novel cannot be planned: no store implements it."


def test_a_type_that_the_planner_does_not_support_raises_an_error(shipped: GraphQLSchema) -> None:
    shipped.type_map["Novel"] = GraphQLObjectType("Novel", {"field": GraphQLField(GraphQLString)})

    try:
        with pytest.raises(OntologyError, match=r"^Novel\.field cannot be planned"):
            Planner(shipped, ONTOLOGY)
    finally:
        del shipped.type_map["Novel"]


def test_the_planner_supports_the_shipped_schema(shipped: GraphQLSchema) -> None:
    assert Planner(shipped, ONTOLOGY)


CLASHES: dict[str, tuple[Callable[[], type], str]] = {
    "the type Claim": (
        lambda: declare(name="Claim", plural="clams"),
        "The schema has two types with the name ClaimFilter; rename the kind.",
    ),
    "the type PageInfo": (
        lambda: declare(name="PageInfo", plural="infos"),
        "The schema has two types with the name PageInfo; rename the kind.",
    ),
    "the type Stance": (
        lambda: declare(name="Stance", plural="stances"),
        "The schema has two types with the name Stance; rename the kind.",
    ),
    "the connection of another kind": (
        lambda: declare(name="FeatureConnection"),
        "The schema has two types with the name FeatureConnection; rename the kind.",
    ),
    "the root field node": (
        lambda: declare(name="Node", plural="knots"),
        "Node: the root field 'node' already exists; rename the kind.",
    ),
    "the root field claims": (
        lambda: declare(plural="claims"),
        "Editor: the root field 'claims' already exists; rename the kind.",
    ),
    "its own singular": (
        lambda: declare(plural="editor"),
        "Editor: the root field 'editor' already exists; rename the kind.",
    ),
    "a filter operator": (
        lambda: declare(edits=relation("EDITS", "Feature", inverse="or")),
        "Feature.or: 'or' is not a valid field name or is reserved.",
    ),
    "a sort field": (
        lambda: declare(claim=relation("CLAIMS", "Feature", inverse="claimed_by")),
        "Editor.claim: 'claim' is not a valid field name or is reserved.",
    ),
    "invalid name": (
        lambda: declare(edits=relation("EDITS", "Feature", inverse="edited by")),
        "Feature.edited by: 'edited by' is not a valid field name or is reserved.",
    ),
    "not an Entity": (lambda: declare(base=object, since=int), "Editor: the class of a kind must inherit Entity."),
}
"""Kinds whose names clash with names of the schema."""


@pytest.mark.parametrize(("make", "message"), CLASHES.values(), ids=CLASHES)
def test_a_name_that_the_schema_uses_raises_an_error(make: Callable[[], type], message: str) -> None:
    with pytest.raises(OntologyError) as raised:
        planner_of(Ontology.of(Feature, Source, make()))

    assert str(raised.value) == message


def test_the_names_of_all_other_root_fields_are_reserved(shipped: GraphQLSchema) -> None:
    assert shipped.query_type is not None
    kind_fields = {name for item in ONTOLOGY.kinds for name in (item.singular, item.plural)}

    for name in set(shipped.query_type.fields) - kind_fields:
        with pytest.raises(OntologyError, match=f"^Editor: the root field '{name}' already exists"):
            Ontology.of(Feature, Source, declare(plural=name))
