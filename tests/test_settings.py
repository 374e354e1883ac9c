"""Settings: their sources, invalid values, and their documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graph_seed import SHIPPED
from service.errors import SettingsError
from service.settings import Settings, read_settings

pytestmark = pytest.mark.usefixtures("no_settings")

FOUR_SLASHES = "use sqlite:///PATH; an absolute path has four slashes, as in sqlite:////var/lib/atlas.db"
NO_PASSWORD = "set the user and the password with ATLAS_NEO4J_USER and ATLAS_NEO4J_PASSWORD"

INVALID: list[tuple[str, str, str]] = [
    ("store", "mysql://host/x", "use sqlite:///PATH or neo4j://HOST:PORT (got 'mysql://host/x')"),
    ("store", "", "use sqlite:///PATH or neo4j://HOST:PORT (got '')"),
    ("store", "atlas.db", "use sqlite:///PATH or neo4j://HOST:PORT (got 'atlas.db')"),
    ("store", "neo4j://", "use sqlite:///PATH or neo4j://HOST:PORT (got 'neo4j://')"),
    ("store", "bolt://host:port", "use sqlite:///PATH or neo4j://HOST:PORT (got 'bolt://host:port')"),
    ("store", "bolt://[::1", "use sqlite:///PATH or neo4j://HOST:PORT (got 'bolt://[::1')"),
    (
        "store",
        "sqlite://atlas.db",
        f"{FOUR_SLASHES} (got 'sqlite://atlas.db')",
    ),
    (
        "store",
        "sqlite:///",
        f"{FOUR_SLASHES} (got 'sqlite:///')",
    ),
    (
        "store",
        "bolt://me:hunter/2@host:7687",
        f"{NO_PASSWORD} (got 'bolt://***@host:7687')",
    ),
    ("port", "http", "Input should be a valid integer, unable to parse string as an integer (got 'http')"),
    ("port", "-1", "Input should be greater than or equal to 0 (got '-1')"),
    ("port", "65536", "Input should be less than or equal to 65535 (got '65536')"),
    ("workers", "0", "Input should be greater than or equal to 1 (got '0')"),
    ("workers", "1.5", "Input should be a valid integer, unable to parse string as an integer (got '1.5')"),
    ("explorer", "perhaps", "Input should be a valid boolean, unable to interpret input (got 'perhaps')"),
    ("plan_cache", "0", "Input should be greater than or equal to 1 (got '0')"),
    ("log_level", "loud", "use debug, info, warning or error (got 'loud')"),
    ("public_read", "perhaps", "Input should be a valid boolean, unable to interpret input (got 'perhaps')"),
    ("jwt_algorithm", "none", "Input should be 'HS256' or 'RS256' (got 'none')"),
    ("jwt_leeway", "-1", "Input should be greater than or equal to 0 (got '-1')"),
    ("jwt_leeway", "3600", "Input should be less than or equal to 300 (got '3600')"),
    (
        "trusted_proxies",
        "10.0.0.1, proxy",
        "use addresses or networks such as 10.0.0.2 or 10.0.0.0/8, separated by commas, or * (got '10.0.0.1, proxy')",
    ),
    *(
        (
            "allowed_origins",
            value,
            f"use origins such as https://app.example, in ASCII and without a path, or * (got '{value}')",
        )
        for value in (
            "app.example",
            "https://app.example/",
            "https://*.example",
            "https://bücher.example",
            "https://a.example:99999",
            "https://[",
            "https://",
        )
    ),
    (
        "trusted_proxies",
        "10.0.0.1,*",
        "* trusts all proxies; use it alone or not at all (got '10.0.0.1,*')",
    ),
    ("neo4j_pool", "0", "Input should be greater than or equal to 1 (got '0')"),
    ("neo4j_timeout", "0", "Input should be greater than 0 (got '0')"),
    ("neo4j_timeout", "soon", "Input should be a valid number, unable to parse string as a number (got 'soon')"),
]


@pytest.mark.parametrize("settings", [{"stop_delay": 20}, {"stop_delay": 3, "stop_timeout": 3}])
def test_the_shutdown_must_be_longer_than_its_delay(settings: dict[str, Any]) -> None:
    message = (
        rf"ATLAS_STOP_TIMEOUT: must be greater than ATLAS_STOP_DELAY \({settings['stop_delay']}\), which it includes"
    )
    with pytest.raises(SettingsError, match=message):
        read_settings(**settings)


@pytest.mark.parametrize(("name", "value", "reason"), INVALID, ids=[f"{name}={value}" for name, value, _ in INVALID])
def test_the_error_of_an_invalid_value_has_the_name_of_its_variable(
    name: str, value: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsError) as by_argument:
        read_settings(**{name: value})
    monkeypatch.setenv(f"ATLAS_{name.upper()}", value)
    with pytest.raises(SettingsError) as by_environment:
        read_settings()

    assert str(by_argument.value) == str(by_environment.value) == f"ATLAS_{name.upper()}: {reason}"


def test_all_invalid_values_are_reported_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(port="x", workers=0, store="x")

    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == [
        "ATLAS_STORE",
        "ATLAS_PORT",
        "ATLAS_WORKERS",
    ]


@pytest.mark.parametrize(
    ("store", "path"),
    [
        ("sqlite:///atlas.db", Path("atlas.db")),
        ("sqlite:////var/lib/atlas.db", Path("/var/lib/atlas.db")),
        ("sqlite:///a folder/what? #1 at 100%.db", Path("a folder/what? #1 at 100%.db")),
        ("sqlite:///граф@home.db", Path("граф@home.db")),
        ("neo4j://db:7687", None),
        ("bolt+ssc://[::1]:7687", None),
        ("neo4j+s://db.example", None),
    ],
)
def test_a_store_is_a_file_or_an_address(store: str, path: Path | None) -> None:
    assert read_settings(store=store).sqlite_path == path


def test_an_argument_overrides_the_environment_which_overrides_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATLAS_PORT", "1")
    monkeypatch.setenv("ATLAS_HOST", "from-environment")
    monkeypatch.setenv("ATLAS_UNKNOWN", "ignored")

    settings = read_settings(port=2, host=None)

    assert (settings.port, settings.host, settings.workers, settings.facts) == (2, "from-environment", 1, SHIPPED)


def test_another_process_reads_equal_settings_from_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    values: dict[str, Any] = {
        "store": "sqlite:///some where.db",
        "facts": Path("/facts"),
        "host": "::1",
        "port": 0,
        "workers": 3,
        "connections": 50,
        "connections_per_address": 25,
        "keep_alive": 7,
        "header_timeout": 1.5,
        "body_timeout": 2.5,
        "write_timeout": 3.5,
        "stop_delay": 0.5,
        "stop_timeout": 4.5,
        "development": True,
        "introspection": False,
        "allowed_origins": "https://app.example, *",
        "explorer": False,
        "plan_cache": 5,
        "max_body": 10,
        "max_headers": 2000,
        "max_characters": 11,
        "max_lines": 31,
        "max_tokens": 12,
        "max_depth": 13,
        "max_fields": 14,
        "max_repeats": 15,
        "max_aliases": 16,
        "max_root_fields": 17,
        "max_directives": 18,
        "max_items": 19,
        "max_text": 32,
        "max_conditions": 29,
        "max_page": 30,
        "max_nested_page": 21,
        "max_cost": 22,
        "persisted": Path("/documents"),
        "persisted_only": True,
        "plan_ahead": 34.5,
        "apq_cache": 4,
        "cache_seconds": 5,
        "changes_days": 1.5,
        "changes_kept": 12,
        "log_level": "warning",
        "log_format": "json",
        "metrics_port": 9100,
        "public_read": False,
        "tokens": "ci:write:00,\nops:admin:11",
        "tokens_file": Path("/run/secrets/tokens"),
        "jwt_key": "-----BEGIN PUBLIC KEY-----\nMII\n",
        "jwt_key_file": Path("/run/secrets/key"),
        "jwt_algorithm": "RS256",
        "jwt_issuer": "https://issuer",
        "jwt_audience": "atlas",
        "jwt_leeway": 0,
        "rate": "5/hour",
        "rate_store": "redis://:hunter2@away/0",
        "trusted_proxies": "10.0.0.0/8, ::1",
        "waiting": 9,
        "sqlite_timeout": 5.5,
        "neo4j_user": "me",
        "neo4j_password": "hunter2",
        "neo4j_database": None,
        "neo4j_pool": 7,
        "neo4j_timeout": 0.5,
    }
    ours = read_settings(**values)

    for name, value in ours.as_environment().items():
        monkeypatch.setenv(name, value)
    theirs = read_settings()

    assert set(values) == set(Settings.model_fields)
    assert theirs == ours


def test_the_case_of_the_log_level_does_not_matter() -> None:
    assert [read_settings(log_level=level).log_level for level in ("WARNING", "Debug")] == ["warning", "debug"]


def test_a_password_is_not_printed() -> None:
    assert "hunter2" not in repr(read_settings(neo4j_password="hunter2"))


def test_settings_are_immutable() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read_settings().port = 1  # type: ignore[misc]
