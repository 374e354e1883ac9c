"""Report what a store could not answer: unknown names and IDs, lost versions, and paths that are too expensive."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from schema.nearest import nearest
from service.changes.subscription import version_error
from service.errors import ArgumentLocation, InputError
from service.plan import (
    Changes,
    Comparison,
    PathLimitReached,
    Paths,
    Plan,
    Recommend,
    UnknownReferences,
    VersionUnavailable,
)
from service.stores import Store

_MAX_SUGGESTIONS = 3
_MAX_NAME_LENGTH = 100


async def check_answers(store: Store[Any], plan: Plan, data: Mapping[str, Any]) -> None:
    """Raise InputError if the store's answer to a root field is an error."""
    for root in plan.roots:
        match data[root.key]:
            case VersionUnavailable(foreign) if isinstance(root, Changes) and root.after is not None:
                raise version_error(plan.parameters[root.after[0]].location, foreign=foreign)
            case UnknownReferences(items) if isinstance(root, Comparison | Recommend | Paths):
                raise await _unknown_references(store, plan, root, items)
            case PathLimitReached(length) if isinstance(root, Paths):
                location = plan.parameters[root.max_length].location
                raise InputError(
                    f"{location.argument}: paths of {length} steps between these two involve too many claims; "
                    f"use at most {length - 1}.",
                    location,
                )
            case _:
                pass


async def _unknown_references(
    store: Store[Any], plan: Plan, root: Comparison | Recommend | Paths, items: tuple[tuple[int, str], ...]
) -> InputError:
    """Return an error for names and IDs that do not identify one entity, with suggestions, grouped by argument."""
    messages: dict[ArgumentLocation, list[str]] = {}
    kinds = dict.fromkeys(kind for number, _ in items if (kind := root.references[number][0]) is not None)
    slugs_by_name = {kind: await store.slugs_by_name(kind) for kind in kinds}
    for number, name in items:
        kind, parameter = root.references[number]
        if kind is None:
            message = f"no entity with the ID '{_shorten(name)}'"
        else:  # compares the name with all names of the kind
            message = await asyncio.to_thread(_unknown_name, name, slugs_by_name[kind])
        messages.setdefault(plan.parameters[parameter].location, []).append(message)
    sentences = (f"{location.argument}: there is {', '.join(texts)}." for location, texts in messages.items())
    return InputError(" ".join(sentences), next(iter(messages)))


def _unknown_name(name: str, slugs_by_name: Mapping[str, list[str]]) -> str:
    """Describe a name of no entity or of several entities, and suggest names that identify one."""
    slugs = slugs_by_name.get(name, [])
    if len(slugs) > 1:
        description, suggestions = f"more than one '{name}'", slugs
    else:
        unique = (other for other, others in slugs_by_name.items() if len(others) == 1 or other in others)
        description, suggestions = f"no '{_shorten(name)}'", nearest(name[:_MAX_NAME_LENGTH], unique)
    suggestions = suggestions[:_MAX_SUGGESTIONS]
    return f"{description} (did you mean {', '.join(suggestions)}?)" if suggestions else description


def _shorten(name: str) -> str:
    return name if len(name) <= _MAX_NAME_LENGTH else f"{name[:_MAX_NAME_LENGTH]}..."
