"""Serve the pages and assets that `web/build_hook.py` has built: start page, explorer, graph view.

The pages contain no data, load nothing from other sites, and work under any path the application is mounted at.
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

PageName = Literal["index", "explorer", "graph"]

BUILD_FOLDER = Path(__file__).parent.parent / "explorer_assets"

_CONTENT_SECURITY_POLICY = (
    # Monaco and cytoscape.js add inline styles; scripts and workers come from our files only.
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SECURITY_HEADERS = {
    "content-security-policy": _CONTENT_SECURITY_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_IMMUTABLE = "public, max-age=31536000, immutable"  # the name of an asset contains a hash of its content
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".woff2": "font/woff2",
}
_ENCODINGS = {".br": "br", ".gz": "gzip"}  # the smaller one first


class Pages:
    """The files of one build. They are listed once, so that a request can open no other file."""

    def __init__(self, folder: Path = BUILD_FOLDER) -> None:
        self._pages = {page.stem: page.read_text("utf-8") for page in sorted(folder.glob("*.html"))}
        self._assets: dict[str, dict[str, Path]] = {}
        for suffix, encoding in _ENCODINGS.items():
            for path in (folder / "assets").glob(f"*{suffix}"):
                self._assets.setdefault(path.name.removesuffix(suffix), {})[encoding] = path
        self.examples = {path.stem: path.read_text("utf-8") for path in sorted((folder / "examples").glob("*.graphql"))}
        """The example documents of the explorer, by file name without its suffix."""
        failure = folder / "failed.txt"
        self._build_failure = failure.read_text("utf-8").strip() if failure.exists() else None

    @property
    def warning(self) -> str | None:
        """A warning for the operator if the pages are missing or outdated, None otherwise."""
        if self._pages and self._build_failure is None:
            return None
        state = "are older than their sources" if self._pages else "are missing"
        return (
            f"The pages of the explorer {state} because {self._build_failure or 'they were never built'}; the API works. "
            "To build them: uv sync --reinstall-package framework-atlas, or pip install again."
        )

    def page(self, name: PageName) -> Response:
        html = self._pages.get(name) or _placeholder(self.warning or "This page was not built.")
        return HTMLResponse(html, headers={**_SECURITY_HEADERS, "cache-control": "no-cache", "vary": "Accept"})

    async def asset(self, request: Request) -> Response:
        name = request.path_params["name"]
        files = self._assets.get(name)
        media_type = _MEDIA_TYPES.get(Path(name).suffix)
        if files is None or media_type is None or not files["gzip"].exists():  # deleted by a later build
            raise HTTPException(404)
        headers = {**_SECURITY_HEADERS, "cache-control": _IMMUTABLE, "vary": "Accept-Encoding"}
        encoding = _preferred_encoding(request.headers, files)
        if encoding is not None:
            headers["content-encoding"] = encoding
            return FileResponse(files[encoding], headers=headers, media_type=media_type)
        content = await run_in_threadpool(lambda: gzip.decompress(files["gzip"].read_bytes()))
        return Response(content, headers=headers, media_type=media_type)


def _preferred_encoding(headers: Mapping[str, str], files: Mapping[str, Path]) -> str | None:
    """Return the smallest encoding that the client accepts, None if it accepts no encoding."""
    accepted: set[str] = set()
    for item in headers.get("accept-encoding", "").lower().split(","):
        name, _, quality = item.partition(";")
        if quality.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}:
            accepted.add(name.strip())
    return next((encoding for encoding in _ENCODINGS.values() if encoding in accepted and encoding in files), None)


def _placeholder(message: str) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        f"<title>Framework Atlas</title><h1>Framework Atlas</h1><p>{escape(message)}</p>"
        '<p>The API is at <a href="./graphql">/graphql</a>, its schema at <a href="./schema.graphql">/schema.graphql</a>.</p>'
        "</html>\n"
    )
