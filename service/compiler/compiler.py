"""Compile operations: parse and validate once per document, plan once per document and shape of its variables.

    document text --parse, validate--> Document --shape of variables--> Plan --store.write_statement--> statement

Both steps are kept in bounded caches, least recently used first out.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from graphql import DocumentNode, GraphQLError, GraphQLSchema, get_variable_values
from graphql.execution.values import VariableValues

from schema import Ontology
from service.compiler.lru_cache import LruCache
from service.compiler.operation import MAX_ERRORS, RequestError, SelectedOperation, select_operation, shortened
from service.compiler.planner import Planner
from service.compiler.planning_context import PlanningContext
from service.compiler.table_layout import TableLayout, table_layout
from service.compiler.variables import shape
from service.plan import MutationField, MutationPlan, Plan, SubscriptionPlan
from service.plan.cost import CostTree, cost_tree, count_conditions
from service.telemetry.metrics import PLANS

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Compiled(Generic[S]):
    """What was planned, the statements that it became, and what this request asks it with.

    `statements` holds that of a plan, None where that asks no store; of a mutation, one for the payload of each root.
    `levels` says how many rows each of them can hold, `conditions` how many there are in filters.
    """

    plan: Plan | MutationPlan | SubscriptionPlan
    statements: tuple[S | None, ...]
    costs: tuple[CostTree, ...]
    conditions: int
    operation: SelectedOperation
    values: VariableValues


_Planned: TypeAlias = tuple[Plan | MutationPlan | SubscriptionPlan, tuple[S | None, ...], tuple[CostTree, ...], int]


class Compiler(Generic[S]):
    """Compiles the operations of one schema for one store; `write` is the store's."""

    def __init__(
        self,
        schema: GraphQLSchema,
        ontology: Ontology,
        write: Callable[[Plan], S],
        size: int,
        *,
        hide_suggestions: bool = False,
    ) -> None:
        self._schema = schema
        self._hide_suggestions = hide_suggestions
        self._planner = Planner(schema, ontology)
        self._write = write
        self._chosen = LruCache[tuple[str, str | None], SelectedOperation].by_text_length(size, lambda key, _: key[0])
        self._plans = LruCache[tuple[str, str | None, Hashable], _Planned[S]].by_text_length(
            size, lambda key, _: key[0]
        )

    def compile(
        self, text: str, document: DocumentNode, operation_name: str | None, variables: Mapping[str, Any] | None
    ) -> Compiled[S]:
        """Compile a valid document; raises Refused, and InputError for arguments that contradict each other."""
        chosen = self._chosen.get((text, operation_name))
        if chosen is None:
            chosen = self._chosen.put((text, operation_name), select_operation(self._schema, document, operation_name))
        definitions = chosen.definition.variable_definitions or ()
        values = get_variable_values(
            self._schema,
            definitions,
            dict(variables or {}),
            max_errors=MAX_ERRORS,
            hide_suggestions=self._hide_suggestions,
        )
        if isinstance(values, list):
            raise RequestError(shortened(_placed(error, chosen) for error in values))
        key = text, operation_name, shape(values.coerced, chosen.types)
        found = self._plans.get(key)
        PLANS.labels("miss" if found is None else "hit").inc()
        if found is None:
            plan = self._planner.plan(chosen.definition, chosen.fragments, values, chosen.types)
            plans = tuple(_plans_of(plan))
            written = tuple(map(self._written, plans))
            found = self._plans.put(
                key, (plan, written, tuple(cost_tree(one) if one else () for one in plans), count_conditions(plans))
            )
        return Compiled(*found, chosen, values)

    def table_layout(self, compiled: Compiled[S]) -> TableLayout:
        """Where the rows of the operation's answer stand; raises Refused where it has none."""
        chosen = compiled.operation
        return table_layout(PlanningContext(self._schema, chosen.definition, chosen.fragments, compiled.values))

    def _written(self, plan: Plan | None) -> S | None:
        return self._write(plan) if plan is not None and plan.asks_store else None


def _plans_of(planned: Plan | MutationPlan | SubscriptionPlan) -> Iterator[Plan | None]:
    match planned:
        case Plan():
            yield planned
        case SubscriptionPlan(plan=plan):
            yield plan
        case MutationPlan(roots=roots):
            yield from (root.payload.plan if isinstance(root, MutationField) else None for root in roots)


def _placed(error: GraphQLError, chosen: SelectedOperation) -> GraphQLError:
    """The error of a variable, with the place of the variables where it says none."""
    if error.locations:
        return error
    return GraphQLError(error.message, nodes=list(chosen.definition.variable_definitions or ()), original_error=error)
