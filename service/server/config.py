"""uvicorn's configuration, extended by timeouts and limits that uvicorn does not have."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_network

import uvicorn

from service.app import create_app
from service.server.connections import ConnectionLimits
from service.settings import Settings
from service.telemetry import logs

_WORKER_HEALTH_CHECK_SECONDS = 60  # on a busy machine, a worker may need this long to import everything
_ANY_ADDRESS = ("0.0.0.0/0", "::/0")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Time limits in seconds."""

    header: float
    body: float
    write: float
    stop: float
    stop_delay: float


class ServerConfig(uvicorn.Config):
    """The configuration of one process. uvicorn pickles it for each worker, so that each has its own connection limits."""

    timeouts: Timeouts
    max_header_bytes: int
    connection_limits: ConnectionLimits
    draining = False
    """Whether the process is about to stop: responses close their connections."""


def server_config(settings: Settings, port: int, http_protocol: type) -> ServerConfig:
    single = settings.workers == 1
    config = ServerConfig(
        create_app(settings) if single else "service.app:create_app",
        factory=not single,
        workers=settings.workers,
        host=settings.host,
        port=port,
        http=http_protocol,
        log_config=logs.configuration(settings.log_format, settings.log_level),
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),  # uvicorn's default trusts every process of this machine
        forwarded_allow_ips=settings.trusted_proxies or None,
        ws_max_size=settings.max_body,
        limit_concurrency=settings.connections,
        timeout_keep_alive=settings.keep_alive,
        timeout_worker_healthcheck=_WORKER_HEALTH_CHECK_SECONDS,
    )
    config.timeouts = Timeouts(
        settings.header_timeout,
        settings.body_timeout,
        settings.write_timeout,
        settings.stop_timeout,
        settings.stop_delay,
    )
    config.max_header_bytes = settings.max_headers
    trusted = _ANY_ADDRESS if settings.trusted_proxies == "*" else filter(None, settings.trusted_proxies.split(","))
    config.connection_limits = ConnectionLimits(
        settings.connections, settings.connections_per_address, tuple(map(ip_network, trusted))
    )
    return config
