"""An operation from its text to its answer: compile -> bind -> fetch. The whole story on one page.

The engine enters Strawberry by three hooks (`Execution`): a document that is known skips parsing and validation, and
`on_execute` sets the result before any resolver could run. What no resolver does, it does itself on every request, warm
or cold: coerce variables, check values.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, Source
from rapidfuzz import fuzz, process
from strawberry.extensions import SchemaExtension
from strawberry.types.execution import ExecutionResult, PreExecutionError

from schema import ONTOLOGY, Ontology, build
from schema.text import words
from service.compiler import Bounded, Compiled, Compiler, Refused, introspect
from service.errors import BookmarkError, InputError, Place, StoreUnavailable, TooLargeError
from service.plan import Comparison, GaveUp, Introspection, Paths, Plan, Recommending, Search, Typename, Unknown
from service.slots import bind
from service.stores import Store
from service.vocabulary import Vocabulary

log = logging.getLogger("atlas")

BOOKMARK = "bookmark"
"""The request extension by which a client names the write that it wants to see; `Atlas-Bookmark` over HTTP."""

BAD_INPUT = "BAD_USER_INPUT"
UNAVAILABLE = "SERVICE_UNAVAILABLE"
INTERNAL = "INTERNAL_SERVER_ERROR"

_SUGGESTED = 3


class Engine:
    """Answers the operations of an ontology's schema from one store."""

    def __init__(self, store: Store[Any], ontology: Ontology = ONTOLOGY, cache: int = 1024) -> None:
        self.store = store
        self.schema = build(ontology, extensions=(lambda: Execution(self),))
        self._graphql: GraphQLSchema = self.schema._schema  # noqa: SLF001 - Strawberry has no public name for it
        self._compiler: Compiler[Any] = Compiler(self._graphql, ontology, store.write, cache)
        self._vocabulary = Vocabulary(store)
        self._documents: Bounded[str, DocumentNode] = Bounded(cache)

    async def close(self) -> None:
        """End what runs in the background; the store stays open."""
        await self._vocabulary.close()

    def known(self, text: str) -> DocumentNode | None:
        """The document of a text that was valid before."""
        return self._documents.get(text)

    def remember(self, text: str, document: DocumentNode) -> None:
        self._documents.put(text, document)

    def compile(
        self, text: str, document: DocumentNode, operation_name: str | None, variables: Mapping[str, Any] | None
    ) -> Compiled[Any]:
        return self._compiler.compile(text, document, operation_name, variables)

    async def answer(
        self,
        text: str,
        document: DocumentNode,
        operation_name: str | None,
        variables: Mapping[str, Any] | None,
        bookmark: str | None = None,
    ) -> ExecutionResult:
        """Answer a valid document; `data` holds, per root field, what orjson writes as its JSON.

        With a bookmark, the answer is at least as new as the write that gave it.
        """
        try:
            compiled = self.compile(text, document, operation_name, variables)
            values = await self._mended(compiled.plan, bind(compiled.plan.slots, compiled.values.coerced))
            statement = compiled.statement
            fetched = iter(await self.store.fetch(statement, values, bookmark) if statement is not None else ())
            data = self._assemble(compiled, fetched, variables)
            await self._check(compiled.plan, data)
            return ExecutionResult(data, None)
        except Refused as refused:
            return PreExecutionError(None, refused.errors)
        except InputError as error:
            return PreExecutionError(None, [_input_error(error, text)])
        except (BookmarkError, TooLargeError) as error:
            return PreExecutionError(None, [GraphQLError(str(error), extensions={"code": BAD_INPUT})])
        except StoreUnavailable as error:
            log.warning("store unavailable: %s", error)
            message = "The graph cannot be reached just now; try again in a moment."
            return ExecutionResult(None, [GraphQLError(message, extensions={"code": UNAVAILABLE})])
        except Exception:
            reference = uuid.uuid4().hex[:12]
            log.exception("internal error %s", reference)
            message = f"Something went wrong inside the service; its log calls this {reference}."
            return ExecutionResult(None, [GraphQLError(message, extensions={"code": INTERNAL})])

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
                case Unknown(items) if isinstance(root, Comparison | Recommending | Paths):
                    raise await self._unknown(plan, root, items)
                case GaveUp(length) if isinstance(root, Paths):
                    place = plan.slots[root.longest].place
                    raise InputError(
                        f"{place.argument}: chains of {length} steps between the two lead over too many claims; ask "
                        f"for at most {length - 1}.",
                        place,
                    )
                case _:
                    pass

    async def _unknown(
        self, plan: Plan, root: Comparison | Recommending | Paths, items: tuple[tuple[int, str], ...]
    ) -> InputError:
        """What to tell a client that names what is not there: the nearest that are."""
        told: dict[Place, list[str]] = {}
        kinds = dict.fromkeys(kind for number, _ in items if (kind := root.named[number][0]) is not None)
        names = {kind: await self.store.names(kind) for kind in kinds}
        for number, name in items:
            kind, slot = root.named[number]
            text = f"nothing with the ID '{name}'" if kind is None else _not_there(name, names[kind])
            told.setdefault(plan.slots[slot].place, []).append(text)
        sentences = (f"{place.argument}: there is {', '.join(texts)}." for place, texts in told.items())
        return InputError(" ".join(sentences), next(iter(told)))

    def _assemble(
        self, compiled: Compiled[Any], fetched: Iterator[Any], variables: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        data: dict[str, Any] = {}
        about_schema: dict[str, Any] | None = None
        for root in compiled.plan.roots:
            match root:
                case Typename(key, name):
                    data[key] = name
                case Introspection(key):
                    about_schema = about_schema or introspect(
                        self._graphql, compiled.chosen, compiled.values, variables
                    )
                    data[key] = about_schema[key]
                case _:
                    data[root.key] = next(fetched)
        return data


class Execution(SchemaExtension):
    """The engine's three hooks into Strawberry."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def on_operation(self) -> Iterator[None]:
        context = self.execution_context
        if context.query and (document := self._engine.known(context.query)) is not None:
            context.graphql_document = document
            context.pre_execution_errors = []  # not None: it has been validated
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
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
            _bookmark(context.operation_extensions),
        )
        yield


def _bookmark(extensions: dict[str, Any] | None) -> str | None:
    given = (extensions or {}).get(BOOKMARK)
    return given if isinstance(given, str) else None


def _not_there(name: str, names: Mapping[str, list[str]]) -> str:
    """Say that nothing, or more than one thing, has a name, and what would be understood."""
    several = len(slugs := names.get(name, [])) > 1
    understood = [one for one, leads in names.items() if len(leads) == 1 or one in leads]
    near = process.extract(name, understood, scorer=fuzz.ratio, limit=_SUGGESTED, score_cutoff=60)
    meant = slugs[:_SUGGESTED] if several else [one for one, _, _ in near]
    told = f"more than one '{name}'" if several else f"no '{name}'"
    return f"{told} (did you mean {', '.join(meant)}?)" if meant else told


def _input_error(error: InputError, text: str) -> GraphQLError:
    place = error.place
    return GraphQLError(
        str(error), source=Source(text), positions=[place.position], path=place.path, extensions={"code": BAD_INPUT}
    )
