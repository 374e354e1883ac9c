"""The audits of npm's graphql-http against a running service: conformance with the GraphQL over HTTP specification."""

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


def audit(base_url: str) -> list[dict[str, Any]]:
    command = [str(npm.NODE), str(HERE / "audits.mjs"), f"{base_url}/graphql"]
    process = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return json.loads(process.stdout)


INTROSPECTION_AUDITS = {"2EA1", "28B9", "D6D5", "6A70"}
"""Audits that query `__type`."""


@pytest.mark.parametrize(
    ("environment", "expected_failures"),
    [
        pytest.param({"ATLAS_DEVELOPMENT": "true"}, set(), id="development"),
        pytest.param({}, set(), id="default settings"),
        pytest.param({"ATLAS_INTROSPECTION": "false"}, INTROSPECTION_AUDITS, id="introspection disabled"),
    ],
)
def test_the_service_passes_every_audit(
    packages: None, tmp_path: Path, environment: dict[str, str], expected_failures: set[str]
) -> None:
    with serving(tmp_path / "atlas.db", **environment) as service:
        results = audit(service.base)

    failures = {result["id"]: result for result in results if result["status"] != "ok"}
    assert len(results) == 60
    assert failures.keys() == expected_failures, failures
