"""Where the facts lie that come with the package: what five documents on Python backend frameworks state."""

from pathlib import Path

SHIPPED = Path(__file__).parent / "facts"
