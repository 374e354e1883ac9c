"""Metrics for Prometheus. No label contains text that a client chooses.

Several processes keep their metrics in files of a shared folder, and the process that answers adds them up
(https://prometheus.github.io/client_python/multiprocess/). prometheus_client requires that the environment names the folder
before this module is imported.
"""

from __future__ import annotations

import os

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from service.errors import ErrorCode

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_BUCKETS = 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0
_LABELLED_CODES = frozenset(ErrorCode)

REQUESTS = Counter("atlas_requests", "Requests, by type of operation and status.", ["operation", "status"])
REQUEST_SECONDS = Histogram("atlas_request_seconds", "Duration of requests.", ["operation"], buckets=_BUCKETS)
STORE_SECONDS = Histogram(
    "atlas_store_seconds", "Time in the store, its queue included.", ["store", "work"], buckets=_BUCKETS
)
IN_FLIGHT = Gauge("atlas_requests_in_flight", "Requests that are being executed.", multiprocess_mode="livesum")
SUBSCRIPTIONS = Gauge("atlas_subscriptions_open", "Open subscriptions.", multiprocess_mode="livesum")
PLANS = Counter("atlas_plans", "Operations, by whether their plan was cached.", ["cache"])
_REJECTIONS = Counter("atlas_refusals", "Operations that were answered with an error, by its code.", ["code"])


def count_rejection(code: str) -> None:
    """Count an operation whose response is an error."""
    _REJECTIONS.labels(code if code in _LABELLED_CODES else "OTHER").inc()


def exposition() -> bytes:
    """Return the metrics of all processes, in the text format of Prometheus."""
    return generate_latest(_registry())


def serve(host: str, port: int) -> None:
    """Serve the metrics on a separate port, in a thread, until the process ends. Raises OSError."""
    start_http_server(port, host, _registry())


def forget_process(pid: int) -> None:
    """Remove the gauges of a process that has ended."""
    if folder := os.environ.get(FOLDER_VARIABLE):
        mark_process_dead(pid, folder)


def _registry() -> CollectorRegistry:
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry, folder)
    return registry
