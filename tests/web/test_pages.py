"""Responses with pages and assets: headers, compression, and the pages of an incomplete build."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from service.app import create_app
from service.auth.static_tokens import new_token
from service.pages.assets import Pages
from service.settings import Settings
from tests.fact_lines import VALID_LINES, write_folder

HTML = {"accept": "text/html,*/*;q=0.8"}
SCRIPT = b"console.log('hello')\n" * 50


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as a build creates it, with small files; the service uses it."""
    folder = tmp_path / "built"
    (folder / "assets").mkdir(parents=True)
    for name in ("index", "explorer", "graph"):
        (folder / f"{name}.html").write_text(f"<html>{name}</html>")
    (folder / "assets" / "app-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / "assets" / "app-1a2b.js.br").write_bytes(b"as brotli")
    (folder / "assets" / "secret.txt").write_text("not an asset")
    monkeypatch.setattr("service.app.Pages", lambda: Pages(folder))
    return folder


@asynccontextmanager
async def client(tmp_path: Path, base: str = "", **settings: object) -> AsyncIterator[httpx.AsyncClient]:
    defaults = {
        "store": f"sqlite:///{tmp_path / 'atlas.db'}",
        "facts": write_folder(tmp_path / "facts", good=VALID_LINES),
    }
    app = create_app(Settings(**{**defaults, **settings}))
    outer = Starlette(routes=[Mount(base, app)]) if base else app
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(outer), base_url=f"http://atlas{base}") as http,
    ):
        yield http


@pytest.mark.anyio
@pytest.mark.parametrize("base", ["", "/deep/atlas"])
async def test_pages_and_assets_are_served_under_any_mount_path(tmp_path: Path, built: Path, base: str) -> None:
    async with client(tmp_path, base) as http:
        pages = [await http.get(path, headers=HTML) for path in ("/", "/graphql", "/graph")]
        asset = await http.get("/assets/app-1a2b.js")

    assert [page.text for page in pages] == ["<html>index</html>", "<html>explorer</html>", "<html>graph</html>"]
    assert asset.status_code == 200


@pytest.mark.anyio
async def test_security_headers_allow_only_scripts_of_the_service(tmp_path: Path, built: Path) -> None:
    async with client(tmp_path) as http:
        pages = [await http.get(path, headers=HTML) for path in ("/", "/graphql", "/graph")]

    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert [page.headers["content-security-policy"] for page in pages] == [policy] * 3
    assert {
        (page.headers["x-content-type-options"], page.headers["referrer-policy"], page.headers["cache-control"])
        for page in pages
    } == {("nosniff", "no-referrer", "no-cache")}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
async def test_an_asset_has_an_accepted_encoding_and_is_cached_without_limit(
    tmp_path: Path, built: Path, accepted: str, encoding: str | None
) -> None:
    async with (
        client(tmp_path) as http,
        http.stream("GET", "/assets/app-1a2b.js", headers={"accept-encoding": accepted}) as response,
    ):
        body = b"".join([part async for part in response.aiter_raw()])

    assert response.headers.get("content-encoding") == encoding
    assert (response.headers["cache-control"], response.headers["vary"], response.headers["content-type"]) == (
        "public, max-age=31536000, immutable",
        "Accept-Encoding",
        "text/javascript; charset=utf-8",
    )
    assert {"br": body, "gzip": body and gzip.decompress(body) if encoding == "gzip" else b"", None: body}[
        encoding
    ] == (b"as brotli" if encoding == "br" else SCRIPT)


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["nope.js", "secret.txt", "app-1a2b.js.gz", "..%2Findex.html", "%2e%2e/index.html"])
async def test_other_names_are_not_assets(tmp_path: Path, built: Path, name: str) -> None:
    async with client(tmp_path) as http:
        response = await http.get(f"/assets/{name}")

    assert response.status_code == 404


@pytest.mark.anyio
async def test_without_the_explorer_only_the_schema_is_served(tmp_path: Path, built: Path) -> None:
    async with client(tmp_path, explorer=False) as http:
        pages = [(await http.get(path, headers=HTML)).status_code for path in ("/", "/graph", "/assets/app-1a2b.js")]
        schema = await http.get("/schema.graphql")

    assert pages == [404, 404, 404]
    assert "type Query {" in schema.text


@pytest.mark.anyio
async def test_the_schema_requires_read_access(tmp_path: Path, built: Path) -> None:
    async with client(tmp_path, public_read=False, tokens=new_token("me", "read").entry) as http:
        unauthorized = await http.get("/schema.graphql")
        page = await http.get("/", headers=HTML)

    assert (unauthorized.status_code, "type Query" in unauthorized.text, page.status_code) == (401, False, 200)


def test_a_failed_build_is_reported_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "failed.txt").write_text("npm's registry <does> not answer\n")

    pages = Pages(tmp_path)

    told = "The pages of the explorer are missing because npm's registry <does> not answer; the API works."
    assert (pages.warning or "").startswith(told)
    assert b"&lt;does&gt;" in bytes(pages.page("explorer").body)


def test_a_previous_build_is_served_and_reported(built: Path) -> None:
    assert Pages(built).warning is None
    (built / "failed.txt").write_text("npm failed\n")

    assert (Pages(built).warning or "").startswith(
        "The pages of the explorer are older than their sources because npm failed;"
    )
    assert Pages(built).page("index").body == b"<html>index</html>"
