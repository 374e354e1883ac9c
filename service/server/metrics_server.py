"""Serve metrics on a separate port, and share them between processes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from service.errors import AtlasError
from service.settings import Settings
from service.telemetry import metrics


def serve_metrics(settings: Settings) -> None:
    """Serve metrics on ATLAS_METRICS_PORT, if it is set. Raises AtlasError if the port is not available."""
    if settings.metrics_port is None:
        return
    try:
        metrics.serve(settings.host, settings.metrics_port)
    except OSError as error:
        raise AtlasError(f"cannot listen on {settings.host}:{settings.metrics_port}: {error.strerror}.") from error


@contextmanager
def shared_metrics() -> Iterator[None]:
    """Create a temporary folder for the metrics of all workers, which read its name from the environment."""
    with TemporaryDirectory(prefix="framework-atlas-metrics-") as folder:
        os.environ[metrics.FOLDER_VARIABLE] = folder
        try:
            yield
        finally:
            del os.environ[metrics.FOLDER_VARIABLE]
