"""What one request may ask for: measured before anything is validated, planned or run.

A document is measured in one pass. Each fragment is measured once and counted wherever it is spread, so a document of
twenty fragments that each spread the next one twice is refused by its million fields, without anybody visiting them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, cast

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSyntaxError,
    InlineFragmentNode,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    parse,
    recommended_rules,
    specified_rules,
)

from service.errors import LimitError
from service.execution.request_parameters import DEEPEST
from service.plan.coercion import ValueLimits
from service.settings import Settings

_ABOUT_SCHEMA = frozenset({"__schema", "__type"})
_QUESTIONS = 3


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """The most of each that one request may have; `cost` is in rows, see `service.plan.cost`."""

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
    def bounds(self) -> ValueLimits:
        return ValueLimits(self.page, self.nested_page, self.items, self.text)

    def check(self, name: str, value: int) -> None:
        """Raise LimitError where there is more of something than one request may have."""
        most = getattr(self, name)
        if value > most:
            raise exceeded(name, value, most)

    def parse(self, text: str) -> DocumentNode:
        """Parse a document that is not too long and asks for not too much; raises LimitError and GraphQLError."""
        self.check("characters", len(text))
        self.check("lines", 1 + text.count("\n") + text.count("\r") - text.count("\r\n"))
        try:
            document = parse(text, max_tokens=self.tokens)
        except GraphQLSyntaxError as error:
            if "tokens" in error.message and "Parsing aborted" in error.message:
                raise exceeded("tokens", f"more than {self.tokens}", self.tokens) from error
            raise
        fragments = {item.name.value: item for item in document.definitions if isinstance(item, FragmentDefinitionNode)}
        for size in _measure(document, fragments):
            for item in ("depth", "root_fields", "aliases", "directives", "fields"):
                value = getattr(size, item)
                self.check(item, value if isinstance(value, int) else len(value))
            if size.questions > _QUESTIONS:
                raise LimitError(
                    f"An operation asks at most {_QUESTIONS} questions about the schema, and this one {size.questions}.",
                    "questions",
                )
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
                self.check("repeats", _pairs([definition.selection_set], fragments))
        return document

    def check_values(self, variables: Mapping[str, Any] | None) -> None:
        """Raise LimitError where a variable holds too much."""
        if variables:
            count = _count(list(variables.values()), self, 0)
            if count > 10 * self.items:
                raise exceeded("items", f"{count} in all variables", 10 * self.items)


DEFAULT_LIMITS = DocumentLimits.of(Settings.model_construct())
"""Those that hold where nobody sets others."""


def rules(*, introspection: bool) -> list[type[ASTValidationRule]]:
    """What documents are validated by, beside the limits; `introspection`: whether they may ask about the schema."""
    found = [*specified_rules, *recommended_rules]  # the latter know how deep questions about the schema may go
    return found if introspection else [*found, NoSchemaIntrospectionCustomRule]


def exceeded(name: str, value: int | str, most: int) -> LimitError:
    """The error that names the limit, what was asked for, and how to change it."""
    variable = f"ATLAS_MAX_{name.upper()}"
    told = name.replace("_", " ")
    return LimitError(
        f"{told}: the request has {value}, and at most {most} are allowed; ask for less at once, or let whoever runs the "
        f"service raise {variable}.",
        name,
    )


class _Size(NamedTuple):
    """What a selection comes to when every fragment is written out in its place."""

    depth: int = 0
    fields: int = 0
    aliases: frozenset[str] = frozenset()
    directives: int = 0
    root_fields: int = 0
    questions: int = 0

    def beside(self, other: _Size) -> _Size:
        return _Size(
            max(self.depth, other.depth),
            self.fields + other.fields,
            self.aliases | other.aliases,
            self.directives + other.directives,
            self.root_fields + other.root_fields,
            self.questions + other.questions,
        )


_BEGUN = _Size(-1)
"""Stands for a fragment while it is measured: who meets it is inside that fragment."""


def _measure(document: DocumentNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[_Size]:
    """The size of each operation, and of each fragment, which is validated even where nobody spreads it."""
    known: dict[str, _Size] = {}
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            size = _selections(definition.selection_set, fragments, known)
            directives = size.directives + len(definition.directives or ())
            yield size._replace(directives=directives)
    for name in fragments:
        yield _fragment(name, fragments, known)._replace(root_fields=0)


def _selections(
    selected: SelectionSetNode | None, fragments: Mapping[str, FragmentDefinitionNode], known: dict[str, _Size]
) -> _Size:
    size = _Size()
    for selection in selected.selections if selected else ():
        size = size.beside(_selection(selection, fragments, known))
    return size


def _selection(
    selection: SelectionNode, fragments: Mapping[str, FragmentDefinitionNode], known: dict[str, _Size]
) -> _Size:
    directives = len(selection.directives or ())
    match selection:
        case FieldNode(name=name, alias=alias, selection_set=selected):
            below = _selections(selected, fragments, known)
            about_schema = name.value in _ABOUT_SCHEMA
            if about_schema and below.aliases:  # each would repeat a part of the schema in each place that leads to it
                raise LimitError(f"Questions about the schema take no aliases below {name.value}.", "questions")
            return _Size(
                0 if about_schema else 1 + below.depth,
                1 + below.fields,
                below.aliases if alias is None else below.aliases | {alias.value},
                below.directives + directives,
                1,
                int(about_schema),
            )
        case InlineFragmentNode(selection_set=selected):
            size = _selections(selected, fragments, known)
        case FragmentSpreadNode(name=name):
            size = _fragment(name.value, fragments, known)
            if size is _BEGUN:
                raise GraphQLError(f"Cannot spread fragment '{name.value}' within itself.", selection)
        case _:
            size = _Size()
    return size._replace(directives=size.directives + directives)


def _fragment(name: str, fragments: Mapping[str, FragmentDefinitionNode], known: dict[str, _Size]) -> _Size:
    definition = fragments.get(name)
    if definition is None:
        return _Size()
    found = known.get(name)
    if found is None:
        known[name] = _BEGUN
        size = _selections(definition.selection_set, fragments, known)
        found = known[name] = size._replace(directives=size.directives + len(definition.directives or ()))
    return found


def _pairs(selected: Sequence[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]) -> int:
    """How many pairs of selections answer by the same key in the same place: validation compares each pair."""
    found: dict[str, list[FieldNode]] = {}
    _collect(selected, fragments, found, set())
    pairs = 0
    for fields_ in found.values():
        below = [item.selection_set for item in fields_ if item.selection_set]
        pairs += len(fields_) * (len(fields_) - 1) // 2 + (_pairs(below, fragments) if below else 0)
    return pairs


def _collect(
    selected: Sequence[SelectionSetNode],
    fragments: Mapping[str, FragmentDefinitionNode],
    found: dict[str, list[FieldNode]],
    spread: set[str],
) -> None:
    for selection in (one for each in selected for one in each.selections):
        match selection:
            case FieldNode(name=name, alias=alias):
                found.setdefault((alias or name).value, []).append(selection)
            case InlineFragmentNode(selection_set=below):
                _collect([below], fragments, found, spread)
            case FragmentSpreadNode(name=name) if name.value not in spread and name.value in fragments:
                spread.add(name.value)
                _collect([fragments[name.value].selection_set], fragments, found, spread)
            case _:
                pass


def _count(values: Iterable[Any], limits: DocumentLimits, depth: int) -> int:
    """How many values there are in lists and objects."""
    if depth > DEEPEST:
        raise LimitError(f"A variable holds lists and objects that are nested more than {DEEPEST} deep.", "depth")
    count = 0
    for value in values:
        count += 1
        if isinstance(value, dict):
            count += _count(cast("dict[str, Any]", value).values(), limits, depth + 1)
        elif isinstance(value, list):
            listed = cast("list[Any]", value)
            limits.check("items", len(listed))
            count += _count(listed, limits, depth + 1)
    return count
