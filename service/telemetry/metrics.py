"""The numbers that Prometheus reads. No label holds anything that a client chooses.

With several processes each keeps its numbers in files of one folder, and whoever is asked adds them up: the way of
https://prometheus.github.io/client_python/multiprocess/. The folder must be named before this module is imported.
"""

from __future__ import annotations

import os

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from service.errors import NO_CODE, ErrorCode

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_BUCKETS = 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0
REQUESTS = Counter("atlas_requests", "Requests by kind of operation and status.", ["operation", "status"])
REQUEST_SECONDS = Histogram("atlas_request_seconds", "Until they were answered.", ["operation"], buckets=_BUCKETS)
STORE_SECONDS = Histogram("atlas_store_seconds", "In the store or waiting for it.", ["store", "work"], buckets=_BUCKETS)
IN_FLIGHT = Gauge("atlas_requests_in_flight", "Requests that are being answered.", multiprocess_mode="livesum")
SUBSCRIPTIONS = Gauge("atlas_subscriptions_open", "Subscriptions that are open.", multiprocess_mode="livesum")
PLANS = Counter("atlas_plans", "Operations by whether their plan was known.", ["cache"])
_CODES = frozenset(ErrorCode) | {NO_CODE}
_REFUSALS = Counter("atlas_refusals", "Operations that were answered by an error, by its code.", ["code"])


def refused(code: str) -> None:
    """Count an operation that is answered by an error."""
    _REFUSALS.labels(code if code in _CODES else "OTHER").inc()


def exposition() -> bytes:
    """All numbers, of all processes, as Prometheus reads them."""
    return generate_latest(_registry())


def serve(host: str, port: int) -> None:
    """Answer Prometheus on a port of its own, in a thread, until the process ends; raises OSError."""
    start_http_server(port, host, _registry())


def forget(process: int) -> None:
    """A process has ended: what was in flight in it is no more."""
    if folder := os.environ.get(FOLDER):
        mark_process_dead(process, folder)


def _registry() -> CollectorRegistry:
    folder = os.environ.get(FOLDER)
    if not folder:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry, folder)
    return registry
