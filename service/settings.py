"""What an operator can set: environment variables with the prefix ATLAS_, or the command's options of the same name."""

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
    """All settings, each with its default. A field's description is what `serve --help` and the README say of it."""

    model_config = SettingsConfigDict(env_prefix="ATLAS_", extra="ignore", frozen=True, hide_input_in_errors=True)

    store: Annotated[
        str,
        Field(
            description="Where the graph lies: sqlite:///PATH, or neo4j://HOST:PORT (also bolt://, +s and +ssc for TLS)."
        ),
    ] = "sqlite:///framework-atlas.db"
    facts: Annotated[Path, Field(description="The folder of facts that an empty store is filled with.")] = SHIPPED
    host: Annotated[str, Field(description="The address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="The port to listen on; 0 takes a free one.")] = 8000
    workers: Annotated[int, Field(ge=1, le=256, description="How many processes serve.")] = 1
    connections: Annotated[
        int, Field(ge=1, description="Connections of each process at the most; requests on others get a 503.")
    ] = 2000
    connections_per_address: Annotated[
        int, Field(ge=1, description="Of these, at the most so many of one address, unless it is a trusted proxy.")
    ] = 1000
    keep_alive: Annotated[
        int, Field(ge=0, description="Seconds after which an idle connection is closed; more than a proxy keeps it.")
    ] = 65
    header_timeout: Annotated[
        float, Field(gt=0, description="Seconds within which a request's headers must have come, or else it is a 408.")
    ] = 10.0
    body_timeout: Annotated[float, Field(gt=0, description="Seconds within which the body must follow.")] = 30.0
    write_timeout: Annotated[
        float, Field(gt=0, description="Seconds after which a client that does not read its answer is cut off.")
    ] = 30.0
    stop_delay: Annotated[
        float,
        Field(
            ge=0, description="Stopping: for so many seconds only /readyz says so, until load balancers have noticed."
        ),
    ] = 0.0
    stop_timeout: Annotated[
        float,
        Field(gt=0, validate_default=True, description="Stopping: seconds until it has ended, whatever still runs."),
    ] = 20.0
    development: Annotated[
        bool, Field(description="Whether everybody is shown how queries are answered, and what goes wrong inside.")
    ] = False
    introspection: Annotated[
        bool, Field(description="Whether clients may ask about the schema, and are told what they may have meant.")
    ] = True
    allowed_origins: Annotated[
        str,
        Field(description="Sites whose pages may ask from a browser (CORS, WebSocket), commas between; * is all."),
    ] = ""
    explorer: Annotated[bool, Field(description="Whether browsers get pages: /, /graphql, /graph.")] = True
    plan_cache: Annotated[
        int,
        Field(ge=1, description="How many documents and plans each process remembers, of 1000 characters on average."),
    ] = 1024
    max_body: Annotated[int, Field(ge=1, description="Limit: bytes of a request's body.")] = 1_000_000
    max_headers: Annotated[
        int,
        Field(ge=1024, description="Limit: bytes of a request's URL and headers; each header counts 32 bytes more."),
    ] = 65_536
    max_characters: Annotated[int, Field(ge=1, description="Limit: characters of a document.")] = 20_000
    max_lines: Annotated[
        int, Field(ge=1, description="Limit: lines of a document, which are counted for the place of each error.")
    ] = 2_000
    max_tokens: Annotated[int, Field(ge=1, description="Limit: tokens of a document.")] = 2_000
    max_depth: Annotated[
        int, Field(ge=1, le=100, description="Limit: fields below fields; questions about the schema do not count.")
    ] = 15
    max_fields: Annotated[
        int, Field(ge=1, description="Limit: fields of an operation, those of a fragment wherever it is spread.")
    ] = 2_000
    max_repeats: Annotated[
        int, Field(ge=1, description="Limit: pairs of selections that answer by the same key in the same place.")
    ] = 10_000
    max_aliases: Annotated[int, Field(ge=0, description="Limit: different aliases of an operation.")] = 30
    max_root_fields: Annotated[int, Field(ge=1, le=100, description="Limit: root fields of an operation.")] = 20
    max_directives: Annotated[int, Field(ge=0, description="Limit: directives, counted like fields.")] = 50
    max_items: Annotated[
        int,
        Field(
            ge=1, description="Limit: items of a list in an argument; all variables together hold ten times as many."
        ),
    ] = 1_000
    max_text: Annotated[
        int,
        Field(
            ge=1,
            le=4_000,
            description="Limit: characters of a text to look for; one to keep has ten times as many at most.",
        ),
    ] = 1_000
    max_conditions: Annotated[
        int, Field(ge=1, description="Limit: conditions in the filters of an operation; Neo4j plans each for long.")
    ] = 50
    max_page: Annotated[int, Field(ge=20, description="Limit: rows of a page; 20 are meant where nothing is said.")] = (
        1_000
    )
    max_nested_page: Annotated[int, Field(ge=20, description="Limit: rows of a page below another field.")] = 500
    max_cost: Annotated[
        int, Field(ge=1, description="Limit: rows that the pages of an operation can hold together.")
    ] = 200_000
    persisted: Annotated[
        Path | None, Field(description="A folder of *.graphql files: documents that clients may name by their SHA-256.")
    ] = None
    persisted_only: Annotated[bool, Field(description="Whether nothing but that folder's documents is answered.")] = (
        False
    )
    plan_ahead: Annotated[
        float,
        Field(
            ge=0,
            description="Seconds that /readyz waits at the most for Neo4j's plans of that folder's and the explorer's queries; 0: none.",
        ),
    ] = 60.0
    apq_cache: Annotated[
        int, Field(ge=0, description="How many documents sent with their SHA-256 each process keeps (APQ); 0: none.")
    ] = 1000
    cache_seconds: Annotated[
        int,
        Field(ge=0, description="For how many seconds answers to GET may be reused without asking; 0: ask each time."),
    ] = 0
    changes_days: Annotated[
        float, Field(ge=0, description="Changes of the last so many days are kept in the log, whatever their number.")
    ] = 30.0
    changes_kept: Annotated[
        int, Field(ge=1, description="The last so many changes are kept in the log, whatever their age.")
    ] = 100_000
    log_level: Annotated[str, Field(description="debug, info, warning or error.")] = "info"
    log_format: Annotated[
        Literal["auto", "text", "json"],
        Field(description="auto, text or json (an object a line); auto is text on a terminal."),
    ] = "auto"
    metrics_port: Annotated[
        int | None,
        Field(ge=1, le=65535, description="A port for Prometheus alone; /metrics asks for a token of the scope admin."),
    ] = None
    public_read: Annotated[bool, Field(description="Whether reading needs no token.")] = True
    tokens: Annotated[
        SecretStr,
        Field(description="Tokens by their hashes: NAME:SCOPE:SHA256, several with commas or spaces between."),
    ] = SecretStr("")
    tokens_file: Annotated[Path | None, Field(description="A file that holds more of them, a line each.")] = None
    jwt_key: Annotated[
        SecretStr,
        Field(description="JWT: the key that signs them, a secret (HS256) or the issuer's public key in PEM (RS256)."),
    ] = SecretStr("")
    jwt_key_file: Annotated[Path | None, Field(description="JWT: the file that holds the key instead.")] = None
    jwt_algorithm: Annotated[
        Literal["HS256", "RS256"],
        Field(description="JWT: HS256 or RS256, whatever a token says of itself."),
    ] = "HS256"
    jwt_issuer: Annotated[str | None, Field(description="JWT: what `iss` must be; needed with a key.")] = None
    jwt_audience: Annotated[str | None, Field(description="JWT: what `aud` must name; needed with a key.")] = None
    jwt_leeway: Annotated[
        int, Field(ge=0, le=300, description="JWT: by how many seconds the issuer's clock and ours may differ.")
    ] = 30
    rate: Annotated[
        str,
        Field(description="How often a token, or else an address, may ask: 600/minute, 20/second; empty: no limit."),
    ] = "6000/minute"
    rate_store: Annotated[
        SecretStr, Field(description="Where that is counted: memory:// in each process, redis://HOST:PORT/0 for all.")
    ] = SecretStr("memory://")
    trusted_proxies: Annotated[
        str,
        Field(description="Addresses or networks of proxies whose X-Forwarded-For is believed, with commas; *: any."),
    ] = ""
    waiting: Annotated[
        int, Field(ge=0, description="Requests of each process that may wait for the store; others get a 503 at once.")
    ] = 500
    sqlite_timeout: Annotated[
        float, Field(gt=0, description="SQLite: seconds within which every request is answered or refused.")
    ] = 15.0
    neo4j_user: Annotated[str, Field(description="Neo4j: the user.")] = "neo4j"
    neo4j_password: Annotated[SecretStr, Field(description="Neo4j: the password.")] = SecretStr("")
    neo4j_database: Annotated[
        str | None, Field(description="Neo4j: the database; the user's home database when not set.")
    ] = None
    neo4j_pool: Annotated[int, Field(ge=1, description="Neo4j: connections of each process at the most.")] = 100
    neo4j_timeout: Annotated[
        float, Field(gt=0, description="Neo4j: seconds within which every request is answered or refused.")
    ] = 15.0

    @field_validator("store")
    @classmethod
    def _known_store(cls, value: str) -> str:
        if value.startswith("sqlite:"):
            if value == _SQLITE or not value.startswith(_SQLITE):
                raise ValueError(
                    "write sqlite:///PATH; a path from the root has four slashes, sqlite:////var/lib/atlas.db"
                )
        elif "@" in value:
            raise ValueError("user and password have settings of their own, ATLAS_NEO4J_USER and ATLAS_NEO4J_PASSWORD")
        elif not _is_neo4j(value):
            raise ValueError("write sqlite:///PATH or neo4j://HOST:PORT")
        return value

    @field_validator("stop_timeout")
    @classmethod
    def _longer_than_its_delay(cls, value: float, given: ValidationInfo) -> float:
        delay = given.data.get("stop_delay", 0.0)
        if value <= delay:
            raise ValueError(f"write more seconds than the {delay:g} of ATLAS_STOP_DELAY, which are part of them")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _known_proxies(cls, value: str) -> str:
        proxies = [proxy for proxy in value.replace(" ", "").split(",") if proxy]
        if "*" in proxies and len(proxies) > 1:  # uvicorn would take it for the name of a host
            raise ValueError("* is any proxy: write it alone, or leave it out")
        for proxy in proxies:
            if proxy != "*" and not _is_network(proxy):
                raise ValueError(
                    "write addresses or networks, such as 10.0.0.2 or 10.0.0.0/8, with commas between, or *"
                )
        return ",".join(proxies)

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.lower() not in {"debug", "info", "warning", "error"}:
            raise ValueError("write debug, info, warning or error")
        return value.lower()

    @field_validator("allowed_origins")
    @classmethod
    def _known_origins(cls, value: str) -> str:
        for origin in value.split(","):
            if value.strip() and origin.strip() != "*" and _origin(origin) is None:
                raise ValueError("write origins such as https://app.example, in ASCII and without a path, or *")
        return value

    @property
    def origins(self) -> tuple[str, ...]:
        """The sites whose pages may ask, as browsers name them: in lower case, without the scheme's own port."""
        return tuple(_origin(given) or given.strip() for given in self.allowed_origins.split(",") if given.strip())

    @property
    def sqlite_path(self) -> Path | None:
        """The file of an SQLite store; None for another store."""
        return Path(self.store.removeprefix(_SQLITE)) if self.store.startswith(_SQLITE) else None

    def as_environment(self) -> dict[str, str]:
        """The variables that make another process read these very settings."""
        return {f"ATLAS_{name.upper()}": _text(value) for name, value in self.model_dump().items() if value is not None}


def read_settings(**given: Any) -> Settings:
    """Read the environment; what is given and not None goes before it. Raises SettingsError."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        faults = (f"ATLAS_{'_'.join(map(str, item['loc'])).upper()}: {_told(item)}" for item in error.errors())
        raise SettingsError("\n".join(faults)) from error


def default_of(name: str) -> str | None:
    """What a setting is when nobody sets it, in words; None where it is nothing."""
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


def _origin(value: str) -> str | None:
    """A site as browsers name it; None where that is none, or holds more than a browser says or a pattern."""
    named = normalize_origin(value)
    if named is None or not named.isascii() or urlsplit(value.strip())[2:] != ("", "", "") or {"@", "*"} & set(value):
        return None
    return named


def _is_neo4j(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in _NEO4J_SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _text(value: Any) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _told(fault: Any) -> str:
    field = Settings.model_fields.get(str(fault["loc"][0]))
    if field is not None and field.annotation is SecretStr:
        return str(fault["msg"])
    given = re.sub(r"(?<=://).*@", "***@", str(fault["input"]))  # no password on a terminal or in a log
    return f"{fault['msg'].removeprefix('Value error, ')} (it is {given!r})"
