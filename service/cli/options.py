"""Settings as options of a command."""

from __future__ import annotations

import argparse

from service.settings import Settings, default_of, read_settings


def add_settings(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add an option for each of these settings; a boolean setting is a flag."""
    for name in names:
        field = Settings.model_fields[name]
        option, help_ = f"--{name.replace('_', '-')}", str(field.description).replace("%", "%%")
        if field.annotation is bool:
            parser.add_argument(option, action="store_true", default=None, help=help_)
        else:
            parser.add_argument(option, metavar=name.upper(), help=help_)


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Return the settings of the environment, overridden by options. Raises SettingsError."""
    return read_settings(
        **{name: getattr(arguments, name) for name in Settings.model_fields if hasattr(arguments, name)}
    )


def settings_table() -> str:
    """Return every setting with its description and default, one per line."""
    lines = ["settings (environment variables; an option overrides its variable):"]
    for name, field in Settings.model_fields.items():
        default = default_of(name) or "not set"
        lines.append(f"  {f'ATLAS_{name.upper()}':<22} {field.description} Default: {default}.")
    return "\n".join(lines)
