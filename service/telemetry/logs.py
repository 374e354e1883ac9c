"""Logging: requests to standard output, everything else to standard error, as text or as one JSON object per line."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from service.telemetry.records import RequestRecord, current

log = logging.getLogger("atlas.requests")

_DEBUG_ONLY = ("/healthz", "/readyz", "/metrics", "/assets/")
_IN_MESSAGE = frozenset({"method", "path", "status"})


def configuration(format_: Literal["auto", "text", "json"], level: str) -> dict[str, Any]:
    """Return the configuration for `logging.config.dictConfig`. The format `auto` is text on a terminal, otherwise JSON."""
    if format_ == "auto":
        format_ = "text" if sys.stdout.isatty() else "json"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"atlas": {"()": JsonFormatter if format_ == "json" else TextFormatter}},
        "handlers": {
            name: {"class": "logging.StreamHandler", "formatter": "atlas", "stream": f"ext://sys.{name}"}
            for name in ("stdout", "stderr")
        },
        "filters": {"handshakes": {"()": WithoutHandshakes}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "uvicorn": {"level": level.upper()},
            # At the level debug, uvicorn and websockets log headers and messages, which may contain tokens.
            "uvicorn.error": {"level": "INFO" if level == "debug" else level.upper(), "filters": ["handshakes"]},
            "atlas": {"level": level.upper()},
            "atlas.requests": {"handlers": ["stdout"], "propagate": False},
        },
    }


def log_request(record: RequestRecord, method: str, path: str, status: int, seconds: float) -> None:
    """Write the log line of a request; those of probes and assets have the level debug."""
    level = logging.DEBUG if path.startswith(_DEBUG_ONLY) else logging.INFO
    if not log.isEnabledFor(level):
        return
    fields = {
        "request": record.request_id,
        "method": method,
        "path": path,
        "status": status,
        "milliseconds": round(seconds * 1000, 2),
        "store_milliseconds": round(record.store_seconds * 1000, 2),
        "operation": record.operation,
        "name": record.name,
        "document": record.document,
        "principal": record.principal,
        "code": record.code,
    }
    present = {name: value for name, value in fields.items() if value is not None}
    log.log(level, "%s %s %d", method, path, status, extra={"atlas": present})


class WithoutHandshakes(logging.Filter):
    """Removes uvicorn's log line of each WebSocket: its query string may contain a token. Our own line replaces it."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (isinstance(record.msg, str) and record.msg.startswith('%s - "WebSocket '))


class JsonFormatter(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            **(getattr(record, "atlas", None) or {"message": record.getMessage()}),
        }
        if "request" not in fields and (request := current.get()):
            fields["request"] = request.request_id
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(fields, default=str).decode()


class TextFormatter(logging.Formatter):
    """One line of text, with a traceback below."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = getattr(record, "atlas", {})
        line = f"{_time(record)} {record.levelname.lower()} {record.getMessage()}"
        line += "".join(f" {name}={value}" for name, value in fields.items() if name not in _IN_MESSAGE)
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
