"""The pages for a browser, as `web/build_hook.py` has built them: start, explorer, picture and what they load.

They hold nothing of the graph, load nothing from elsewhere, and work under whatever path the application is mounted.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Literal

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

Page = Literal["index", "explorer", "graph"]

BUILT = Path(__file__).parent.parent / "explorer_assets"

_POLICY = (
    # Monaco and cytoscape.js write styles into the page; no script and no worker is but a file of ours.
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SECURITY = {
    "content-security-policy": _POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_FOREVER = "public, max-age=31536000, immutable"  # a name holds the hash of what is in the file
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".woff2": "font/woff2",
}
_ENCODINGS = {".br": "br", ".gz": "gzip"}  # the smaller one first


class Pages:
    """What has been built, found once; only names that were found are ever opened."""

    def __init__(self, folder: Path = BUILT) -> None:
        self._pages = {page.stem: page.read_text("utf-8") for page in sorted(folder.glob("*.html"))}
        self._assets: dict[str, dict[str, Path]] = {}
        for suffix, encoding in _ENCODINGS.items():
            for path in (folder / "assets").glob(f"*{suffix}"):
                self._assets.setdefault(path.name.removesuffix(suffix), {})[encoding] = path
        self.examples = {path.stem: path.read_text("utf-8") for path in sorted((folder / "examples").glob("*.graphql"))}
        """The documents that the explorer offers, by the names of their files."""
        failed = folder / "failed.txt"
        self._failed = failed.read_text("utf-8").strip() if failed.exists() else None

    @property
    def missing(self) -> str | None:
        """What to tell whoever runs the service; None where all is as it should be."""
        if self._pages and self._failed is None:
            return None
        told = "is older than its sources" if self._pages else "is missing"
        return (
            f"The explorer's page {told} because {self._failed or 'it was never built'}; the API works. "
            "To build it: uv sync --reinstall-package framework-atlas, or pip install again."
        )

    def page(self, name: Page) -> Response:
        text = self._pages.get(name) or _apology(self.missing or "This page was not built.")
        return HTMLResponse(text, headers={**_SECURITY, "cache-control": "no-cache", "vary": "Accept"})

    async def asset(self, request: Request) -> Response:
        name = request.path_params["name"]
        found = self._assets.get(name)
        media_type = _TYPES.get(Path(name).suffix)
        if found is None or media_type is None or not found["gzip"].exists():  # built anew meanwhile
            raise HTTPException(404)
        headers = {**_SECURITY, "cache-control": _FOREVER, "vary": "Accept-Encoding"}
        encoding = _preferred(request.headers, found)
        if encoding is not None:
            headers["content-encoding"] = encoding
            return FileResponse(found[encoding], headers=headers, media_type=media_type)
        content = await run_in_threadpool(lambda: gzip.decompress(found["gzip"].read_bytes()))
        return Response(content, headers=headers, media_type=media_type)


def _preferred(headers: Mapping[str, str], there_are: Mapping[str, Path]) -> str | None:
    """The smallest encoding that the client knows; None for a plain file."""
    known: set[str] = set()
    for item in headers.get("accept-encoding", "").lower().split(","):
        name, _, quality = item.partition(";")
        if quality.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}:
            known.add(name.strip())
    return next((encoding for encoding in _ENCODINGS.values() if encoding in known and encoding in there_are), None)


def _apology(why: str) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        f"<title>Framework Atlas</title><h1>Framework Atlas</h1><p>{escape(why)}</p>"
        '<p>The API is at <a href="./graphql">/graphql</a>, its schema at <a href="./schema.graphql">/schema.graphql</a>.</p>'
        "</html>\n"
    )
