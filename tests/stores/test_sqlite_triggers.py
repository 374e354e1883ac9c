"""The triggers of the SQLite store keep derived tables equal to what a rebuild gives."""

from __future__ import annotations

from pathlib import Path

from service.stores.sqlite.triggers import REBUILD
from tests.stores.sqlite_files import DERIVED, counts_and_steps, degrees_and_hits, run_sql


def test_full_text_indexes_and_degrees_follow_every_write(filled: Path) -> None:
    before = degrees_and_hits(filled)
    run_sql(
        filled,
        """PRAGMA foreign_keys = ON;
           DELETE FROM company_uses; DELETE FROM claim WHERE relation = 'USES'""",
    )
    without_uses = degrees_and_hits(filled)
    run_sql(
        filled,
        """INSERT INTO claim SELECT 9, 'id', 'key', 'EXTENDS', _pk, _pk, 0, 1000, NULL, NULL FROM entity WHERE slug = 'django';
           INSERT INTO evidence SELECT 9, _pk, 1, 'note', NULL, NULL FROM entity WHERE slug = 'no-date';
           UPDATE entity SET _names = 'djanet', _summary = 'a frame' WHERE slug = 'orm';
           DELETE FROM name; DELETE FROM entity WHERE name = '会社'""",
    )
    after = degrees_and_hits(filled)

    assert before == DERIVED
    assert without_uses == {**DERIVED, "degree": [("a-source", 1), ("django", 1), ("no-date", 1), ("orm", 1)]}
    assert after == {
        "degree": [("a-source", 1), ("django", 2), ("no-date", 2), ("orm", 1)],
        "djan": ["django", "orm"],
        "джанго": ["django"],
        "会": [],
        "fr": ["django", "orm"],
    }


def test_counts_and_steps_follow_every_write(filled: Path) -> None:
    states = [counts_and_steps(filled)]
    for statements in (
        "UPDATE claim SET stance = 2 WHERE relation = 'USES'",
        "UPDATE claim SET stance = 1, confidence = 7",
        """INSERT INTO claim SELECT 9, 'id', 'key', 'EXTENDS', _pk, _pk, 0, 1000, NULL, NULL FROM entity WHERE slug = 'django';
           INSERT INTO claim SELECT 10, 'i', 'k', 'USES', c._pk, d._pk, 2, 1000, NULL, NULL
             FROM entity c, entity d WHERE c.name = '会社' AND d.slug = 'no-date'""",
        "DELETE FROM claim WHERE relation <> 'USES'; DELETE FROM name; DELETE FROM entity WHERE slug = 'orm'",
    ):
        run_sql(filled, f"PRAGMA foreign_keys = OFF; {statements}")
        states.append(counts_and_steps(filled))
        run_sql(filled, ";".join(REBUILD))
        states.append(counts_and_steps(filled))

    assert states[1::2] == states[2::2]
    assert len({str(state) for state in states}) == 5
