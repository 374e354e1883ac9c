"""The root fields, and the schema as a whole."""

from __future__ import annotations

import enum
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import datetime
from typing import Any, TypeAlias

import strawberry
from graphql import GraphQLError, GraphQLInputObjectType, GraphQLSchema
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
from schema.scalars import DATE, DATE_TIME, Date
from schema.types import ArgumentDefinition, FieldDefinition, TypeRegistry


@strawberry.enum(description="The direction of a sort order.")
class Sort(enum.Enum):
    ASC = strawberry.enum_value("ASC", description="Ascending.")
    DESC = strawberry.enum_value("DESC", description="Descending.")


OpenSubscription: TypeAlias = Callable[
    [str, dict[str, Any] | None, Any, str | None], Awaitable[AsyncGenerator[Any] | PreExecutionError | None]
]
"""Opens the stream of a subscription. The arguments are the document, the variables, the context and the operation name;
the result is None if the operation is not a subscription."""


def build(
    ontology: Ontology = ONTOLOGY, extensions: tuple[Any, ...] = (), open_subscription: OpenSubscription | None = None
) -> strawberry.Schema:
    """Return the GraphQL schema of an ontology; `extensions` are Strawberry schema extensions, `open_subscription` opens
    the stream of a subscription.
    """
    if SOURCE not in ontology.kind_by_name:
        raise OntologyError(f"The ontology has no kind {SOURCE}; add it, because every claim cites a source.")
    types = TypeRegistry(Node=Node, Entity=Entity, Stance=Stance, Sort=Sort, Date=Date, **_enums(ontology))
    define_claims(types, ontology)
    define_inputs(types, ontology)
    define_graph(types, ontology)
    define_connections(types, ontology)
    answers = define_answers(types, ontology)
    changes, subscription = define_changes(types)
    query = types.output("Query", (*_root_fields(ontology), *answers, changes), "Read access to the graph.")
    schema = _Schema(
        query=query,
        mutation=define_mutations(types, ontology),
        subscription=subscription,
        types=[types[kind.name] for kind in ontology.kinds],
        extensions=extensions,
        config=StrawberryConfig(auto_camel_case=True, scalar_map={Date: DATE, datetime: DATE_TIME}),
    )
    schema.open_subscription = open_subscription
    _mark_one_of(schema)
    return schema


def _mark_one_of(schema: strawberry.Schema) -> None:
    """Tell graphql-core which input types are oneOf: Strawberry only prints the directive."""
    graphql_schema: GraphQLSchema = schema._schema  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - no public name
    for type_ in graphql_schema.type_map.values():
        if isinstance(type_, GraphQLInputObjectType):
            definition = type_.extensions.get("strawberry-definition")
            type_.is_one_of = bool(getattr(definition, "is_one_of", False))


class _Schema(strawberry.Schema):
    open_subscription: OpenSubscription | None = None

    async def stream(self, query: str | None, *args: Any, **kwargs: Any) -> Any:
        """Stream the results of a subscription, or the single result of another operation."""
        if self.open_subscription is None or query is None:
            return await super().stream(query, *args, **kwargs)
        variables, context, name = (kwargs.get(key) for key in ("variable_values", "context_value", "operation_name"))
        stream = await self.open_subscription(query, variables, context, name)
        if stream is None:
            return await super().stream(query, *args, **kwargs)
        return _single(stream) if isinstance(stream, PreExecutionError) else stream

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Do not log the errors of clients; internal errors are logged where they occur."""


async def _single(result: PreExecutionError) -> AsyncGenerator[PreExecutionError]:
    yield result


def _enums(ontology: Ontology) -> dict[str, Any]:
    choices = (item.annotation for kind in ontology.kinds for item in kind.properties if item.choices)
    return {choice.__name__: choice for choice in choices}


def _root_fields(ontology: Ontology) -> tuple[FieldDefinition, ...]:
    fields = [
        FieldDefinition(
            "node",
            "Node | None",
            "The entity or claim with this ID; null if it does not exist.",
            (ArgumentDefinition("id", "ID", "ID of the entity or claim."),),
        ),
        FieldDefinition(
            "nodes",
            "list[Node | None]",
            "The entities and claims with these IDs, in the same order; null in place of one that does not exist.",
            (ArgumentDefinition("ids", "list[ID]", "IDs of entities and claims."),),
        ),
    ]
    for kind in ontology.kinds:
        fields += _kind_fields(kind)
    fields.append(
        FieldDefinition(
            "claims",
            "ClaimConnection",
            "Claims of all sources, ordered by subject, relation and object.",
            (
                ArgumentDefinition("where", "ClaimFilter | None", "Only claims that match this filter are returned."),
                *PAGE_ARGUMENTS,
            ),
        )
    )
    fields.append(FieldDefinition("graph", "GraphInfo", "Version, size and last change of the graph."))
    return tuple(fields)


def _kind_fields(kind: Kind) -> tuple[FieldDefinition, FieldDefinition]:
    singular, plural = kind.verbose_name, kind.verbose_name_plural
    slug = ArgumentDefinition("slug", "str", f"Slug or alias of the {singular}; case and accents are ignored.")
    return (
        FieldDefinition(
            kind.singular,
            f"{kind.name} | None",
            f"The {singular} with this slug or alias; null if it does not exist.",
            (slug,),
        ),
        FieldDefinition(
            kind.plural, f"{kind.name}Connection", f"A filtered, sorted list of {plural}.", list_arguments(kind)
        ),
    )
