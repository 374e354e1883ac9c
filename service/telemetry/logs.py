"""How the log is written: requests on the standard output, all else on the standard error; text, or a JSON object a line."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from service.telemetry.records import RequestRecord, current

log = logging.getLogger("atlas.requests")

_QUIET = ("/healthz", "/readyz", "/metrics", "/assets/")


def configuration(form: Literal["auto", "text", "json"], level: str) -> dict[str, Any]:
    """What `logging.config.dictConfig` takes, in any process; `auto` is text on a terminal and JSON elsewhere."""
    if form == "auto":
        form = "text" if sys.stdout.isatty() else "json"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"atlas": {"()": JsonFormatter if form == "json" else TextFormatter}},
        "handlers": {
            name: {"class": "logging.StreamHandler", "formatter": "atlas", "stream": f"ext://sys.{name}"}
            for name in ("stdout", "stderr")
        },
        "filters": {"handshakes": {"()": WithoutHandshakes}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "uvicorn": {"level": level.upper()},
            "uvicorn.error": {"level": "INFO" if level == "debug" else level.upper(), "filters": ["handshakes"]},
            "atlas": {"level": level.upper()},
            "atlas.requests": {"handlers": ["stdout"], "propagate": False},
        },
    }


def log_request(notes: RequestRecord, method: str, path: str, status: int, seconds: float) -> None:
    """Write the one line of a request; probes and assets are told at the level debug only."""
    level = logging.DEBUG if path.startswith(_QUIET) else logging.INFO
    if not log.isEnabledFor(level):
        return
    fields = {
        "request": notes.request_id,
        "method": method,
        "path": path,
        "status": status,
        "milliseconds": round(seconds * 1000, 2),
        "store_milliseconds": round(notes.store_seconds * 1000, 2),
        "operation": notes.operation,
        "name": notes.name,
        "document": notes.document,
        "principal": notes.principal,
        "code": notes.code,
    }
    told = {name: value for name, value in fields.items() if value is not None}
    log.log(level, "%s %s %d", method, path, status, extra={"atlas": told})


class WithoutHandshakes(logging.Filter):
    """Drops uvicorn's own line of each WebSocket, which tells the query string, where a client may have put a token; our line
    of the request says the rest. What uvicorn and websockets say at the level debug (headers, messages) is not asked for.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return not (isinstance(record.msg, str) and record.msg.startswith('%s - "WebSocket '))


class JsonFormatter(logging.Formatter):
    """A JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {"time": _time(record), "level": record.levelname.lower(), "logger": record.name}
        given = getattr(record, "atlas", None)
        told |= given or {"message": record.getMessage()}
        if "request" not in told and (notes := current.get()):
            told["request"] = notes.request_id
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(told, default=str).decode()


class TextFormatter(logging.Formatter):
    """A line for people."""

    def format(self, record: logging.LogRecord) -> str:
        told = f"{_time(record)} {record.levelname.lower()} {record.getMessage()}"
        given: dict[str, Any] = getattr(record, "atlas", {})
        told += "".join(f" {name}={value}" for name, value in given.items() if name not in {"method", "path", "status"})
        return f"{told}\n{self.formatException(record.exc_info)}" if record.exc_info else told


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
