"""Compile operations to statements.

    document --select operation--> SelectedOperation --plan--> Plan --store.write_statement--> statement

Both results are cached: the operation by document and operation name, plan and statement also by the shape of the
variables.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from graphql import DocumentNode, GraphQLError, GraphQLSchema, get_variable_values
from graphql.execution.values import VariableValues

from schema import Ontology
from service.compiler.field_errors import FieldError
from service.compiler.lru_cache import LruCache
from service.compiler.operation import MAX_ERRORS, RequestError, SelectedOperation, select_operation, truncate_messages
from service.compiler.planner import Planner
from service.compiler.planning_context import PlanningContext
from service.compiler.table_layout import TableLayout, table_layout
from service.compiler.variables import variable_shape
from service.errors import ErrorCode
from service.plan import MutationField, MutationPlan, Plan, SubscriptionPlan
from service.plan.cost import CostTree, cost_tree, count_conditions
from service.telemetry.metrics import PLANS

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Compiled(Generic[S]):
    """A compiled operation and the coerced variables of a request.

    `statements` contains the statement of the plan or, for a mutation, that of each root field's payload; None if no store
    is needed. `costs` contains the cost of each statement. `conditions` is the number of conditions in filters.
    `field_errors` are the errors that the response contains if it reaches their fields.
    """

    plan: Plan | MutationPlan | SubscriptionPlan
    statements: tuple[S | None, ...]
    costs: tuple[CostTree, ...]
    conditions: int
    field_errors: tuple[FieldError, ...]
    operation: SelectedOperation
    values: VariableValues


_Planned: TypeAlias = tuple[
    Plan | MutationPlan | SubscriptionPlan,
    tuple[S | None, ...],
    tuple[CostTree, ...],
    int,
    tuple[FieldError, ...],
]


class Compiler(Generic[S]):
    """Compiles the operations of one schema for one store. `write` returns the store's statement for a plan."""

    def __init__(
        self,
        schema: GraphQLSchema,
        ontology: Ontology,
        write: Callable[[Plan], S],
        cache_size: int,
        *,
        hide_suggestions: bool = False,
    ) -> None:
        self._schema = schema
        self._hide_suggestions = hide_suggestions
        self._planner = Planner(schema, ontology)
        self._write = write
        self._operations = LruCache[tuple[str, str | None], SelectedOperation].by_text_length(
            cache_size, lambda key, _: key[0]
        )
        self._plans = LruCache[tuple[str, str | None, Hashable], _Planned[S]].by_text_length(
            cache_size, lambda key, _: key[0]
        )

    def compile(
        self, text: str, document: DocumentNode, operation_name: str | None, variables: Mapping[str, Any] | None
    ) -> Compiled[S]:
        """Compile an operation of a valid document.

        Raise RequestError if there is no such operation or if the variables are invalid, and InputError for arguments
        that contradict each other.
        """
        operation_key = text, operation_name
        operation = self._operations.get(operation_key)
        if operation is None:
            operation = self._operations.put(operation_key, select_operation(self._schema, document, operation_name))
        definitions = operation.definition.variable_definitions or ()
        values = get_variable_values(
            self._schema,
            definitions,
            dict(variables or {}),
            max_errors=MAX_ERRORS,
            hide_suggestions=self._hide_suggestions,
        )
        if isinstance(values, list):
            raise RequestError(truncate_messages(_located(error, operation) for error in values))
        key = text, operation_name, variable_shape(values.coerced, operation.types)
        planned = self._plans.get(key)
        PLANS.labels("miss" if planned is None else "hit").inc()
        if planned is None:
            planned = self._plans.put(key, self._plan(operation, values))
        return Compiled(*planned, operation, values)

    def table_layout(self, compiled: Compiled[S]) -> TableLayout:
        """Return the table that the operation returns. Raise RequestError if it returns none."""
        operation = compiled.operation
        context = PlanningContext(self._schema, operation.definition, operation.fragments, compiled.values)
        try:
            return table_layout(context)
        except GraphQLError as error:
            error.extensions = {"code": ErrorCode.BAD_USER_INPUT}
            raise RequestError([error]) from error

    def _plan(self, operation: SelectedOperation, values: VariableValues) -> _Planned[S]:
        try:
            plan, field_errors = self._planner.plan(operation.definition, operation.fragments, values, operation.types)
        except GraphQLError as error:
            error.extensions = {"code": ErrorCode.BAD_USER_INPUT}
            raise RequestError([error]) from error
        plans = tuple(_statement_plans(plan))
        statements = tuple(map(self._statement, plans))
        costs = tuple(() if statement_plan is None else cost_tree(statement_plan) for statement_plan in plans)
        return plan, statements, costs, count_conditions(plans), field_errors

    def _statement(self, plan: Plan | None) -> S | None:
        return self._write(plan) if plan is not None and plan.needs_store else None


def _statement_plans(plan: Plan | MutationPlan | SubscriptionPlan) -> Iterator[Plan | None]:
    """Return the plans that become statements."""
    match plan:
        case Plan():
            yield plan
        case SubscriptionPlan(plan=change_plan):
            yield change_plan
        case MutationPlan(roots=roots):
            yield from (root.payload.plan if isinstance(root, MutationField) else None for root in roots)


def _located(error: GraphQLError, operation: SelectedOperation) -> GraphQLError:
    """Return the error of a variable with its code, and with the location of all variables if it has none."""
    return GraphQLError(
        error.message,
        nodes=error.nodes or list(operation.definition.variable_definitions or ()),
        source=error.source if error.nodes else None,
        positions=error.positions if error.nodes else None,
        original_error=error,
        extensions={"code": ErrorCode.BAD_USER_INPUT},
    )
