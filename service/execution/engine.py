"""The engine: execute an operation, from the text of its document to its result.

    documents: parse, validate -> compiler: plan, statements -> bind the values of the parameters -> store: fetch

Documents and plans are cached and shared by all clients. Authorization, limits of values and the cost limit are checked
at every request.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, TypeVar

import orjson
from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationType
from strawberry.types.execution import ExecutionResult, PreExecutionError

from schema import ONTOLOGY, Ontology, build
from schema.text import words
from service.changes.feed import ChangeFeed
from service.changes.subscription import Subscription, open_listener
from service.compiler import Compiled, Compiler, RequestError, TableLayout, find_definition
from service.compiler.field_errors import FieldError, apply_field_errors
from service.compiler.introspection import IntrospectionResult
from service.errors import AccessError, ErrorCode, ForbiddenError, StoreUnavailable
from service.execution.answer_errors import check_answers
from service.execution.conditional import is_cacheable
from service.execution.cost_limit import CostLimit
from service.execution.document_limits import DEFAULT_LIMITS, DocumentLimits
from service.execution.documents import Documents
from service.execution.error_results import error_result
from service.execution.explain import explain
from service.execution.introspection import SchemaIntrospection
from service.execution.request_context import ANONYMOUS_CONTEXT, BOOKMARK, EXPLAIN, RequestContext
from service.execution.spelling import SpellingCorrector
from service.execution.strawberry_extension import EngineExtension
from service.plan import (
    Introspection,
    MutationField,
    MutationPlan,
    Plan,
    Root,
    Search,
    SubscriptionPlan,
    Typename,
)
from service.plan.coercion import bind
from service.plan.parameters import Parameter
from service.settings import Settings
from service.stores import Explanation, Store
from service.telemetry import OperationRecord, record_document
from service.writes import mutations

T = TypeVar("T")

COST = "cost"
"""The response extension with the maximum number of rows of the operation, and the limit."""

_EXPLAIN_FORBIDDEN = (
    "Only administrators can explain a query: send a token with the scope `admin`, or start the service with "
    "--development (ATLAS_DEVELOPMENT=true)."
)
_STREAM_REQUIRED = (
    "A subscription needs a transport that streams: a WebSocket (graphql-transport-ws), or Accept: text/event-stream."
)


@dataclass(frozen=True, slots=True)
class _Request:
    """A compiled operation. The times are those of `time.perf_counter`."""

    compiled: Compiled[Any]
    values: list[Any]
    variables: Mapping[str, Any] | None
    context: RequestContext
    started: float
    compiled_at: float


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """The configuration of an engine.

    `development`: whether every client may explain queries, and gets details of internal errors. `introspection`: whether
    clients may use introspection, and get suggestions for misspelled names of the schema.
    """

    plan_cache: int = 1024
    limits: DocumentLimits = DEFAULT_LIMITS
    development: bool = False
    introspection: bool = True

    @classmethod
    def of(cls, settings: Settings) -> EngineConfig:
        return cls(settings.plan_cache, DocumentLimits.of(settings), settings.development, settings.introspection)


DEFAULT_CONFIG = EngineConfig()


class Engine:
    """Execute the operations of an ontology's schema on one store."""

    def __init__(self, store: Store[Any], ontology: Ontology = ONTOLOGY, config: EngineConfig = DEFAULT_CONFIG) -> None:
        self.store = store
        self._ontology = ontology
        self._development = config.development
        self._limits = config.limits
        self._cost_limit = CostLimit(ontology, config.limits.cost)
        self.schema = build(
            ontology,
            extensions=(lambda: EngineExtension(self.documents, self.execute),),
            open_subscription=self.subscribe,
        )
        graphql_schema: GraphQLSchema = self.schema._schema  # noqa: SLF001 - Strawberry has no public name for it
        self.documents = Documents(graphql_schema, config.limits, config.plan_cache, introspection=config.introspection)
        self._compiler: Compiler[Any] = Compiler(
            graphql_schema,
            ontology,
            store.write_statement,
            config.plan_cache,
            hide_suggestions=not config.introspection,
        )
        self._introspection = SchemaIntrospection(graphql_schema)
        self._spelling = SpellingCorrector(store)
        self._feed = ChangeFeed(store)
        self._running = 0

    @property
    def is_idle(self) -> bool:
        """Whether no operation runs and no subscription is open."""
        return self._running == 0 and not self._feed.has_listeners

    def end_streams(self) -> None:
        """End all subscriptions, and reject new ones, because the service is shutting down."""
        self._feed.end()

    async def close(self) -> None:
        """Stop the background tasks. The store stays open."""
        await self._feed.close()
        await self._spelling.close()

    def compile(
        self, text: str, document: DocumentNode, operation_name: str | None, variables: Mapping[str, Any] | None
    ) -> Compiled[Any]:
        """Compile an operation of a valid document; raises RequestError, InputError and LimitError."""
        self._limits.check_variables(variables)
        compiled = self._compiler.compile(text, document, operation_name, variables)
        self._limits.check("conditions", compiled.conditions)
        return compiled

    async def execute(
        self,
        text: str,
        document: DocumentNode,
        operation_name: str | None,
        variables: Mapping[str, Any] | None,
        context: RequestContext = ANONYMOUS_CONTEXT,
    ) -> ExecutionResult:
        """Execute a query or mutation of a valid document. orjson serializes `data` to the JSON of the response."""
        record = OperationRecord(context.principal.name)

        async def execute() -> ExecutionResult:
            started = time.perf_counter()
            context.principal.require("read")
            compiled = self.compile(text, document, operation_name, variables)
            record.set_definition(compiled.operation.definition)
            values = self._bind(compiled.plan.parameters, compiled)
            self._check_context(compiled, context)
            request = _Request(compiled, values, variables, context, started, time.perf_counter())
            match compiled.plan:
                case Plan() as plan:
                    return await self._query(plan, request)
                case MutationPlan() as plan:
                    return await self._mutate(plan, request)
                case SubscriptionPlan():
                    raise RequestError.of(_STREAM_REQUIRED, ErrorCode.BAD_REQUEST)

        return await self._run(execute(), text, context, record)

    async def subscribe(
        self, text: str, variables: dict[str, Any] | None, context: object, operation_name: str | None
    ) -> AsyncGenerator[ExecutionResult] | PreExecutionError | None:
        """Open the stream of a subscription; return None if the operation is a query or mutation.

        An error in the document is returned as a plain GraphQLError: a subclass would make Strawberry close the WebSocket.
        """
        cached = self.documents.cached(text)
        try:
            document = cached or self.documents.parse(text)
            is_subscription = find_definition(document, operation_name).operation is OperationType.SUBSCRIPTION
        except RequestError as error:
            return PreExecutionError(None, error.errors)
        except GraphQLError as error:
            plain = GraphQLError(
                error.message, source=error.source, positions=error.positions, extensions=error.extensions
            )
            return PreExecutionError(None, [plain])
        if not is_subscription:
            return None
        if cached is None and (errors := self.documents.validate(document)):
            return PreExecutionError(None, errors)
        record_document(text)
        request_context = RequestContext.of(context)
        record = OperationRecord(request_context.principal.name)

        async def open_stream() -> AsyncGenerator[ExecutionResult]:
            request_context.require("read")
            compiled = self.compile(text, document, operation_name, variables)
            record.set_definition(compiled.operation.definition)
            assert isinstance(compiled.plan, SubscriptionPlan)  # noqa: S101 - the plan of a subscription
            values = self._bind(compiled.plan.parameters, compiled)
            change_values = self._bind(compiled.plan.plan.parameters, compiled)
            await self._cost_limit.check(self.store, compiled.costs, [change_values])
            digest, listener = await open_listener(self.store, self._feed, compiled.plan, values)
            subscription = Subscription(
                self.store,
                compiled.plan.key,
                compiled.statements[0],
                change_values,
                compiled.field_errors,
                digest,
                request_context.principal.expires,
            )
            return subscription.events(listener)

        result = await self._run(open_stream(), text, request_context, record)
        if isinstance(result, ExecutionResult):
            return PreExecutionError(None, result.errors)
        self.documents.cache(text, document)
        return result

    async def cache_plan(
        self, text: str, document: DocumentNode, operation_name: str | None, variables: Mapping[str, Any] | None
    ) -> None:
        """Make the database cache the plan of a query, without running it.

        Raises RequestError and AtlasError for an operation that could not be executed.
        """
        compiled = self.compile(text, document, operation_name, variables)
        if isinstance(compiled.plan, Plan) and (statement := compiled.statements[0]) is not None:
            values = self._bind(compiled.plan.parameters, compiled)
            await self._cost_limit.check(self.store, compiled.costs, [values])
            await self.store.cache_plan(statement, values)

    def is_mutation(self, text: str, operation_name: str | None) -> bool:
        """Return whether an operation is a mutation."""
        document = self.documents.cached(text) or self.documents.parse(text)
        return find_definition(document, operation_name).operation is OperationType.MUTATION

    def table_layout(self, text: str, operation_name: str | None, variables: Mapping[str, Any] | None) -> TableLayout:
        """Return the position of rows and columns in the data of an executed query; raises RequestError without rows."""
        document = self.documents.cached(text)
        if document is None:
            raise RequestError.of("The document has not been executed.", ErrorCode.BAD_REQUEST)
        return self._compiler.table_layout(self.compile(text, document, operation_name, variables))

    def _check_context(self, compiled: Compiled[Any], context: RequestContext) -> None:
        """Raise an error if the operation cannot be explained or written as a table, or the client must not explain it."""
        if context.explain:
            if not self._development and not context.principal.allows("admin"):
                raise ForbiddenError(_EXPLAIN_FORBIDDEN)
            if not isinstance(compiled.plan, Plan):
                raise RequestError.of("Only queries can be explained.", ErrorCode.BAD_REQUEST)
        if context.table is not None:
            if not isinstance(compiled.plan, Plan):
                raise RequestError.of("Only a query can be answered as a table.", ErrorCode.BAD_REQUEST)
            context.table.layout = self._compiler.table_layout(compiled)

    def _bind(self, parameters: Iterable[Parameter], compiled: Compiled[Any]) -> list[Any]:
        return bind(parameters, compiled.values.coerced, self._limits.value_limits)

    async def _run(
        self, awaitable: Awaitable[T], text: str, context: RequestContext, record: OperationRecord
    ) -> T | ExecutionResult:
        """Await a result; turn an exception into a result with errors. Record the operation."""
        self._running += 1
        try:
            with record:
                try:
                    result = await awaitable
                except Exception as error:  # noqa: BLE001 - the client gets a response in any case
                    result = error_result(error, text, context.principal, development=self._development)
                if isinstance(result, ExecutionResult) and result.errors:
                    record.set_error(str((result.errors[0].extensions or {}).get("code", "OTHER")))
                return result
        finally:
            self._running -= 1

    async def _query(self, plan: Plan, request: _Request) -> ExecutionResult:
        context = request.context
        context.require("read")
        (statement,), bookmark = request.compiled.statements, context.bookmark
        cost = await self._cost_limit.check(self.store, request.compiled.costs, [request.values])
        if context.conditional is not None and is_cacheable(plan) and not context.explain:
            state, bookmark = ("", bookmark) if statement is None else await self.store.state_token(bookmark)
            if context.conditional.matches(state):
                return ExecutionResult(None, None)
        values = await self._correct_spelling(plan, request.values)
        explanation = Explanation()
        if statement is not None and context.explain:
            explanation = await self.store.explain(statement, values, bookmark)
        elif statement is not None:
            explanation = Explanation(await self.store.fetch(statement, values, bookmark))
        answers = iter(explanation.answers)
        data, introspection = await self._assemble(plan.roots, request, lambda _: next(answers))
        await check_answers(self.store, plan, data)
        result = _complete(data, introspection, request.compiled)
        if not context.explain:
            return ExecutionResult(*result, {COST: cost})
        explained = {**explain(self.store, plan, explanation, data), "cost": cost["rows"]}
        seconds = {"compile": request.compiled_at - request.started, "total": time.perf_counter() - request.started}
        explained["milliseconds"] |= {name: round(value * 1000, 3) for name, value in seconds.items()}
        return ExecutionResult(*result, {COST: cost, EXPLAIN: explained})

    async def _mutate(self, plan: MutationPlan, request: _Request) -> ExecutionResult:
        """Execute the root fields in order, each in a transaction of its own. Check scope and cost before the first."""
        compiled, values = request.compiled, request.values
        denial, bookmark = _write_denial(request.context), None
        answers: dict[str, mutations.Answer] = {}
        parts = zip(plan.roots, compiled.statements, compiled.costs, strict=True)
        fields = [(root, statement, cost) for root, statement, cost in parts if isinstance(root, MutationField)]
        fields = fields[: _executed_fields(plan, compiled.field_errors)]
        payload_values = [self._bind(root.payload.plan.parameters, compiled) for root, *_ in fields]
        await self._cost_limit.check(self.store, [cost for *_, cost in fields], payload_values)
        for (root, statement, _), parameters in zip(fields, payload_values, strict=True):
            if denial is not None:
                answers[root.key] = mutations.reject(root, denial)
                continue
            arguments = {name: values[parameter] for name, parameter in root.values}
            fetch = None if statement is None else (statement, parameters)
            try:
                answers[root.key], bookmark = await mutations.execute(
                    self.store, self._ontology, root, arguments, fetch
                )
            except StoreUnavailable as error:
                error.done = tuple(answers)
                raise
            self._feed.notify()
        data, introspection = await self._assemble(plan.roots, request, lambda root: answers.get(root.key))
        return ExecutionResult(
            *_complete(data, introspection, compiled), extensions={BOOKMARK: bookmark} if bookmark else None
        )

    async def _correct_spelling(self, plan: Plan, values: list[Any]) -> list[Any]:
        for root in plan.roots:
            if isinstance(root, Search):
                values[root.text] = await self._spelling.correct(values[root.text], root.kinds)
                values[root.words] = words(values[root.text])
        return values

    async def _assemble(
        self,
        roots: Iterable[Root | MutationField],
        request: _Request,
        answer: Callable[[Root | MutationField], Any],
    ) -> tuple[dict[str, Any], IntrospectionResult]:
        """Collect the answers to all root fields by response key; `answer` gives those of the store."""
        data: dict[str, Any] = {}
        introspection: IntrospectionResult | None = None
        for root in roots:
            match root:
                case Typename(key, name):
                    data[key] = name
                case Introspection(key):
                    if introspection is None:
                        introspection = await self._introspection.execute(request.compiled, request.variables)
                    json = b"null" if introspection.fields is None else introspection.fields[key]
                    data[key] = orjson.Fragment(json)
                case _:
                    data[root.key] = answer(root)
        return data, introspection or IntrospectionResult({})


def _complete(
    data: dict[str, Any], introspection: IntrospectionResult, compiled: Compiled[Any]
) -> tuple[dict[str, Any] | None, list[GraphQLError] | None]:
    """Return the data and the errors of a result, after null propagation."""
    if not introspection.errors and not compiled.field_errors:
        return data, None
    completed, errors = apply_field_errors(orjson.loads(orjson.dumps(data)), compiled.field_errors)
    return None if introspection.fields is None else completed, [*introspection.errors, *errors]


def _executed_fields(plan: MutationPlan, field_errors: Sequence[FieldError]) -> int:
    """Return how many root fields of a mutation are executed: those before the first with an error.

    Root fields are executed in order, and their types are non-null, so that an error ends the execution.
    """
    failed = {field_error.path[0] for field_error in field_errors if len(field_error.path) == 1}
    executed = takewhile(lambda root: root.key not in failed, plan.roots)
    return sum(isinstance(root, MutationField) for root in executed)


def _write_denial(context: RequestContext) -> str | None:
    """Return why the client may not write, None if it may."""
    try:
        context.require("write")
    except AccessError as error:
        return str(error)
    return None
