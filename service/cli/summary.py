"""Describe the result of a load."""

from __future__ import annotations

from service.writes.load_results import LoadSummary


def describe(summary: LoadSummary) -> str:
    retracted = f", {summary.retracted} retracted" if summary.retracted else ""
    return f"{counts(summary)} written{retracted}, {summary.unchanged} unchanged"


def counts(summary: LoadSummary) -> str:
    return f"{count(summary.entities, 'entity', 'entities')} and {count(summary.evidence, 'piece')} of evidence"


def count(number: int, singular: str, plural: str | None = None) -> str:
    return f"{number} {singular if number == 1 else plural or f'{singular}s'}"
