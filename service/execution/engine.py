"""An operation from its text to its answer: compile -> bind -> fetch. The whole story on one page.

The engine enters Strawberry by three hooks (`Execution`): a document that is known skips parsing and validation, and
`on_execute` sets the result before any resolver could run. What no resolver does, it does itself on every request, warm
or cold: coerce variables, check values.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationType,
    validate,
)
from strawberry.extensions import SchemaExtension
from strawberry.types.execution import ExecutionResult, PreExecutionError

from schema import ONTOLOGY, Ontology, build
from schema.nearest import nearest
from schema.text import words
from service.changes.feed import ChangeFeed
from service.changes.subscription import Subscription, begin, lost
from service.compiler import (
    MAX_ERRORS,
    Compiled,
    Compiler,
    LruCache,
    RequestError,
    TableLayout,
    find_definition,
    introspect,
    truncate_messages,
)
from service.errors import (
    NO_CODE,
    AccessError,
    ArgumentLocation,
    ErrorCode,
    ForbiddenError,
    InputError,
    LimitError,
    StoreUnavailable,
)
from service.execution.conditional import lasts
from service.execution.cost_limit import CostLimit
from service.execution.document_limits import DEFAULT_LIMITS, DocumentLimits, rules
from service.execution.error_results import limit_error, told
from service.execution.explain import explain
from service.execution.request_context import ANONYMOUS, BOOKMARK, EXPLAIN, RequestContext
from service.execution.spelling import SpellingCorrector
from service.plan import (
    Changes,
    Comparison,
    Introspection,
    MutationField,
    MutationPlan,
    PathLimitReached,
    Paths,
    Plan,
    Recommend,
    Root,
    Search,
    SubscriptionPlan,
    Typename,
    UnknownReferences,
    VersionUnavailable,
)
from service.plan.coercion import bind
from service.plan.parameters import Parameter
from service.settings import Settings
from service.stores import Explanation, Store
from service.telemetry import OperationRecord, record_document, record_rejection
from service.writes import mutations

log = logging.getLogger("atlas")

T = TypeVar("T")

COST = "cost"
"""The extension of an answer that says how many rows its pages could hold, and how many they may."""

_UNEXPLAINED = (
    "How a query is answered is shown to administrators: send a token with the admin scope, or start the service with "
    "--development (ATLAS_DEVELOPMENT=true)."
)
_STREAM = (
    "A subscription needs a transport that streams: a WebSocket (graphql-transport-ws), or Accept: text/event-stream."
)
_SUGGESTED = 3
_LONGEST_NAME = 100
_INTROSPECTED = 16
_KEPT_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class _Request:
    """An operation that is being answered, begun and planned at these times of `time.perf_counter`."""

    compiled: Compiled[Any]
    values: list[Any]
    variables: Mapping[str, Any] | None
    terms: RequestContext
    began: float
    planned: float


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """How an engine answers.

    `development`: whether everybody may see how queries are answered, and what goes wrong inside. `introspection`: whether
    clients may ask about the schema, and are told what they may have meant.
    """

    plan_cache: int = 1024
    limits: DocumentLimits = DEFAULT_LIMITS
    development: bool = False
    introspection: bool = True

    @classmethod
    def of(cls, settings: Settings) -> EngineConfig:
        return cls(settings.plan_cache, DocumentLimits.of(settings), settings.development, settings.introspection)


ENGINE_CONFIG = EngineConfig()


class Engine:
    """Answers the operations of an ontology's schema from one store."""

    def __init__(self, store: Store[Any], ontology: Ontology = ONTOLOGY, options: EngineConfig = ENGINE_CONFIG) -> None:
        self.store = store
        self._development = options.development
        self._limits = options.limits
        self._rules = rules(introspection=options.introspection)
        self._hide = not options.introspection
        self._budget = CostLimit(ontology, options.limits.cost)
        self._ontology = ontology
        self.schema = build(ontology, extensions=(lambda: Execution(self),), open_subscription=self.listen)
        self._graphql: GraphQLSchema = self.schema._schema  # noqa: SLF001 - Strawberry has no public name for it
        self._compiler: Compiler[Any] = Compiler(
            self._graphql, ontology, store.write_statement, options.plan_cache, hide_suggestions=self._hide
        )
        self._vocabulary = SpellingCorrector(store)
        self._feed = ChangeFeed(store)
        self._documents = LruCache[str, DocumentNode].by_text_length(options.plan_cache, lambda text, _: text)
        self._introspected: LruCache[Any, dict[str, bytes]] = LruCache(_INTROSPECTED)
        self._introspecting = asyncio.Lock()
        self._running = 0

    @property
    def settled(self) -> bool:
        """Whether no operation runs and nobody listens."""
        return self._running == 0 and not self._feed.has_listeners

    def end_streams(self) -> None:
        """Tell all who listen, and all who come to, that the service stops."""
        self._feed.end()

    async def close(self) -> None:
        """End what runs in the background; the store stays open."""
        await self._feed.close()
        await self._vocabulary.close()

    def known(self, text: str) -> DocumentNode | None:
        """The document of a text that was valid before."""
        return self._documents.get(text)

    def parse(self, text: str) -> DocumentNode:
        """The document of a text that is within the limits; raises GraphQLError."""
        try:
            return self._limits.parse(text)
        except LimitError as error:
            record_rejection(ErrorCode.LIMIT_EXCEEDED)
            raise limit_error(error) from error
        except GraphQLError:
            record_rejection(NO_CODE)
            raise

    def validate(self, document: DocumentNode) -> list[GraphQLError]:
        """What is wrong with a document."""
        errors = self._errors(document)
        if errors:
            record_rejection(NO_CODE)
        return errors

    def _errors(self, document: DocumentNode) -> list[GraphQLError]:
        found = validate(self._graphql, document, self._rules, max_errors=MAX_ERRORS, hide_suggestions=self._hide)
        return truncate_messages(found)

    def admit(self, text: str) -> DocumentNode:
        """The document of a text that no client has sent, remembered as valid; raises Refused and LimitError."""
        try:
            document = self._limits.parse(text)
        except GraphQLError as error:
            raise RequestError([error]) from error
        if errors := self._errors(document):
            raise RequestError(errors)
        self.remember(text, document)
        return document

    def remember(self, text: str, document: DocumentNode) -> None:
        self._documents.put(text, document)

    def compile(
        self, text: str, document: DocumentNode, operation_name: str | None, variables: Mapping[str, Any] | None
    ) -> Compiled[Any]:
        """Compile a valid document; raises Refused, InputError and LimitError."""
        self._limits.check_values(variables)
        compiled = self._compiler.compile(text, document, operation_name, variables)
        self._limits.check("conditions", compiled.conditions)
        return compiled

    async def answer(
        self,
        text: str,
        document: DocumentNode,
        operation_name: str | None,
        variables: Mapping[str, Any] | None,
        terms: RequestContext = ANONYMOUS,
    ) -> ExecutionResult:
        """Answer a valid document; `data` holds, per root field, what orjson writes as its JSON.

        What the principal may do is asked every time, since documents and plans are kept for all.
        """
        operation = OperationRecord(terms.principal.name)

        async def answer() -> ExecutionResult:
            began = time.perf_counter()
            terms.principal.require("read")
            compiled = self.compile(text, document, operation_name, variables)
            operation.chosen(compiled.operation.definition)
            values = self._bind(compiled.plan.parameters, compiled)
            self._agree(compiled, terms)
            request = _Request(compiled, values, variables, terms, began, time.perf_counter())
            match compiled.plan:
                case Plan() as plan:
                    return await self._read(plan, request)
                case MutationPlan() as plan:
                    return await self._write(plan, request)
                case SubscriptionPlan():
                    return PreExecutionError(None, [GraphQLError(_STREAM)])

        return await self._told(answer(), text, terms, operation)

    async def plan(
        self, text: str, document: DocumentNode, operation_name: str | None, variables: Mapping[str, Any] | None
    ) -> None:
        """Have the store plan a query of a valid document before anybody asks it.

        Raises Refused and AtlasError where it could not be asked.
        """
        compiled = self.compile(text, document, operation_name, variables)
        if isinstance(compiled.plan, Plan) and (statement := compiled.statements[0]) is not None:
            values = self._bind(compiled.plan.parameters, compiled)
            await self._budget.afford(self.store, compiled.costs, [values])
            await self.store.cache_plan(statement, values)

    async def listen(
        self, text: str, variables: dict[str, Any] | None, context: object, operation_name: str | None
    ) -> AsyncGenerator[ExecutionResult] | PreExecutionError | None:
        """Open the stream of a subscription; None where the operation is another.

        What is wrong with the document is an error of no class of its own: Strawberry would close the whole WebSocket for it.
        """
        document = self.known(text)
        try:
            parsed = document or self.parse(text)
            is_subscription = find_definition(parsed, operation_name).operation is OperationType.SUBSCRIPTION
        except RequestError as refused:
            return PreExecutionError(None, refused.errors)
        except GraphQLError as error:
            plain = GraphQLError(
                error.message, source=error.source, positions=error.positions, extensions=error.extensions
            )
            return PreExecutionError(None, [plain])
        if not is_subscription:
            return None
        if document is None and (errors := self.validate(parsed)):
            return PreExecutionError(None, errors)
        record_document(text)
        terms = RequestContext.of(context)
        operation = OperationRecord(terms.principal.name)

        async def opened() -> AsyncGenerator[ExecutionResult]:
            terms.require("read")
            compiled = self.compile(text, parsed, operation_name, variables)
            operation.chosen(compiled.operation.definition)
            assert isinstance(compiled.plan, SubscriptionPlan)  # noqa: S101 - that is what a subscription becomes
            values = self._bind(compiled.plan.parameters, compiled)
            asked = self._bind(compiled.plan.plan.parameters, compiled)
            await self._budget.afford(self.store, compiled.costs, [asked])
            digest, listener = await begin(self.store, self._feed, compiled.plan, values)
            expires = terms.principal.expires
            stream = Subscription(self.store, compiled.plan.key, compiled.statements[0], asked, digest, expires)
            return stream.events(listener)

        found = await self._told(opened(), text, terms, operation)
        if isinstance(found, ExecutionResult):
            return PreExecutionError(None, found.errors)
        self.remember(text, parsed)
        return found

    def is_mutation(self, text: str, operation_name: str | None) -> bool:
        """Whether the operation of this name is a mutation; of a document that has been parsed before."""
        return find_definition(self.known(text) or self.parse(text), operation_name).operation is OperationType.MUTATION

    def rows(self, text: str, operation_name: str | None, variables: Mapping[str, Any] | None) -> TableLayout:
        """Where the rows are in the answer to a query that has been answered; raises Refused where it has none."""
        document = self.known(text)
        if document is None:
            raise RequestError([GraphQLError("The document is not known.")])
        return self._compiler.table_layout(self.compile(text, document, operation_name, variables))

    def _agree(self, compiled: Compiled[Any], terms: RequestContext) -> None:
        """Raise where an operation cannot be answered in the way that was asked for, or not to this principal."""
        if terms.explain:
            if not self._development and not terms.principal.allows("admin"):
                raise ForbiddenError(_UNEXPLAINED)
            if not isinstance(compiled.plan, Plan):
                raise RequestError([GraphQLError("Only queries are explained.")])
        if terms.table is not None:
            if not isinstance(compiled.plan, Plan):
                raise RequestError([GraphQLError("Only the answers of queries become tables.")])
            terms.table.rows = self._compiler.table_layout(compiled)

    def _bind(self, parameters: Iterable[Parameter], compiled: Compiled[Any]) -> list[Any]:
        return bind(parameters, compiled.values.coerced, self._limits.bounds)

    async def _told(
        self, answer: Awaitable[T], text: str, terms: RequestContext, operation: OperationRecord
    ) -> T | ExecutionResult:
        """An answer, or what a client is told where there is none."""
        self._running += 1
        try:
            with operation:
                try:
                    found = await answer
                except Exception as error:  # noqa: BLE001 - whatever it is, the client is told something
                    found = told(error, text, terms.principal, development=self._development)
                if isinstance(found, ExecutionResult) and found.errors:
                    operation.refused(str((found.errors[0].extensions or {}).get("code", NO_CODE)))
                return found
        finally:
            self._running -= 1

    async def _read(self, plan: Plan, request: _Request) -> ExecutionResult:
        terms = request.terms
        terms.require("read")
        (statement,), bookmark = request.compiled.statements, terms.bookmark
        afforded = await self._budget.afford(self.store, request.compiled.costs, [request.values])
        if terms.conditional is not None and lasts(plan) and not terms.explain:
            moment, bookmark = ("", bookmark) if statement is None else await self.store.state_token(bookmark)
            if terms.conditional.meets(moment):
                return ExecutionResult(None, None)
        values = await self._mended(plan, request.values)
        explained = Explanation()
        if statement is not None and terms.explain:
            explained = await self.store.explain(statement, values, bookmark)
        elif statement is not None:
            explained = Explanation(await self.store.fetch(statement, values, bookmark))
        fetched = iter(explained.answers)
        data = await self._assemble(plan.roots, request, lambda _: next(fetched))
        await self._check(plan, data)
        if not terms.explain:
            return ExecutionResult(data, None, {COST: afforded})
        explanation = {**explain(self.store, plan, explained, data), "cost": afforded["rows"]}
        seconds = {"compile": request.planned - request.began, "total": time.perf_counter() - request.began}
        explanation["milliseconds"] |= {name: round(value * 1000, 3) for name, value in seconds.items()}
        return ExecutionResult(data, None, {COST: afforded, EXPLAIN: explanation})

    async def _write(self, plan: MutationPlan, request: _Request) -> ExecutionResult:
        """Write the root fields one after the other; whether that is allowed is known before the first."""
        compiled, values = request.compiled, request.values
        refused, bookmark = _refusal(request.terms), None
        answers: dict[str, mutations.Answer] = {}
        parts = zip(plan.roots, compiled.statements, compiled.costs, strict=True)
        writes = [(root, statement, levels) for root, statement, levels in parts if isinstance(root, MutationField)]
        bound = [self._bind(root.payload.plan.parameters, compiled) for root, *_ in writes]
        await self._budget.afford(self.store, [levels for *_, levels in writes], bound)
        for (root, statement, _), parameters in zip(writes, bound, strict=True):
            if refused is not None:
                answers[root.key] = mutations.refuse(root, refused)
                continue
            given = {name: values[parameter] for name, parameter in root.values}
            fetch = None if statement is None else (statement, parameters)
            try:
                answers[root.key], bookmark = await mutations.perform(self.store, self._ontology, root, given, fetch)
            except StoreUnavailable as error:
                error.done = tuple(answers)
                raise
            self._feed.look()
        data = await self._assemble(plan.roots, request, lambda root: answers[root.key])
        return ExecutionResult(data, None, extensions={BOOKMARK: bookmark} if bookmark else None)

    async def _mended(self, plan: Plan, values: list[Any]) -> list[Any]:
        """The values, with what is searched for spelt as the graph spells it."""
        for root in plan.roots:
            if isinstance(root, Search):
                values[root.text] = await self._vocabulary.mend(values[root.text], root.kinds)
                values[root.words] = words(values[root.text])
        return values

    async def _check(self, plan: Plan, data: Mapping[str, Any]) -> None:
        """Raise InputError where a root field was asked for what is not there, or for too much."""
        for root in plan.roots:
            match data[root.key]:
                case VersionUnavailable(foreign) if isinstance(root, Changes) and root.after is not None:
                    raise lost(plan.parameters[root.after[0]].location, foreign=foreign)
                case UnknownReferences(items) if isinstance(root, Comparison | Recommend | Paths):
                    raise await self._unknown(plan, root, items)
                case PathLimitReached(length) if isinstance(root, Paths):
                    location = plan.parameters[root.max_length].location
                    raise InputError(
                        f"{location.argument}: chains of {length} steps between the two lead over too many claims; ask "
                        f"for at most {length - 1}.",
                        location,
                    )
                case _:
                    pass

    async def _unknown(
        self, plan: Plan, root: Comparison | Recommend | Paths, items: tuple[tuple[int, str], ...]
    ) -> InputError:
        """What to tell a client that names what is not there: the nearest that are."""
        sentences: dict[ArgumentLocation, list[str]] = {}
        kinds = dict.fromkeys(kind for number, _ in items if (kind := root.references[number][0]) is not None)
        names = {kind: await self.store.slugs_by_name(kind) for kind in kinds}
        for number, name in items:
            kind, parameter = root.references[number]
            text = f"nothing with the ID '{_brief(name)}'"
            if kind is not None:  # many names are looked through
                text = await asyncio.to_thread(_not_there, name, names[kind])
            sentences.setdefault(plan.parameters[parameter].location, []).append(text)
        said = (f"{location.argument}: there is {', '.join(texts)}." for location, texts in sentences.items())
        return InputError(" ".join(said), next(iter(sentences)))

    async def _assemble(
        self,
        roots: Iterable[Root | MutationField],
        request: _Request,
        answer: Callable[[Root | MutationField], Any],
    ) -> dict[str, Any]:
        data: dict[str, Any] = {}
        about_schema: dict[str, Any] | None = None
        for root in roots:
            match root:
                case Typename(key, name):
                    data[key] = name
                case Introspection(key):
                    about_schema = about_schema or await self._introspect(request)
                    data[key] = about_schema[key]
                case _:
                    data[root.key] = answer(root)
        return data

    async def _introspect(self, request: _Request) -> dict[str, Any]:
        """What is asked about the schema, by response key. It takes long and never changes, so it is done beside the event
        loop, one at a time, and kept.
        """
        compiled = request.compiled
        location = compiled.operation.definition.loc
        assert location is not None  # noqa: S101 - it was parsed
        known = compiled.values.coerced  # a client may send along what the operation does not have
        variables = {name: value for name, value in (request.variables or {}).items() if name in known}
        asked = location.source.body, location.start, orjson.dumps(variables, option=orjson.OPT_SORT_KEYS)
        async with self._introspecting:
            found = self._introspected.get(asked)
            if found is None:
                found = await asyncio.to_thread(
                    introspect, self._graphql, compiled.operation, compiled.values, variables
                )
                if sum(map(len, found.values())) <= _KEPT_BYTES:
                    self._introspected.put(asked, found)
        return {name: orjson.Fragment(written) for name, written in found.items()}


