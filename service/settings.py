"""Settings: environment variables with the prefix ATLAS_, or options of the command with the same name."""

from __future__ import annotations

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from strawberry.http.websocket_origin import normalize_origin

from graph_seed import SHIPPED
from service.errors import SettingsError

_SQLITE = "sqlite:///"
_NEO4J_SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")


class Settings(BaseSettings):
    """All settings with their defaults. Descriptions appear in `serve --help` and in docs/reference/settings.md."""

    model_config = SettingsConfigDict(env_prefix="ATLAS_", extra="ignore", frozen=True, hide_input_in_errors=True)

    store: Annotated[
        str,
        Field(description="Database URL: sqlite:///PATH, or neo4j://HOST:PORT (also bolt://, +s and +ssc for TLS)."),
    ] = "sqlite:///framework-atlas.db"
    facts: Annotated[Path, Field(description="Folder of the facts that an empty store is filled with.")] = SHIPPED
    host: Annotated[str, Field(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="Port to listen on; 0 takes a free one.")] = 8000
    workers: Annotated[int, Field(ge=1, le=256, description="Number of worker processes.")] = 1
    connections: Annotated[
        int, Field(ge=1, description="Maximum connections per process; requests on further ones get a 503.")
    ] = 2000
    connections_per_address: Annotated[
        int, Field(ge=1, description="Maximum connections per process and client address, except for trusted proxies.")
    ] = 1000
    keep_alive: Annotated[
        int,
        Field(
            ge=0,
            description="Seconds until an idle connection is closed; a proxy must close its idle connections earlier.",
        ),
    ] = 65
    header_timeout: Annotated[
        float, Field(gt=0, description="Seconds for a client to send the headers of a request; then it gets a 408.")
    ] = 10.0
    body_timeout: Annotated[
        float, Field(gt=0, description="Seconds for a client to send the body of a request; then it gets a 408.")
    ] = 30.0
    write_timeout: Annotated[
        float, Field(gt=0, description="Seconds until a client that does not read its response is disconnected.")
    ] = 30.0
    stop_delay: Annotated[
        float,
        Field(ge=0, description="Shutdown: seconds during which only /readyz fails, for load balancers to notice."),
    ] = 0.0
    stop_timeout: Annotated[
        float,
        Field(
            gt=0,
            validate_default=True,
            description="Shutdown: maximum seconds, ATLAS_STOP_DELAY included; then running requests get a 503.",
        ),
    ] = 20.0
    development: Annotated[bool, Field(description="Show query plans and internal errors to all clients.")] = False
    introspection: Annotated[bool, Field(description="Allow introspection, and suggest names in error messages.")] = (
        True
    )
    allowed_origins: Annotated[
        str,
        Field(
            description="Origins whose pages may send requests (CORS, WebSocket), separated by commas; * allows all."
        ),
    ] = ""
    explorer: Annotated[bool, Field(description="Serve pages for browsers: /, /graphql, /graph.")] = True
    plan_cache: Annotated[
        int,
        Field(
            ge=1,
            description="Maximum number of documents and plans to cache per process, for an average of 1000 characters.",
        ),
    ] = 1024
    max_body: Annotated[int, Field(ge=1, description="Limit: bytes of a request body.")] = 1_000_000
    max_headers: Annotated[
        int,
        Field(
            ge=1024,
            description="Limit: bytes of the URL and the headers of a request; each header counts 32 bytes more.",
        ),
    ] = 65_536
    max_characters: Annotated[int, Field(ge=1, description="Limit: characters of a document.")] = 20_000
    max_lines: Annotated[int, Field(ge=1, description="Limit: lines of a document.")] = 2_000
    max_tokens: Annotated[int, Field(ge=1, description="Limit: tokens of a document.")] = 2_000
    max_depth: Annotated[
        int, Field(ge=1, le=100, description="Limit: nested fields of an operation; introspection has its own limit.")
    ] = 15
    max_fields: Annotated[
        int, Field(ge=1, description="Limit: fields of an operation; those of a fragment count wherever it is spread.")
    ] = 2_000
    max_repeats: Annotated[
        int, Field(ge=1, description="Limit: pairs of selections with the same response key at the same path.")
    ] = 10_000
    max_aliases: Annotated[int, Field(ge=0, description="Limit: different aliases of an operation.")] = 30
    max_root_fields: Annotated[int, Field(ge=1, le=100, description="Limit: root fields of an operation.")] = 20
    max_directives: Annotated[
        int, Field(ge=0, description="Limit: directives of an operation, counted like fields.")
    ] = 50
    max_items: Annotated[
        int,
        Field(
            ge=1,
            description="Limit: items of a list in an argument; all variables together can have ten times as many.",
        ),
    ] = 1_000
    max_text: Annotated[
        int,
        Field(
            ge=1,
            le=4_000,
            description="Limit: characters of a text to search for; a text to store can have ten times as many.",
        ),
    ] = 1_000
    max_conditions: Annotated[
        int,
        Field(
            ge=1, description="Limit: conditions in the filters of an operation; each makes Neo4j's planning slower."
        ),
    ] = 50
    max_page: Annotated[int, Field(ge=20, description="Limit: rows of a page. Without `first`, a page has 20.")] = 1_000
    max_nested_page: Annotated[int, Field(ge=20, description="Limit: rows of a page below another field.")] = 500
    max_cost: Annotated[
        int, Field(ge=1, description="Limit: rows that all pages of an operation can have together.")
    ] = 200_000
    persisted: Annotated[
        Path | None,
        Field(description="Folder of *.graphql files that clients can request by their SHA-256 (persisted queries)."),
    ] = None
    persisted_only: Annotated[
        bool, Field(description="Execute only the documents in that folder (trusted documents).")
    ] = False
    plan_ahead: Annotated[
        float,
        Field(
            ge=0,
            description="Maximum seconds that /readyz waits while Neo4j plans the queries of that folder and of the explorer; 0 disables it.",
        ),
    ] = 60.0
    apq_cache: Annotated[
        int,
        Field(ge=0, description="Maximum number of automatic persisted queries to cache per process; 0 disables them."),
    ] = 1000
    cache_seconds: Annotated[
        int,
        Field(ge=0, description="Seconds for which clients can reuse responses to GET without revalidation."),
    ] = 0
    changes_days: Annotated[
        float, Field(ge=0, description="The change log keeps changes of this many days, regardless of their number.")
    ] = 30.0
    changes_kept: Annotated[
        int, Field(ge=1, description="The change log keeps this many changes, regardless of their age.")
    ] = 100_000
    log_level: Annotated[str, Field(description="Minimum level of log messages: debug, info, warning or error.")] = (
        "info"
    )
    log_format: Annotated[
        Literal["auto", "text", "json"],
        Field(description="text, json (one object per line), or auto (text on a terminal, otherwise json)."),
    ] = "auto"
    metrics_port: Annotated[
        int | None,
        Field(
            ge=1,
            le=65535,
            description="Port for Prometheus without authentication; /metrics needs a token with the scope admin.",
        ),
    ] = None
    public_read: Annotated[bool, Field(description="Allow reading without a token.")] = True
    tokens: Annotated[
        SecretStr,
        Field(description="Static tokens as NAME:SCOPE:SHA256, separated by commas or spaces."),
    ] = SecretStr("")
    tokens_file: Annotated[Path | None, Field(description="File with further static tokens, one per line.")] = None
    jwt_key: Annotated[
        SecretStr,
        Field(description="JWT: key to verify them, a secret (HS256) or the issuer's public key in PEM (RS256)."),
    ] = SecretStr("")
    jwt_key_file: Annotated[Path | None, Field(description="JWT: file with the key.")] = None
    jwt_algorithm: Annotated[
        Literal["HS256", "RS256"],
        Field(description="JWT: the only accepted algorithm, HS256 or RS256."),
    ] = "HS256"
    jwt_issuer: Annotated[str | None, Field(description="JWT: required value of `iss`; mandatory with a key.")] = None
    jwt_audience: Annotated[str | None, Field(description="JWT: required value of `aud`; mandatory with a key.")] = None
    jwt_leeway: Annotated[
        int, Field(ge=0, le=300, description="JWT: seconds by which the clocks of issuer and service may differ.")
    ] = 30
    rate: Annotated[
        str,
        Field(
            description="Rate limit per token or, without a token, per client address, such as 600/minute; empty disables it."
        ),
    ] = "6000/minute"
    rate_store: Annotated[
        SecretStr,
        Field(description="Where requests are counted: memory:// per process, redis://HOST:PORT/0 for all processes."),
    ] = SecretStr("memory://")
    trusted_proxies: Annotated[
        str,
        Field(
            description="Addresses or networks of proxies whose X-Forwarded-For is used, separated by commas; * trusts all."
        ),
    ] = ""
    waiting: Annotated[
        int, Field(ge=0, description="Maximum requests per process that wait for the store; further ones get a 503.")
    ] = 500
    sqlite_timeout: Annotated[float, Field(gt=0, description="SQLite: maximum seconds of a request.")] = 15.0
    neo4j_user: Annotated[str, Field(description="Neo4j: user name.")] = "neo4j"
    neo4j_password: Annotated[SecretStr, Field(description="Neo4j: password.")] = SecretStr("")
    neo4j_database: Annotated[
        str | None, Field(description="Neo4j: name of the database; without it, the home database of the user.")
    ] = None
    neo4j_pool: Annotated[int, Field(ge=1, description="Neo4j: maximum connections per process.")] = 100
    neo4j_timeout: Annotated[float, Field(gt=0, description="Neo4j: maximum seconds of a request.")] = 15.0

    @field_validator("store")
    @classmethod
    def _check_store(cls, value: str) -> str:
        if value.startswith("sqlite:"):
            if value == _SQLITE or not value.startswith(_SQLITE):
                raise ValueError(
                    "use sqlite:///PATH; an absolute path has four slashes, as in sqlite:////var/lib/atlas.db"
                )
        elif "@" in value:
            raise ValueError("set the user and the password with ATLAS_NEO4J_USER and ATLAS_NEO4J_PASSWORD")
        elif not _is_neo4j(value):
            raise ValueError("use sqlite:///PATH or neo4j://HOST:PORT")
        return value

    @field_validator("stop_timeout")
    @classmethod
    def _check_stop_timeout(cls, value: float, info: ValidationInfo) -> float:
        delay = info.data.get("stop_delay", 0.0)
        if value <= delay:
            raise ValueError(f"must be greater than ATLAS_STOP_DELAY ({delay:g}), which it includes")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _check_trusted_proxies(cls, value: str) -> str:
        proxies = [proxy for proxy in value.replace(" ", "").split(",") if proxy]
        if "*" in proxies and len(proxies) > 1:  # uvicorn would take * for a host name
            raise ValueError("* trusts all proxies; use it alone or not at all")
        for proxy in proxies:
            if proxy != "*" and not _is_network(proxy):
                raise ValueError("use addresses or networks such as 10.0.0.2 or 10.0.0.0/8, separated by commas, or *")
        return ",".join(proxies)

    @field_validator("log_level")
    @classmethod
    def _check_log_level(cls, value: str) -> str:
        if value.lower() not in {"debug", "info", "warning", "error"}:
            raise ValueError("use debug, info, warning or error")
        return value.lower()

    @field_validator("allowed_origins")
    @classmethod
    def _check_allowed_origins(cls, value: str) -> str:
        for origin in value.split(","):
            if value.strip() and origin.strip() != "*" and _normalize_origin(origin) is None:
                raise ValueError("use origins such as https://app.example, in ASCII and without a path, or *")
        return value

    @property
    def origins(self) -> tuple[str, ...]:
        """The allowed origins as browsers send them: in lower case, without the default port of the scheme."""
        return tuple(
            _normalize_origin(origin) or origin.strip() for origin in self.allowed_origins.split(",") if origin.strip()
        )

    @property
    def sqlite_path(self) -> Path | None:
        """The file of an SQLite store; None for another store."""
        return Path(self.store.removeprefix(_SQLITE)) if self.store.startswith(_SQLITE) else None

    def as_environment(self) -> dict[str, str]:
        """Return the environment variables from which another process reads equal settings."""
        return {f"ATLAS_{name.upper()}": _text(value) for name, value in self.model_dump().items() if value is not None}


