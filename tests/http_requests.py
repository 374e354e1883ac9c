"""Documents, media types and request bodies for tests over HTTP."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import httpx

from tests.queries import response_with_cost

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
EVENT_STREAM = "text/event-stream"

DJANGO_QUERY = '{ framework(slug: "django") { name } }'
DJANGO_RESPONSE = response_with_cost(1, {"framework": {"name": "Django"}})


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def apq(text: str, **others: Any) -> dict[str, Any]:
    """The body of a request for an automatic persisted query, as Apollo's clients send it."""
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": sha256(text)}}, **others}


async def send_post(client: httpx.AsyncClient, body: dict[str, Any], accept: str = JSON) -> tuple[int, Any]:
    """Post a request; return the status and the response."""
    response = await client.post("/graphql", json=body, headers={"accept": accept})
    return response.status_code, response.json()


async def send_get(client: httpx.AsyncClient, body: dict[str, Any], accept: str = JSON) -> tuple[int, Any]:
    """Send a request in a URL; return the status and the response."""
    parameters = {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
    response = await client.get("/graphql", params=parameters, headers={"accept": accept})
    return response.status_code, response.json()


async def post(client: httpx.AsyncClient, text: str, variables: Any = None, **others: Any) -> dict[str, Any]:
    """Post an operation and return the response, with its keys in their order."""
    body = {"query": text, "variables": variables, **others}
    return (await client.post("/graphql", json=body)).json()
