"""The folder of the shipped facts, extracted from five documents on Python backend frameworks."""

from pathlib import Path

SHIPPED = Path(__file__).parent / "facts"
