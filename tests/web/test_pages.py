"""The pages as they are sent: what is in the headers, what is pre-compressed, what there is when nothing was built."""

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
from service.auth.authenticator import new_token
from service.pages.assets import Pages
from service.settings import Settings
from tests.fact_lines import GOOD, folder_of

HTML = {"accept": "text/html,*/*;q=0.8"}
SCRIPT = b"console.log('hello')\n" * 50


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the build leaves it, small, in the place of the real one."""
    folder = tmp_path / "built"
    (folder / "assets").mkdir(parents=True)
    for name in ("index", "explorer", "graph"):
        (folder / f"{name}.html").write_text(f"<html>{name}</html>")
    (folder / "assets" / "app-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / "assets" / "app-1a2b.js.br").write_bytes(b"as brotli")
    (folder / "assets" / "secret.txt").write_text("not to be sent")
    monkeypatch.setattr("service.app.Pages", lambda: Pages(folder))
    return folder


@asynccontextmanager
async def client(tmp_path: Path, base: str = "", **settings: object) -> AsyncIterator[httpx.AsyncClient]:
    given = {"store": f"sqlite:///{tmp_path / 'atlas.db'}", "facts": folder_of(tmp_path / "facts", good=GOOD)}
    app = create_app(Settings(**{**given, **settings}))
    outer = Starlette(routes=[Mount(base, app)]) if base else app
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(outer), base_url=f"http://atlas{base}") as made,
    ):
        yield made


@pytest.mark.anyio
@pytest.mark.parametrize("base", ["", "/deep/atlas"])
async def test_each_page_has_its_address_wherever_the_application_is(tmp_path: Path, built: Path, base: str) -> None:
    async with client(tmp_path, base) as asking:
        pages = [await asking.get(path, headers=HTML) for path in ("/", "/graphql", "/graph")]
        asset = await asking.get("/assets/app-1a2b.js")

    assert [page.text for page in pages] == ["<html>index</html>", "<html>explorer</html>", "<html>graph</html>"]
    assert asset.status_code == 200


@pytest.mark.anyio
async def test_a_page_runs_nothing_but_our_files_and_is_framed_by_nobody(tmp_path: Path, built: Path) -> None:
    async with client(tmp_path) as asking:
        pages = [await asking.get(path, headers=HTML) for path in ("/", "/graphql", "/graph")]

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
async def test_an_asset_comes_as_the_client_can_read_it_and_for_ever(
    tmp_path: Path, built: Path, accepted: str, encoding: str | None
) -> None:
    async with (
        client(tmp_path) as asking,
        asking.stream("GET", "/assets/app-1a2b.js", headers={"accept-encoding": accepted}) as got,
    ):
        sent = b"".join([part async for part in got.aiter_raw()])

    assert got.headers.get("content-encoding") == encoding
    assert (got.headers["cache-control"], got.headers["vary"], got.headers["content-type"]) == (
        "public, max-age=31536000, immutable",
        "Accept-Encoding",
        "text/javascript; charset=utf-8",
    )
    assert {"br": sent, "gzip": sent and gzip.decompress(sent) if encoding == "gzip" else b"", None: sent}[
        encoding
    ] == (b"as brotli" if encoding == "br" else SCRIPT)


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["nope.js", "secret.txt", "app-1a2b.js.gz", "..%2Findex.html", "%2e%2e/index.html"])
async def test_nothing_else_is_an_asset(tmp_path: Path, built: Path, name: str) -> None:
    async with client(tmp_path) as asking:
        got = await asking.get(f"/assets/{name}")

    assert got.status_code == 404


@pytest.mark.anyio
async def test_with_the_explorer_off_there_are_no_pages_but_the_schema(tmp_path: Path, built: Path) -> None:
    async with client(tmp_path, explorer=False) as asking:
        pages = [(await asking.get(path, headers=HTML)).status_code for path in ("/", "/graph", "/assets/app-1a2b.js")]
        schema = await asking.get("/schema.graphql")

    assert pages == [404, 404, 404]
    assert "type Query {" in schema.text


@pytest.mark.anyio
async def test_the_schema_is_for_who_may_read(tmp_path: Path, built: Path) -> None:
    async with client(tmp_path, public_read=False, tokens=new_token("me", "read").entry) as asking:
        refused = await asking.get("/schema.graphql")
        page = await asking.get("/", headers=HTML)

    assert (refused.status_code, "type Query" in refused.text, page.status_code) == (401, False, 200)


def test_what_was_not_built_is_told_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "failed.txt").write_text("npm's registry <does> not answer\n")

    pages = Pages(tmp_path)

    told = "The explorer's page is missing because npm's registry <does> not answer; the API works."
    assert (pages.missing or "").startswith(told)
    assert b"&lt;does&gt;" in bytes(pages.page("explorer").body)


def test_an_earlier_build_is_kept_and_told(built: Path) -> None:
    assert Pages(built).missing is None
    (built / "failed.txt").write_text("npm failed\n")

    assert (Pages(built).missing or "").startswith("The explorer's page is older than its sources because npm failed;")
    assert Pages(built).page("index").body == b"<html>index</html>"
