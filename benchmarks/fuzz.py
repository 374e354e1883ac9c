"""Send random requests. Report the responses that are a 5xx, slow or contain internal details, and the memory growth.

    uv run python -m benchmarks.fuzz --inputs 100000 --store neo4j

`tests/fuzzing.py` generates the requests and checks the answers; the tests use it as well. The first request waits for
`/readyz`, as a load balancer does.
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
from tests.fuzzing import Request, application, requests
from tests.processes import resident_bytes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--store", choices=("sqlite", "neo4j"), default="sqlite")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the same seed generates the same requests")
    arguments = parser.parse_args()
    problems: Counter[str] = Counter()
    times: list[float] = []
    with ExitStack() as stack:
        if arguments.store == "neo4j":
            read_settings = stack.enter_context(neo4j_server.running()).settings
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            read_settings = partial(Settings, store=f"sqlite:///{folder}/atlas.db")
        send = stack.enter_context(application(read_settings(rate="")))
        memory = [_megabytes()]
        started = time.monotonic()
        batch = min(5_000, arguments.inputs)  # Hypothesis keeps all examples of one run in memory
        for start in range(0, arguments.inputs, batch):

            @seed(arguments.seed + start)
            @settings(
                max_examples=batch,
                deadline=None,
                database=None,
                suppress_health_check=[
                    HealthCheck.too_slow,
                    HealthCheck.data_too_large,
                    HealthCheck.large_base_example,
                    HealthCheck.filter_too_much,
                ],
                phases=[Phase.generate],
            )
            @given(request=requests())
            def check(request: Request) -> None:
                before = time.perf_counter()
                for problem in send(request):
                    problems[problem] += 1
                    print(f"{problem}: {request!r:.3000}", flush=True)
                times.append(time.perf_counter() - before)

            check()
            memory.append(_megabytes())
            print(f"{start + batch:>8} requests, {memory[-1]:.0f} MB, {len(problems)} problems", flush=True)
    times.sort()
    print(
        f"{len(times)} requests with seed {arguments.seed} in {time.monotonic() - started:.0f} s; max "
        f"{times[-1] * 1000:.0f} ms, 1 in 1,000 over {times[int(len(times) * 0.999)] * 1000:.0f} ms; memory "
        f"{memory[0]:.0f} -> {memory[-1]:.0f} MB, Hypothesis included"
    )
    for problem, count in problems.most_common(50):
        print(count, problem)


def _megabytes() -> float:
    """The resident memory of this process."""
    return resident_bytes(os.getpid()) / 1e6


if __name__ == "__main__":
    main()
