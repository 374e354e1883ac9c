"""Plan operations. A plan is a pure function of the document, the operation and the shape of the variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from graphql import GraphQLError, GraphQLObjectType, GraphQLSchema, OperationDefinitionNode, OperationType
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues

from schema import Kind, Ontology, OntologyError
from schema.answers import similarity_edges
from service.compiler import answer_rules, mutations
from service.compiler.field_errors import FieldError
from service.compiler.filter_arguments import FilterArguments
from service.compiler.mutations import MutationPlanner
from service.compiler.page_arguments import PageArguments
from service.compiler.planning_context import PlanningContext, SelectedField
from service.compiler.selections import SOURCE, SelectionPlanner
from service.compiler.variables import Types, mark_variables
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

_PLANNED_FIELDS: dict[str, frozenset[str]] = {
    "PageInfo": frozenset({"hasNextPage", "hasPreviousPage", "startCursor", "endCursor"}),
    "Claim": frozenset({"id", "relation", "relationType", "stance", "confidence", "firstSeen", "lastSeen"})
    | {"subject", "object", "evidence"},
    "Evidence": frozenset({"supports", "note", "term", "locator", "source"}),
    "FacetCount": frozenset({"target", "count"}),
    "SearchEdge": frozenset({"cursor", "node", "score", "highlights"}),
    "Connection": frozenset({"edges", "nodes", "pageInfo", "totalCount", "facets"}),
    "Edge": frozenset({"cursor", "node", "claim"}),
}
"""The fields that can be planned, by the suffix of the name of their type."""


class Planner:
    """Plans the operations of one schema. The constructor raises OntologyError if a field cannot be planned."""

    def __init__(self, schema: GraphQLSchema, ontology: Ontology) -> None:
        self._schema = schema
        self._ontology = ontology
        self._selections = SelectionPlanner(ontology)
        self._mutations = MutationPlanner(ontology, self._selections)
        self._fields = {**answer_rules.planned_fields(ontology), **mutations.planned_fields(ontology)}
        self._roots = self._root_rules()
        self._check_schema()

    def plan(
        self,
        definition: OperationDefinitionNode,
        fragments: dict[str, FragmentDetails],
        variables: VariableValues,
        types: Types,
    ) -> tuple[Plan | MutationPlan | SubscriptionPlan, tuple[FieldError, ...]]:
        """Plan an operation; also return the errors of single fields.

        Raise InputError for arguments that contradict each other, and GraphQLError for invalid arguments of a subscription.
        """
        marked = VariableValues(variables.sources, mark_variables(variables.coerced, types))
        context = PlanningContext(self._schema, definition, fragments, marked)
        if definition.operation is OperationType.SUBSCRIPTION:
            (selected,) = context.roots()
            try:
                return self._mutations.plan_subscription(context, selected), tuple(context.field_errors)
            except GraphQLError as error:
                raise FieldError(error, selected.path, selected.types).located(selected.path) from error
        try:
            selections = tuple(context.roots())
        except GraphQLError as error:
            selections = ()
            context.field_errors.append(FieldError(error, (), ()))
        if definition.operation is OperationType.QUERY:
            roots = tuple(context.plan_field(item, partial(self._plan_root, context)) for item in selections)
            return Plan(roots, tuple(context.parameters)), tuple(context.field_errors)
        writes = tuple(context.plan_field(item, partial(self._plan_mutation_root, context)) for item in selections)
        return MutationPlan(writes, tuple(context.parameters)), tuple(context.field_errors)

    def _check_schema(self) -> None:
        for name, type_ in self._schema.type_map.items():
            if isinstance(type_, GraphQLObjectType) and not name.startswith("__"):
                unknown = set(type_.fields) - self._planned_fields(name)
                if unknown:
                    raise OntologyError(f"{name}.{min(unknown)} cannot be planned: no store implements it.")

    def _planned_fields(self, type_name: str) -> frozenset[str]:
        """Return the fields of an object type that can be planned."""
        if kind := self._ontology.kind_by_name.get(type_name):
            derived = ({"claims"} if kind.name == SOURCE else set[str]()) | (
                {"alternatives"} if similarity_edges(kind) else set[str]()
            )
            return frozenset({*kind.property_by_name, *kind.edge_by_name, *derived})
        if type_name == "Query":
            return frozenset(self._roots)
        if kind := self._ontology.kind_by_name.get(type_name.removesuffix("Facets")):
            return frozenset(kind.edge_by_name)
        if fields := self._fields.get(type_name):
            return fields
        return next(
            (fields for ending, fields in _PLANNED_FIELDS.items() if type_name.endswith(ending)), frozenset[str]()
        )

    def _root_rules(self) -> Mapping[str, Callable[[PlanningContext, SelectedField], Root]]:
        rules: dict[str, Callable[[PlanningContext, SelectedField], Root]] = {
            "node": self._plan_node,
            "nodes": self._plan_node,
            "claims": self._plan_claims,
            "changes": self._mutations.plan_changes,
            **answer_rules.root_rules(self._ontology, self._selections),
        }
        for kind in self._ontology.kinds:
            rules[kind.singular] = lambda context, selected, kind=kind: self._plan_lookup(context, selected, kind)
            rules[kind.plural] = lambda context, selected, kind=kind: self._plan_list(context, selected, kind)
        return rules

    def _plan_mutation_root(
        self, context: PlanningContext, selected: SelectedField
    ) -> Typename | Introspection | MutationField:
        root = self._plan_schema_root(selected)
        return self._mutations.plan_mutation(context, selected) if root is None else root

    def _plan_schema_root(self, selected: SelectedField) -> Typename | Introspection | None:
        match selected.name:
            case "__typename":
                return Typename(selected.key, selected.parent.name)
            case "__schema" | "__type":
                return Introspection(selected.key)
            case _:
                return None

    def _plan_root(self, context: PlanningContext, selected: SelectedField) -> Root:
        root = self._plan_schema_root(selected)
        return self._roots[selected.name](context, selected) if root is None else root

    def _plan_lookup(self, context: PlanningContext, selected: SelectedField, kind: Kind) -> Lookup:
        slug = context.parameter(context.arguments(selected)["slug"], Conversion.TEXT_KEY, selected.location("slug"))
        return Lookup(selected.key, kind, slug, self._selections.plan_entity(context, selected, kind))

    def _plan_list(self, context: PlanningContext, selected: SelectedField, kind: Kind) -> EntityList:
        where = FilterArguments(self._ontology, context, selected).predicate(kind)
        page = PageArguments(context, selected).page(kind, by_claim=False)
        return EntityList(
            selected.key, kind, where, page, self._selections.plan_connection(context, selected, kind, None, where)
        )

    def _plan_node(self, context: PlanningContext, selected: SelectedField) -> NodeLookup:
        many = selected.name == "nodes"
        argument = "ids" if many else "id"
        conversion = Conversion.GLOBAL_IDS if many else Conversion.PLAIN
        parameter = context.parameter(context.arguments(selected)[argument], conversion, selected.location(argument))
        branches = self._selections.plan_any_entity(context, selected)
        return NodeLookup(selected.key, parameter, many, branches, self._selections.plan_any_claim(context, selected))

    def _plan_claims(self, context: PlanningContext, selected: SelectedField) -> ClaimList:
        where = FilterArguments(self._ontology, context, selected).claim_filter()
        page = PageArguments(context, selected).claim_page()
        return ClaimList(selected.key, where, page, self._selections.plan_claim_connection(context, selected))
