"""Run the code blocks of a page: GraphQL, shell commands and Python, against a service."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from graphql import OperationDefinitionNode, OperationType, parse

from tests.docs.markdown import Block

ADDRESS = "http://127.0.0.1:8000"
"""The address of the service as the pages write it."""

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent
_SERVE_ONCE = Path(__file__).with_name("serve_once.py")
_SECONDS = 60
_WIDTH = 120


@dataclass(frozen=True, slots=True)
class Environment:
    """Where the blocks of a page run: a folder of their own, a service, and a token for it."""

    folder: Path
    base: str
    token: str

    def execute(self, document: str, variables: dict[str, Any] | None = None, **extensions: bool) -> dict[str, Any]:
        body = {"query": document, "variables": variables, "extensions": extensions}
        headers = {"authorization": f"Bearer {self.token}"}
        return httpx.post(f"{self.base}/graphql", json=body, headers=headers, timeout=_SECONDS).json()

    def variables(self) -> dict[str, str]:
        """The environment variables of a shell command: its programs are found before those of the machine."""
        path = os.pathsep.join([str(self.folder / "bin"), str(PROGRAMS), os.environ["PATH"]])
        ours = {name: value for name, value in os.environ.items() if not name.startswith("ATLAS_")}
        return {**ours, "PATH": path, "ATLAS_TOKEN": self.token}


def run(block: Block, variables: dict[str, Any] | None, environment: Environment) -> str:
    """Run a block and return its output; for GraphQL the response as JSON."""
    text = block.text.replace(ADDRESS, environment.base)
    with _changes(environment) if "subscri" in text else contextlib.nullcontext():
        match block.language:
            case "graphql":
                output = _run_graphql(text, variables, environment)
            case "sh":
                output = _run_shell(block, text, environment)
            case _:
                output = _run_python(block, text)
    return output.replace(environment.base, ADDRESS)


def write_programs(folder: Path, command: Path) -> None:
    """Write the programs that replace those that would not return: `uv run`, `serve`, and a curl that receives events.

    `command` runs every `framework-atlas` but `serve`.
    """
    programs = folder / "bin"
    programs.mkdir()
    scripts = {
        "uv": '[ "$1" = run ] || { echo "the tests cannot run: uv $*" >&2; exit 1; }\nshift\nexec "$@"\n',
        "framework-atlas": f'[ "$1" = serve ] || exec "{command}" "$@"\n'
        f'shift\nexec "{sys.executable}" -S "{_SERVE_ONCE}" "{PROGRAMS}/framework-atlas" "$@"\n',
        # curl ends with 28 when its time is over.
        "curl": 'PATH=${PATH#*:}\ncase "$*" in *--fail*) ;; *) set -- --fail-with-body "$@" ;; esac\n'
        'case "$*" in *" -N "*) curl -sS --max-time 2 "$@" || [ $? = 28 ] ;; *) exec curl -sS "$@" ;; esac\n',
    }
    for name, script in scripts.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}", "utf-8")
        (programs / name).chmod(0o755)


def _run_graphql(text: str, variables: dict[str, Any] | None, environment: Environment) -> str:
    operations = [item for item in parse(text).definitions if isinstance(item, OperationDefinitionNode)]
    if operations[0].operation is not OperationType.SUBSCRIPTION:
        return json.dumps(environment.execute(text, variables))
    headers = {"accept": "text/event-stream", "authorization": f"Bearer {environment.token}"}
    body = {"query": text, "variables": variables}
    with httpx.stream("POST", f"{environment.base}/graphql", json=body, headers=headers, timeout=_SECONDS) as response:
        return next(line.removeprefix("data: ") for line in response.iter_lines() if line.startswith("data: {"))


def _run_shell(block: Block, text: str, environment: Environment) -> str:
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=environment.folder,
        env=environment.variables(),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert ran.returncode == 0, f"{block}: exit code {ran.returncode}\n{ran.stdout}{ran.stderr}"
    return ran.stdout


def _run_python(block: Block, text: str) -> str:
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        code = compile("\n" * block.line + text, str(block.page), "exec")
        exec(code, {"__name__": "__main__"})  # noqa: S102 - the pages tell readers to run it
    return output.getvalue()


def statement(block: Block, environment: Environment) -> str:
    """The statement that a query becomes, with lines that fit a page."""
    explained = environment.execute(block.text, explain=True)["extensions"]["explain"]["statements"]
    return textwrap.fill(explained[0]["text"], _WIDTH, break_long_words=False, break_on_hyphens=False)


@contextmanager
def _changes(environment: Environment) -> Iterator[None]:
    """Change the graph again and again, so that a subscription has something to report."""
    stopped = threading.Event()
    document = 'mutation ($name: String!) { upsertFramework(input: {slug: "flask", name: $name}) { __typename } }'

    def change() -> None:
        number = 0
        while not stopped.wait(0.2):
            number += 1
            environment.execute(document, {"name": f"Flask {number % 2}"})

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
        environment.execute(document, {"name": "Flask"})
