"""An engine with default limits, except some, on the shipped facts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from service.execution.document_limits import DEFAULT_LIMITS
from service.execution.engine import Engine, EngineConfig
from tests.graphs import Graphs
from tests.queries import execute


async def limited_engine(graphs: Graphs, store: str, **limits: int) -> Engine:
    engine = await graphs.load(store)
    return Engine(engine.store, config=EngineConfig(limits=replace(DEFAULT_LIMITS, **limits)))


async def execute_with_error(
    engine: Engine, text: str, variables: dict[str, Any] | None = None
) -> tuple[str, dict[str, Any]]:
    """The message and the extensions of the only error. Fails if the response has data."""
    response = await execute(engine, text, variables)
    (error,) = response["errors"]
    assert response["data"] is None
    return error["message"], error["extensions"]
