"""Fixtures for the tests of the pages: npm packages for linter, types and axe, chromium, and a service."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Never

import pytest
from playwright.sync_api import Browser

from service.auth.static_tokens import new_token
from tests import npm
from tests.commands import RunningService, serving
from tests.web.page_session import PageSession, Unavailable, chromium

WEB = Path(__file__).parent.parent.parent / "web"
REQUIRED = os.environ.get("ATLAS_REQUIRE_BROWSER") == "1"
WRITER = new_token("writer", "write")


def _skip_or_fail(reason: str) -> Never:
    """End a test because a requirement is missing: CI fails, other runs skip the test."""
    if REQUIRED:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def packages() -> Path:
    """`web/node_modules`, with the packages for development."""
    try:
        return npm.install(WEB)
    except npm.Unavailable as error:
        return _skip_or_fail(str(error))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one module: while Playwright runs, no other event loop can run in this thread."""
    with ExitStack() as stack:
        try:
            browser = stack.enter_context(chromium())
        except Unavailable as error:
            _skip_or_fail(str(error))
        yield browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service with the facts of the repository."""
    with serving(tmp_path_factory.mktemp("site") / "atlas.db", ATLAS_TOKENS=WRITER.entry) as served:
        yield served


@pytest.fixture
def session(browser: Browser, site: RunningService, request: pytest.FixtureRequest) -> Iterator[PageSession]:
    session = PageSession(browser, site.base, **getattr(request, "param", {}))
    yield session
    session.context.close()