class Execution(SchemaExtension):
    """The engine's three hooks into Strawberry."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def on_operation(self) -> Iterator[None]:
        context = self.execution_context
        if context.query:
            record_document(context.query)
        if context.query and (document := self._engine.known(context.query)) is not None:
            context.graphql_document = document
            context.pre_execution_errors = []  # not None: it has been validated
        elif context.query:
            context.graphql_document = self._engine.parse(context.query)
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        if context.pre_execution_errors is None and context.graphql_document is not None:
            context.pre_execution_errors = self._engine.validate(context.graphql_document)
        yield
        if not context.pre_execution_errors and context.query and context.graphql_document is not None:
            self._engine.remember(context.query, context.graphql_document)

    async def on_execute(self) -> AsyncIterator[None]:
        context = self.execution_context
        assert context.query is not None  # noqa: S101 - Strawberry has refused it before
        assert context.graphql_document is not None  # noqa: S101
        context.result = await self._engine.answer(
            context.query,
            context.graphql_document,
            context._provided_operation_name,  # noqa: SLF001 - operation_name guesses the first of several
            context.variables,
            RequestContext.of(context.context, context.operation_extensions),
        )
        yield

    def get_results(self) -> dict[str, Any]:
        """What stands in the extensions of the answer."""
        result = self.execution_context.result
        return dict(result.extensions or {}) if isinstance(result, ExecutionResult) else {}


def _refusal(terms: RequestContext) -> str | None:
    """Why a principal may not write; None who may."""
    try:
        terms.require("write")
    except AccessError as error:
        return str(error)
    return None


def _brief(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."


def _not_there(name: str, names: Mapping[str, list[str]]) -> str:
    """Say that nothing, or more than one thing, has a name, and what would be understood."""
    several = len(slugs := names.get(name, [])) > 1
    meant, told = slugs, f"more than one '{name}'"
    if not several:
        understood = (one for one, leads in names.items() if len(leads) == 1 or one in leads)
        meant, told = nearest(name[:_LONGEST_NAME], understood), f"no '{_brief(name)}'"
    meant = meant[:_SUGGESTED]
    return f"{told} (did you mean {', '.join(meant)}?)" if meant else told
