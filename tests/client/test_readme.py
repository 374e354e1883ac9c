"""The code of the client's README runs, against a service, and so does what the service's README says of the client."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

from framework_atlas import Client
from tests.client.conftest import WRITER

README = Path(__file__).parents[2] / "client" / "README.md"
SERVICE = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README.read_text("utf-8"), re.DOTALL | re.MULTILINE)
BLOCKS += re.findall(r"^```py\n(.*?)^```$", SERVICE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
TOLD = [
    r"Django",
    r"[0-9a-f]+\.\d+",
    r"\d+ \['Django', .*\]",
    r"\d+",
    r"written\nLitestar",
    r"UPSERT FRAMEWORK \S+",
    "Django",
]


@pytest.mark.parametrize(("block", "told"), [*zip(BLOCKS, TOLD, strict=True)])
def test_the_code_says_what_it_should(block: str, told: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATLAS_TOKEN", WRITER.token)
    written = block.replace("http://127.0.0.1:8000/graphql", url)
    if "subscribe(DOCUMENT)" in written:  # somebody must change something meanwhile; here it was a moment ago
        with Client(url, token=WRITER.token) as client:
            begin = client.execute("{ graph { version } }")["graph"]["version"]
            given = {"slug": "readme", "name": f"From {begin}"}
            write = "mutation ($input: FrameworkInput!) { upsertFramework(input: $input) { __typename } }"
            client.execute(write, {"input": given})
        written = written.replace("subscribe(DOCUMENT)", f"subscribe(DOCUMENT, after={begin!r})")
    said = io.StringIO()

    with contextlib.redirect_stdout(said):
        exec(compile(written, str(README), "exec"), {"__name__": "__main__"})  # noqa: S102 - what people are told to run

    assert re.fullmatch(told, said.getvalue().strip()), said.getvalue()
