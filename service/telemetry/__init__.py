"""Telemetry: a log line per request, metrics for Prometheus, spans for OpenTelemetry.

    TelemetryMiddleware  creates a RequestRecord in a context variable, and writes the log line and the metrics at the end
    engine               adds the document, the operation, the principal and the error code
    stores               add the time in the store

None of these contains the text of a document, a variable or a token.
"""

from service.telemetry.middleware import TelemetryMiddleware, begins_stream
from service.telemetry.records import OperationRecord, measure_store, record_document, record_rejection, request_id

__all__ = [
    "OperationRecord",
    "TelemetryMiddleware",
    "begins_stream",
    "measure_store",
    "record_document",
    "record_rejection",
    "request_id",
]
