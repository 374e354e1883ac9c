"""Answer the introspection fields of an operation, `__schema` and `__type`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson
from graphql import GraphQLSchema

from service.compiler import Compiled, LruCache, introspect
from service.compiler.introspection import IntrospectionResult

_MAX_CACHED_RESULTS = 16
_MAX_CACHED_BYTES = 1_000_000


class SchemaIntrospection:
    """Execute introspection in a thread, one operation at a time, and cache the results.

    A result takes up to a second to compute, and the schema never changes.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._results: LruCache[Any, IntrospectionResult] = LruCache(_MAX_CACHED_RESULTS)
        self._lock = asyncio.Lock()

    async def execute(self, compiled: Compiled[Any], variables: Mapping[str, Any] | None) -> IntrospectionResult:
        """Execute the introspection fields of an operation."""
        location = compiled.operation.definition.loc
        assert location is not None  # noqa: S101 - the parser sets it
        declared = compiled.values.coerced  # a client may send variables that the operation does not declare
        used = {name: value for name, value in (variables or {}).items() if name in declared}
        key = location.source.body, location.start, orjson.dumps(used, option=orjson.OPT_SORT_KEYS)
        async with self._lock:
            result = self._results.get(key)
            if result is None:
                result = await asyncio.to_thread(introspect, self._schema, compiled.operation, compiled.values, used)
                if result.size <= _MAX_CACHED_BYTES:
                    self._results.put(key, result)
        return result
