"""Check a folder of facts against the ontology, and count its entities, claims and evidence."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from graph_seed import SHIPPED, group_claims, read_facts
from schema import ONTOLOGY


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", type=Path, nargs="?", default=SHIPPED, metavar="FOLDER", help="Default: the shipped facts."
    )


def run(arguments: argparse.Namespace) -> int:
    facts = read_facts(arguments.folder)
    entities = Counter(entity.kind for entity in facts.entities)
    claims = Counter(claim.relation.name for claim in group_claims(facts))
    for kind in ONTOLOGY.kinds:
        print(f"{entities[kind.name]:>6} {kind.plural}")
    for name in ONTOLOGY.relation_names:
        print(f"{claims[name]:>6} claims {name}")
    print(f"{len(facts.evidence):>6} pieces of evidence")
    return 0
