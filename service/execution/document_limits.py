"""The limits of a request, checked before the document is validated, planned or executed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, cast

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    parse,
    recommended_rules,
    specified_rules,
)

from service.errors import LimitError
from service.execution.document_size import count_repeats, measure
from service.execution.one_of_rule import OneOfVariablesRule
from service.execution.request_parameters import MAX_DEPTH
from service.plan.coercion import ValueLimits
from service.settings import Settings

_MAX_INTROSPECTION_FIELDS = 3
_MAX_VARIABLE_ITEMS_FACTOR = 10


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """The maximum of each measure of a request, from the setting `max_...`. `cost` is in rows, see `service.plan.cost`."""

    characters: int
    lines: int
    tokens: int
    depth: int
    fields: int
    repeats: int
    aliases: int
    root_fields: int
    directives: int
    items: int
    text: int
    conditions: int
    page: int
    nested_page: int
    cost: int

    @classmethod
    def of(cls, settings: Settings) -> DocumentLimits:
        return cls(**{item.name: getattr(settings, f"max_{item.name}") for item in fields(cls)})

    @property
    def value_limits(self) -> ValueLimits:
        return ValueLimits(self.page, self.nested_page, self.items, self.text)

    def check(self, name: str, value: int) -> None:
        """Raise LimitError if the value exceeds the limit of this name."""
        limit = getattr(self, name)
        if value > limit:
            raise limit_exceeded(name, value, limit)

    def parse(self, text: str) -> DocumentNode:
        """Parse a document and check its size; raises LimitError and GraphQLError."""
        self.check("characters", len(text))
        self.check("lines", 1 + text.count("\n") + text.count("\r") - text.count("\r\n"))
        try:
            document = parse(text, max_tokens=self.tokens)
        except GraphQLSyntaxError as error:
            if "tokens" in error.message and "Parsing aborted" in error.message:
                raise limit_exceeded("tokens", f"more than {self.tokens}", self.tokens) from error
            raise
        for size in measure(document):
            self.check("depth", size.depth)
            self.check("root_fields", size.root_fields)
            self.check("aliases", len(size.aliases))
            self.check("directives", size.directives)
            self.check("fields", size.fields)
            if size.introspection_fields > _MAX_INTROSPECTION_FIELDS:
                raise LimitError(
                    f"The operation has {size.introspection_fields} introspection fields (__schema, __type); at most "
                    f"{_MAX_INTROSPECTION_FIELDS} are allowed.",
                    "questions",
                )
        for repeats in count_repeats(document):
            self.check("repeats", repeats)
        return document

    def check_variables(self, variables: Mapping[str, Any] | None) -> None:
        """Raise LimitError if the variables contain too many values or are nested too deep."""
        if variables:
            count = _count_values(list(variables.values()), self, 0)
            limit = _MAX_VARIABLE_ITEMS_FACTOR * self.items
            if count > limit:
                raise limit_exceeded("items", f"{count} in all variables", limit)


DEFAULT_LIMITS = DocumentLimits.of(Settings.model_construct())
"""The limits of the default settings."""


def validation_rules(*, introspection: bool) -> list[type[ASTValidationRule]]:
    """Return the rules of validation; `introspection`: whether documents may contain introspection fields."""
    rules = [
        *specified_rules,
        OneOfVariablesRule,
        *recommended_rules,
    ]  # the recommended rules limit the depth of introspection
    return rules if introspection else [*rules, NoSchemaIntrospectionCustomRule]


def limit_exceeded(name: str, value: int | str, limit: int) -> LimitError:
    """Return an error with the name of the limit, the value, and how to raise the limit."""
    return LimitError(
        f"{name.replace('_', ' ')}: the request has {value}, the limit is {limit}; request less at once, or ask the operator "
        f"to raise ATLAS_MAX_{name.upper()}.",
        name,
    )


def _count_values(values: Iterable[Any], limits: DocumentLimits, depth: int) -> int:
    """Count the values in lists and objects."""
    if depth > MAX_DEPTH:
        raise LimitError(f"A variable is nested deeper than {MAX_DEPTH} levels.", "depth")
    count = 0
    for value in values:
        count += 1
        if isinstance(value, dict):
            count += _count_values(cast("dict[str, Any]", value).values(), limits, depth + 1)
        elif isinstance(value, list):
            items = cast("list[Any]", value)
            limits.check("items", len(items))
            count += _count_values(items, limits, depth + 1)
    return count
