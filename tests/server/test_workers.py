"""Worker processes: they serve together, are restarted on SIGHUP, and stop together."""

from __future__ import annotations

import signal
from pathlib import Path

import httpx

from tests.commands import responds, serving, wait_until
from tests.queries import response_with_cost

DJANGO = '{ framework(slug: "django") { name } }'


def test_two_workers_serve_and_stop_together(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'atlas.db'}"
    with serving(None, ATLAS_STORE=store, ATLAS_WORKERS="2", ATLAS_EXPLORER="false") as service:
        request = {"url": f"{service.base}/graphql", "timeout": 30}
        wait_until(lambda: len(service.processes()) >= 3, "both workers run")
        answers = [httpx.post(**request, json={"query": DJANGO}).json() for _ in range(20)]
        page = httpx.get(**request, headers={"accept": "text/html"})

        service.process.send_signal(signal.SIGTERM)
        service.process.wait(20)
        wait_until(lambda: not service.processes(), "no process is left", seconds=20)

    assert service.first_line == f"Framework Atlas on {service.base}/graphql, from {store}\n"
    assert answers == [response_with_cost(1, {"framework": {"name": "Django"}})] * 20
    assert page.status_code == 406
    assert not responds(service.base)


def test_a_hangup_replaces_each_worker_without_an_interruption(seeded: Path) -> None:
    with serving(seeded, "--workers", "2") as service, httpx.Client(base_url=service.base, timeout=30) as http:
        wait_until(lambda: len(service.processes()) >= 3, "both workers run")
        before = service.processes()
        statuses = set()

        def is_replaced() -> bool:
            statuses.add(http.post("/graphql", json={"query": DJANGO}).status_code)
            now = service.processes()
            return len(now - before) == 2 and len(before - now) == 2

        service.process.send_signal(signal.SIGHUP)
        wait_until(is_replaced, "both workers are replaced")

    assert statuses == {200}
