"""Limit the cost of an operation: the maximum number of rows that its pages can contain."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import orjson

from schema import Ontology
from service.execution.document_limits import limit_exceeded
from service.plan.cost import CostTree, KindSizes, kind_sizes_plan, max_rows, read_kind_sizes
from service.stores import Store

_CACHE_SECONDS = 60.0


class CostLimit:
    """Limit the rows of an operation. Caches the number of entities of each kind for a minute."""

    def __init__(self, ontology: Ontology, limit: int) -> None:
        self._ontology = ontology
        self._limit = limit
        self._cached_sizes: tuple[float, KindSizes] | None = None

    async def check(
        self, store: Store[Any], costs: Sequence[CostTree], values: Sequence[Sequence[Any]]
    ) -> dict[str, int]:
        """Return the cost of an operation and the limit; raise LimitError if the cost exceeds it.

        The sizes of kinds, which bound the pages, are read only if the cost without them exceeds the limit.
        """
        plans = list(zip(costs, values, strict=True))
        rows = sum(max_rows(cost, parameters, {}) for cost, parameters in plans)
        if rows > self._limit:
            sizes = await self._kind_sizes(store)
            rows = sum(max_rows(cost, parameters, sizes) for cost, parameters in plans)
        if rows > self._limit:
            raise limit_exceeded("cost", f"pages for up to {rows} rows", self._limit)
        return {"rows": rows, "limit": self._limit}

    async def _kind_sizes(self, store: Store[Any]) -> KindSizes:
        now = time.monotonic()
        if self._cached_sizes is None or now - self._cached_sizes[0] > _CACHE_SECONDS:
            (answer,) = await store.fetch(store.write_statement(kind_sizes_plan(self._ontology)), [])
            self._cached_sizes = now, read_kind_sizes(orjson.loads(orjson.dumps(answer)))
        return self._cached_sizes[1]
