"""What the tests of the pages need: npm's packages for types and axe, chromium, and a service to visit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Never

import pytest
from playwright.sync_api import Browser

from service.auth.authenticator import new_token
from tests import npm
from tests.commands import RunningService, serving
from tests.web.visits import Unavailable, Visit, chromium

WEB = Path(__file__).parent.parent.parent / "web"
REQUIRED = os.environ.get("ATLAS_REQUIRE_BROWSER") == "1"
WRITER = new_token("visitor", "write")


def _without(what: str) -> Never:
    """End a test for want of something: a failure where the run must have it, else a skip."""
    if REQUIRED:
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def packages() -> Path:
    """`web/node_modules`, those for development too, as the lock file has them."""
    try:
        return npm.install(WEB)
    except npm.Unavailable as error:
        return _without(str(error))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For a module only: as long as Playwright runs, no other event loop can in this thread."""
    with ExitStack() as stack:
        try:
            started = stack.enter_context(chromium())
        except Unavailable as error:
            _without(str(error))
        yield started


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service with the shipped facts."""
    with serving(tmp_path_factory.mktemp("site") / "atlas.db", ATLAS_TOKENS=WRITER.entry) as served:
        yield served


@pytest.fixture
def visit(browser: Browser, site: RunningService, request: pytest.FixtureRequest) -> Iterator[Visit]:
    made = Visit(browser, site.base, **getattr(request, "param", {}))
    yield made
    made.context.close()