def read_settings(**overrides: Any) -> Settings:
    """Read the environment; an argument that is not None overrides its variable. Raises SettingsError with all errors."""
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        messages = (f"ATLAS_{'_'.join(map(str, item['loc'])).upper()}: {_message(item)}" for item in error.errors())
        raise SettingsError("\n".join(messages)) from error


def default_of(name: str) -> str | None:
    """Return the default of a setting as text; None if it has none."""
    default = Settings.model_fields[name].default
    if default == SHIPPED:
        return "the shipped facts"
    return None if default is None or _text(default) == "" else _text(default)


def _is_network(value: str) -> bool:
    try:
        ip_network(value)
    except ValueError:
        return False
    return True


def _normalize_origin(value: str) -> str | None:
    """Return an origin as browsers send it; None if it is invalid, or has a path, a user or a wildcard."""
    origin = normalize_origin(value)
    if origin is None or not origin.isascii() or urlsplit(value.strip())[2:] != ("", "", "") or {"@", "*"} & set(value):
        return None
    return origin


def _is_neo4j(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in _NEO4J_SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _text(value: Any) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _message(error: Any) -> str:
    """Return the message of a validation error, with the value unless it is a secret."""
    field = Settings.model_fields.get(str(error["loc"][0]))
    if field is not None and field.annotation is SecretStr:
        return str(error["msg"])
    value = re.sub(r"(?<=://).*@", "***@", str(error["input"]))  # it may contain a password
    return f"{error['msg'].removeprefix('Value error, ')} (got {value!r})"
