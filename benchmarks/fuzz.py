"""Send drawn requests, and tell of every answer that is a 5xx, slow or tells of the inside, and how memory grew.

    uv run python -m benchmarks.fuzz --inputs 100000 --store neo4j

What is drawn and what must hold is `tests/fuzzing.py`, which the tests use as well. The first request waits for `/readyz`, as a
load balancer does.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from functools import partial

from hypothesis import HealthCheck, Phase, given, seed, settings

from service.settings import Settings
from tests import neo4j_server
from tests.fuzzing import Sent, asking, requests
from tests.processes import resident


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--store", choices=("sqlite", "neo4j"), default="sqlite")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the same draws the same")
    asked = parser.parse_args()
    found: Counter[str] = Counter()
    times: list[float] = []
    with ExitStack() as stack:
        if asked.store == "neo4j":
            configured = stack.enter_context(neo4j_server.running()).settings
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            configured = partial(Settings, store=f"sqlite:///{folder}/atlas.db")
        ask = stack.enter_context(asking(configured(rate="")))
        sizes = [_megabytes()]
        begun = time.monotonic()
        each = min(5_000, asked.inputs)  # Hypothesis keeps what it has drawn
        for start in range(0, asked.inputs, each):

            @seed(asked.seed + start)
            @settings(
                max_examples=each,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate],
            )
            @given(sent=requests())
            def send(sent: Sent) -> None:
                before = time.perf_counter()
                for fault in ask(sent):
                    found[fault] += 1
                    print(f"{fault}: {sent!r:.3000}", flush=True)
                times.append(time.perf_counter() - before)

            send()
            sizes.append(_megabytes())
            print(f"{start + each:>8} inputs, {sizes[-1]:.0f} MB, {len(found)} faults", flush=True)
    times.sort()
    print(
        f"{len(times)} requests of seed {asked.seed} in {time.monotonic() - begun:.0f} s; the slowest {times[-1] * 1000:.0f} ms, of 1000 the "
        f"slowest but one {times[int(len(times) * 0.999)] * 1000:.0f} ms; memory {sizes[0]:.0f} -> {sizes[-1]:.0f} MB, drawing included"
    )
    for fault, count in found.most_common(50):
        print(count, fault)


def _megabytes() -> float:
    """How much memory the process holds now."""
    return resident(os.getpid()) / 1e6


if __name__ == "__main__":
    main()
