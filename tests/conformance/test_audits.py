"""GraphQL over HTTP as others read it: the audits of npm's graphql-http, against a running service."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests import npm
from tests.commands import serving

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def packages() -> None:
    try:
        npm.install(HERE)
    except npm.Unavailable as error:
        if os.environ.get("ATLAS_REQUIRE_CLIENTS") == "1":
            raise
        pytest.skip(str(error))


def audited(base: str) -> list[dict[str, Any]]:
    asked = [str(npm.NODE), str(HERE / "audits.mjs"), f"{base}/graphql"]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=120, check=True)
    return json.loads(done.stdout)


ASK_FOR_TYPE = {"2EA1", "28B9", "D6D5", "6A70"}
"""Audits that ask for `__type`: where introspection is closed they cannot pass."""


@pytest.mark.parametrize(
    ("environment", "missed"),
    [
        pytest.param({"ATLAS_DEVELOPMENT": "true"}, set(), id="in development"),
        pytest.param({}, set(), id="as it starts"),
        pytest.param({"ATLAS_INTROSPECTION": "false"}, ASK_FOR_TYPE, id="with introspection closed"),
    ],
)
def test_every_audit_is_passed(packages: None, tmp_path: Path, environment: dict[str, str], missed: set[str]) -> None:
    with serving(tmp_path / "atlas.db", **environment) as served:
        found = audited(served.base)

    failed = {item["id"]: item for item in found if item["status"] != "ok"}
    assert len(found) == 60
    assert failed.keys() == missed, failed
