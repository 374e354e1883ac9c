"""A client that ariadne-codegen has made of `operations.graphql`: every operation is a method, every answer a Pydantic model.

In this folder: `uv run ariadne-codegen`, then `ATLAS_TOKEN=... uv run ask.py`, with the service at ATLAS_URL and a token that
may write.
"""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime

from atlas_graphql import (
    Atlas,
    CountSort,
    FeatureFilter,
    FeatureRelation,
    FrameworkFilter,
    FrameworkInput,
    FrameworkOrder,
    Sort,
    TextFilter,
    WriteUpsertFrameworkUpsertedFramework,
)

URL = os.environ.get("ATLAS_URL", "http://127.0.0.1:8000/graphql")
HEADERS = {"Authorization": f"Bearer {os.environ.get('ATLAS_TOKEN', '')}"}


async def main() -> None:
    async with Atlas(url=URL, headers=HEADERS) as client:
        secure = FeatureRelation(some=FeatureFilter(slug=TextFilter(eq="security")))
        most_used = FrameworkOrder(usedBy=CountSort(count=Sort.DESC))
        asked = await client.frameworks(FrameworkFilter(features=secure), [most_used], first=1)
        for framework in asked.frameworks.nodes:
            best = framework.features.edges[0]
            if best.claim is not None:
                told = f"{best.claim.stance.value} {best.node.name} ({best.claim.confidence})"
                print(f"asked: {framework.name} {told}")

        given = FrameworkInput(slug="an-example-of-ariadne-codegen", name=f"Example of {datetime.now(UTC)}")
        written = (await client.write(given)).upsert_framework
        if not isinstance(written, WriteUpsertFrameworkUpsertedFramework):
            raise SystemExit(written.message)
        print(f"written: {written.framework.id}")

        changes = (await client.changes(first=1)).changes.nodes
        print(f"changed: {changes[0].action.value}, {changes[0].at.tzinfo}")


asyncio.run(main())
