"""The application that docs/embedding.md mounts answers under its path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.docs.markdown import blocks
from tests.docs.running import ROOT


async def test_the_mounted_application_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    block = next(block for block in blocks(ROOT / "docs" / "embedding.md") if block.title == "atlas_app.py")
    namespace: dict[str, Any] = {}
    exec(compile(block.text, str(block), "exec"), namespace)  # noqa: S102 - the page tells readers to run it
    app = namespace["app"]

    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://inside") as client,
    ):
        response = await client.get("/atlas/graphql", params={"query": '{ framework(slug: "drf") { name } }'})

    assert response.json()["data"] == {"framework": {"name": "Django REST Framework"}}
    assert (tmp_path / "atlas.db").exists()
