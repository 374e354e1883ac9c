"""Plan an operation: GraphQL selection -> Plan. A pure function of document, operation and marked variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from graphql import GraphQLObjectType, GraphQLSchema, OperationDefinitionNode, OperationType
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues

from schema import Kind, Ontology, OntologyError
from schema.answers import similarity_edges
from service.compiler import answer_rules, mutations
from service.compiler.list_arguments import ListArguments
from service.compiler.mutations import MutationPlanner
from service.compiler.planning_context import PlanningContext, SelectedField
from service.compiler.selections import SOURCE, SelectionPlanner
from service.compiler.variables import Types, mark
from service.plan import (
    ClaimList,
    EntityList,
    Introspection,
    Lookup,
    MutationField,
    MutationPlan,
    NodeLookup,
    Plan,
    Root,
    SubscriptionPlan,
    Typename,
)
from service.plan.parameters import Conversion

_KNOWN_FIELDS: dict[str, frozenset[str]] = {
    "PageInfo": frozenset({"hasNextPage", "hasPreviousPage", "startCursor", "endCursor"}),
    "Claim": frozenset({"id", "relation", "stance", "confidence", "firstSeen", "lastSeen"})
    | {"subject", "object", "evidence"},
    "Evidence": frozenset({"supports", "note", "term", "locator", "source"}),
    "FacetCount": frozenset({"target", "count"}),
    "SearchEdge": frozenset({"cursor", "node", "score", "highlights"}),
    "Connection": frozenset({"edges", "nodes", "pageInfo", "totalCount", "facets"}),
    "Edge": frozenset({"cursor", "node", "claim"}),
}
"""The fields that can be planned, by the end of their type's name."""


class Planner:
    """Plans the operations of one schema. Raises OntologyError at once for a schema with a field it cannot plan."""

    def __init__(self, schema: GraphQLSchema, ontology: Ontology) -> None:
        self._schema = schema
        self._ontology = ontology
        self._selections = SelectionPlanner(ontology)
        self._mutations = MutationPlanner(ontology, self._selections)
        self._fields = {**answer_rules.fields(ontology), **mutations.fields(ontology)}
        self._roots = self._root_rules()
        self._check()

    def plan(
        self,
        definition: OperationDefinitionNode,
        fragments: dict[str, FragmentDetails],
        variables: VariableValues,
        types: Types,
    ) -> Plan | MutationPlan | SubscriptionPlan:
        """Plan one operation; raises InputError for arguments that contradict each other."""
        marked = VariableValues(variables.sources, mark(variables.coerced, types))
        context = PlanningContext(self._schema, definition, fragments, marked)
        selections = list(context.roots())
        match definition.operation:
            case OperationType.QUERY:
                roots = tuple(self._root(context, selected) for selected in selections)
                return Plan(roots, tuple(context.parameters))
            case OperationType.MUTATION:
                writes = tuple(self._write(context, selected) for selected in selections)
                return MutationPlan(writes, tuple(context.parameters))
            case OperationType.SUBSCRIPTION:
                return self._mutations.listening(context, selections[0])

    # ------------------------------------------------------------------------------------------------------ the check

    def _check(self) -> None:
        for name, type_ in self._schema.type_map.items():
            if isinstance(type_, GraphQLObjectType) and not name.startswith("__"):
                unknown = set(type_.fields) - self._known(name)
                if unknown:
                    raise OntologyError(f"{name}.{min(unknown)} cannot be compiled: no store knows how to answer it.")

    def _known(self, type_name: str) -> frozenset[str]:
        """The fields of an object type that can be planned."""
        if kind := self._ontology.kind_by_name.get(type_name):
            more = ({"claims"} if kind.name == SOURCE else set[str]()) | (
                {"alternatives"} if similarity_edges(kind) else set[str]()
            )
            return frozenset({*kind.property_by_name, *kind.edge_by_name, *more})
        if type_name == "Query":
            return frozenset(self._roots)
        if kind := self._ontology.kind_by_name.get(type_name.removesuffix("Facets")):
            return frozenset(kind.edge_by_name)
        if fields := self._fields.get(type_name):
            return fields
        return next(
            (fields for ending, fields in _KNOWN_FIELDS.items() if type_name.endswith(ending)), frozenset[str]()
        )

    # ---------------------------------------------------------------------------------------------------------- roots

    def _root_rules(self) -> Mapping[str, Callable[[PlanningContext, SelectedField], Root]]:
        rules: dict[str, Callable[[PlanningContext, SelectedField], Root]] = {
            "node": self._by_id,
            "nodes": self._by_id,
            "claims": self._claim_listing,
            "changes": self._mutations.changes,
            **answer_rules.rules(self._ontology, self._selections),
        }
        for kind in self._ontology.kinds:
            rules[kind.singular] = lambda context, selected, kind=kind: self._lookup(context, selected, kind)
            rules[kind.plural] = lambda context, selected, kind=kind: self._listing(context, selected, kind)
        return rules

    def _write(self, context: PlanningContext, selected: SelectedField) -> Typename | Introspection | MutationField:
        root = self._about_schema(selected)
        return self._mutations.write(context, selected) if root is None else root

    def _about_schema(self, selected: SelectedField) -> Typename | Introspection | None:
        match selected.name:
            case "__typename":
                return Typename(selected.key, selected.parent.name)
            case "__schema" | "__type":
                return Introspection(selected.key)
            case _:
                return None

    def _root(self, context: PlanningContext, selected: SelectedField) -> Root:
        root = self._about_schema(selected)
        return self._roots[selected.name](context, selected) if root is None else root

    def _lookup(self, context: PlanningContext, selected: SelectedField, kind: Kind) -> Lookup:
        slug = context.parameter(context.arguments(selected)["slug"], Conversion.KEY, selected.location("slug"))
        return Lookup(selected.key, kind, slug, self._selections.entity(context, selected, kind))

    def _listing(self, context: PlanningContext, selected: SelectedField, kind: Kind) -> EntityList:
        lists = ListArguments(self._ontology, context, selected)
        where, page = lists.where(kind), lists.page(kind, claim=False)
        return EntityList(
            selected.key, kind, where, page, self._selections.connection(context, selected, kind, None, where)
        )

    def _by_id(self, context: PlanningContext, selected: SelectedField) -> NodeLookup:
        many = selected.name == "nodes"
        argument = "ids" if many else "id"
        conversion = Conversion.IDS if many else Conversion.PLAIN
        parameter = context.parameter(context.arguments(selected)[argument], conversion, selected.location(argument))
        branches = self._selections.any_entity(context, selected)
        return NodeLookup(selected.key, parameter, many, branches, self._selections.any_claim(context, selected))

    def _claim_listing(self, context: PlanningContext, selected: SelectedField) -> ClaimList:
        lists = ListArguments(self._ontology, context, selected)
        where, page = lists.claims(), lists.claim_page()
        return ClaimList(selected.key, where, page, self._selections.claim_connection(context, selected))
