"""Execute operations on an engine, without HTTP."""

from __future__ import annotations

from typing import Any

import orjson

from service.auth.principal import Principal
from service.execution.engine import Engine
from service.execution.request_context import TransportContext

WRITER = Principal("ci", frozenset({"write"}))


async def execute(
    engine: Engine, text: str, variables: dict[str, Any] | None = None, principal: Principal | None = None
) -> dict[str, Any]:
    """The response as a client parses it: `errors` if there are any, and `data` with its keys in their order."""
    context = None if principal is None else TransportContext(principal)
    result = await engine.schema.execute(text, variable_values=variables, context_value=context)
    errors = {"errors": [error.formatted for error in result.errors]} if result.errors else {}
    return orjson.loads(orjson.dumps({**errors, "data": result.data}))


async def query(engine: Engine, text: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    """The data of an operation. Fails if the response has errors."""
    response = await execute(engine, text, variables)
    assert "errors" not in response, response
    return response["data"]


async def mutate(engine: Engine, text: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    """The data of a mutation by a client with the scope `write`. Fails if the response has errors."""
    response = await execute(engine, text, variables, WRITER)
    assert "errors" not in response, response
    return response["data"]


def response_with_cost(rows: int, data: Any) -> dict[str, Any]:
    """The whole response over HTTP to a query whose pages can contain this number of rows."""
    return {"data": data, "extensions": {"cost": {"rows": rows, "limit": 200_000}}}
