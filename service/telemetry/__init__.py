"""What operators see of the service: a line of the log for each request, numbers for Prometheus, spans for OpenTelemetry.

    request --Observed--> Notes, in a context variable --> engine: which operation, whose --> gates of the stores: how long
                            at the end: one line, a few numbers, the span's attributes

None of them ever holds a document's text, a variable or a token.
"""

from service.telemetry.middleware import TelemetryMiddleware, begins_stream
from service.telemetry.records import OperationRecord, record_document, record_rejection, request_id, statement

__all__ = [
    "OperationRecord",
    "TelemetryMiddleware",
    "begins_stream",
    "record_document",
    "record_rejection",
    "request_id",
    "statement",
]
