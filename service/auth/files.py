"""Read files with secrets, whose paths are settings."""

from __future__ import annotations

from pathlib import Path

from service.errors import SettingsError


def read_file(variable: str, path: Path) -> str:
    """Return the text of a file. Raises SettingsError with the name of the variable."""
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise SettingsError(f"{variable}: {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:  # not as the cause: its message quotes the file, which contains a secret
        raise SettingsError(f"{variable}: {path} is not UTF-8 text.") from None
