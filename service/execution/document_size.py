"""Measure a document in one pass, before it is validated.

Each fragment is measured once and counted wherever it is spread. So a document of twenty fragments that each spread the
next one twice is rejected for its million fields, without visiting them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from service.errors import LimitError

_INTROSPECTION_FIELDS = frozenset({"__schema", "__type"})


class DocumentSize(NamedTuple):
    """The size of a selection set with all fragments expanded. Introspection fields do not add to the depth."""

    depth: int = 0
    fields: int = 0
    aliases: frozenset[str] = frozenset()
    directives: int = 0
    root_fields: int = 0
    introspection_fields: int = 0

    def plus(self, other: DocumentSize) -> DocumentSize:
        """Return the size of both selections in one selection set."""
        return DocumentSize(
            max(self.depth, other.depth),
            self.fields + other.fields,
            self.aliases | other.aliases,
            self.directives + other.directives,
            self.root_fields + other.root_fields,
            self.introspection_fields + other.introspection_fields,
        )


def measure(document: DocumentNode) -> Iterator[DocumentSize]:
    """Yield the size of each operation and of each fragment; validation visits fragments even if none spreads them.

    Raises GraphQLError for a fragment that spreads itself, and LimitError for aliases inside an introspection field.
    """
    fragments = _fragments_of(document)
    measured: dict[str, DocumentSize] = {}
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            size = _measure_selections(definition.selection_set, fragments, measured)
            yield size._replace(directives=size.directives + len(definition.directives or ()))
    for name in fragments:
        yield _measure_fragment(name, fragments, measured)._replace(root_fields=0)


def count_repeats(document: DocumentNode) -> Iterator[int]:
    """Yield, for each definition, the number of pairs of fields with the same response key in the same place.

    Validation compares every pair.
    """
    fragments = _fragments_of(document)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
            yield _count_pairs([definition.selection_set], fragments)


def _fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {item.name.value: item for item in document.definitions if isinstance(item, FragmentDefinitionNode)}


_IN_PROGRESS = DocumentSize(-1)
"""The size of a fragment while it is measured. To meet it is to be inside that fragment."""


def _measure_selections(
    selection_set: SelectionSetNode | None,
    fragments: Mapping[str, FragmentDefinitionNode],
    measured: dict[str, DocumentSize],
) -> DocumentSize:
    size = DocumentSize()
    for selection in selection_set.selections if selection_set else ():
        size = size.plus(_measure_selection(selection, fragments, measured))
    return size


def _measure_selection(
    selection: SelectionNode, fragments: Mapping[str, FragmentDefinitionNode], measured: dict[str, DocumentSize]
) -> DocumentSize:
    directives = len(selection.directives or ())
    match selection:
        case FieldNode(name=name, alias=alias, selection_set=selection_set):
            nested = _measure_selections(selection_set, fragments, measured)
            is_introspection = name.value in _INTROSPECTION_FIELDS
            if is_introspection and nested.aliases:  # each alias would repeat a part of the schema wherever it occurs
                raise LimitError(f"An introspection field must not contain aliases; {name.value} does.", "questions")
            return DocumentSize(
                0 if is_introspection else 1 + nested.depth,
                1 + nested.fields,
                nested.aliases if alias is None else nested.aliases | {alias.value},
                nested.directives + directives,
                1,
                int(is_introspection),
            )
        case InlineFragmentNode(selection_set=selection_set):
            size = _measure_selections(selection_set, fragments, measured)
        case FragmentSpreadNode(name=name):
            size = _measure_fragment(name.value, fragments, measured)
            if size is _IN_PROGRESS:
                raise GraphQLError(f"Cannot spread fragment '{name.value}' within itself.", selection)
        case _:
            size = DocumentSize()
    return size._replace(directives=size.directives + directives)


def _measure_fragment(
    name: str, fragments: Mapping[str, FragmentDefinitionNode], measured: dict[str, DocumentSize]
) -> DocumentSize:
    definition = fragments.get(name)
    if definition is None:
        return DocumentSize()
    result = measured.get(name)
    if result is None:
        measured[name] = _IN_PROGRESS
        size = _measure_selections(definition.selection_set, fragments, measured)
        result = measured[name] = size._replace(directives=size.directives + len(definition.directives or ()))
    return result


def _count_pairs(selection_sets: Sequence[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]) -> int:
    by_key: dict[str, list[FieldNode]] = {}
    _collect_fields(selection_sets, fragments, by_key, set())
    pairs = 0
    for fields in by_key.values():
        nested = [field.selection_set for field in fields if field.selection_set]
        pairs += len(fields) * (len(fields) - 1) // 2 + (_count_pairs(nested, fragments) if nested else 0)
    return pairs


def _collect_fields(
    selection_sets: Sequence[SelectionSetNode],
    fragments: Mapping[str, FragmentDefinitionNode],
    by_key: dict[str, list[FieldNode]],
    spread: set[str],
) -> None:
    for selection in (selection for selection_set in selection_sets for selection in selection_set.selections):
        match selection:
            case FieldNode(name=name, alias=alias):
                by_key.setdefault((alias or name).value, []).append(selection)
            case InlineFragmentNode(selection_set=nested):
                _collect_fields([nested], fragments, by_key, spread)
            case FragmentSpreadNode(name=name) if name.value not in spread and name.value in fragments:
                spread.add(name.value)
                _collect_fields([fragments[name.value].selection_set], fragments, by_key, spread)
            case _:
                pass
