"""The root fields, and the schema as a whole."""

from __future__ import annotations

import enum
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, TypeAlias

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext
from strawberry.types.execution import PreExecutionError

from schema.answers import define_answers
from schema.changes import define_changes
from schema.claims import PAGE_ARGUMENTS, Stance, define_claims
from schema.connections import SOURCE, define_connections, list_arguments
from schema.entities import ONTOLOGY, Entity, Node
from schema.graph import define_graph
from schema.inputs import define_inputs
from schema.mutations import define_mutations
from schema.ontology import Kind, Ontology, OntologyError
from schema.scalars import DATE, Date
from schema.types import Argument, Field, Types


@strawberry.enum(description="Which way a list is ordered.")
class Sort(enum.Enum):
    ASC = "ASC"
    DESC = "DESC"


Listen: TypeAlias = Callable[
    [str, dict[str, Any] | None, Any, str | None], Awaitable[AsyncGenerator[Any] | PreExecutionError | None]
]
"""Opens the stream of a subscription, given its text, variables, context and the operation's name; None where the
operation is none."""


def build(
    ontology: Ontology = ONTOLOGY, extensions: tuple[Any, ...] = (), listen: Listen | None = None
) -> strawberry.Schema:
    """Return the GraphQL schema of an ontology; `extensions` are Strawberry schema extensions, `listen` answers
    subscriptions.
    """
    if SOURCE not in ontology.kind_by_name:
        raise OntologyError(f"An ontology needs the kind {SOURCE}, since every claim cites one.")
    types = Types(Node=Node, Entity=Entity, Stance=Stance, Sort=Sort, Date=Date, **_enums(ontology))
    define_claims(types)
    define_inputs(types, ontology)
    define_graph(types, ontology)
    define_connections(types, ontology)
    answers = define_answers(types, ontology)
    changes, subscription = define_changes(types)
    query = types.output("Query", (*_root_fields(ontology), *answers, changes), "Everything that can be asked.")
    schema = _Schema(
        query=query,
        mutation=define_mutations(types, ontology),
        subscription=subscription,
        types=[types[kind.name] for kind in ontology.kinds],
        extensions=extensions,
        config=StrawberryConfig(auto_camel_case=True, scalar_map={Date: DATE}),
    )
    schema.listen = listen
    return schema


class _Schema(strawberry.Schema):
    listen: Listen | None = None

    async def stream(self, query: str | None, *given: Any, **named: Any) -> Any:
        """Stream an operation: a subscription by `listen`, anything else as one result."""
        if self.listen is None or query is None:
            return await super().stream(query, *given, **named)
        variables, context, name = (named.get(key) for key in ("variable_values", "context_value", "operation_name"))
        opened = await self.listen(query, variables, context, name)
        if opened is None:
            return await super().stream(query, *given, **named)
        return _once(opened) if isinstance(opened, PreExecutionError) else opened

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Keep clients' mistakes out of the log; what breaks inside is logged where it breaks."""


async def _once(result: PreExecutionError) -> AsyncGenerator[PreExecutionError]:
    yield result


def _enums(ontology: Ontology) -> dict[str, Any]:
    choices = (item.annotation for kind in ontology.kinds for item in kind.properties if item.choices)
    return {choice.__name__: choice for choice in choices}


def _root_fields(ontology: Ontology) -> tuple[Field, ...]:
    fields = [
        Field(
            "node",
            "Node | None",
            "Anything by its global ID; null when there is no such thing.",
            (Argument("id", "ID"),),
        ),
        Field(
            "nodes",
            "list[Node | None]",
            "Several by their global IDs, in the order asked.",
            (Argument("ids", "list[ID]"),),
        ),
    ]
    for kind in ontology.kinds:
        fields += _kind_fields(kind)
    fields.append(
        Field(
            "claims",
            "ClaimConnection",
            "Everything that the sources say, filterable by subject, relation, object, source and stance.",
            (Argument("where", "ClaimFilter | None"), *PAGE_ARGUMENTS),
        )
    )
    fields.append(Field("graph", "GraphInfo", "What the graph holds: counts, version, last change."))
    return tuple(fields)


def _kind_fields(kind: Kind) -> tuple[Field, Field]:
    slug = Argument("slug", "str", "Its slug or one of its aliases.")
    return (
        Field(kind.singular, f"{kind.name} | None", "Found by slug or alias; null when there is none.", (slug,)),
        Field(kind.plural, f"{kind.name}Connection", f"All {kind.plural}.", list_arguments(kind.name)),
    )
