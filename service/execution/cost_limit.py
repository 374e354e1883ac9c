"""Whether an operation can be afforded: the rows that its pages can hold, beside those that it may ask for."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import orjson

from schema import Ontology
from service.execution.document_limits import exceeded
from service.plan.cost import CostTree, KindSizes, kind_sizes_plan, max_rows, read_kind_sizes
from service.stores import Store

_SIZES_SECONDS = 60.0


class CostLimit:
    """So many rows for each operation. Knows how many entities of each kind there are, as of a minute ago."""

    def __init__(self, ontology: Ontology, most: int) -> None:
        self._ontology = ontology
        self._most = most
        self._sizes: tuple[float, KindSizes] | None = None

    async def afford(
        self, store: Store[Any], levels: Sequence[CostTree], values: Sequence[Sequence[Any]]
    ) -> dict[str, int]:
        """What the pages of an operation can hold, and may; raises LimitError where that is too much.

        Only where they might hold too much is it asked how many there are of each kind.
        """
        asked = list(zip(levels, values, strict=True))
        rows = sum(max_rows(one, given, {}) for one, given in asked)
        if rows > self._most:
            known = await self._current_sizes(store)
            rows = sum(max_rows(one, given, known) for one, given in asked)
        if rows > self._most:
            raise exceeded("cost", f"pages for up to {rows} rows", self._most)
        return {"rows": rows, "limit": self._most}

    async def _current_sizes(self, store: Store[Any]) -> KindSizes:
        now = time.monotonic()
        if self._sizes is None or now - self._sizes[0] > _SIZES_SECONDS:
            (answer,) = await store.fetch(store.write_statement(kind_sizes_plan(self._ontology)), [])
            self._sizes = now, read_kind_sizes(orjson.loads(orjson.dumps(answer)))
        return self._sizes[1]
