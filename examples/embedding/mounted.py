"""Framework Atlas mounted in another Starlette application, below `/atlas`.

Run `uv run uvicorn examples.embedding.mounted:app`, and open http://127.0.0.1:8000/ and http://127.0.0.1:8000/atlas/graphql.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from framework_atlas import AsyncClient
from framework_atlas.types import Query
from service.app import create_app
from service.settings import read_settings

atlas = create_app(read_settings())


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    """Run the lifespan of the mounted application, which Starlette does not run; it opens and closes the store."""
    async with atlas.router.lifespan_context(atlas):
        yield


async def welcome(_request: Request) -> Response:
    """A page of the outer application, which queries the graph without a network."""
    async with AsyncClient("http://atlas/graphql", transport=httpx.ASGITransport(app=atlas)) as client:
        data = await client.execute("{ frameworks { totalCount } }", answer=Query)
    return PlainTextResponse(f"{data['frameworks']['totalCount']} frameworks below /atlas\n")


app = Starlette(routes=[Route("/", welcome), Mount("/atlas", atlas)], lifespan=lifespan)
