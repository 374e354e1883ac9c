"""What things are called in the graph: labels, relationship types and properties of an ontology.

(:Entity:Framework {slug, id, name, name_key, ...,         an entity: its kind is a label; its words, which the index
                    name_words, summary_words, all_names}) atlas_words holds, and the keys of its name and aliases
(:FrameworkAlias {key})-[:NAMES]->(:Framework)             another name of an entity, by its key
(:Claim {key, id, subject, relation, object, stance, ...})-[:CITES {supports, note, ...}]->(:Source)
                                                           the truth, weighed from what it cites; its ends are the IDs
                                                           of entities, since Neo4j reads all relationships of a node
                                                           that has fewer than 50 to find those of one type
(:Framework)-[:FRAMEWORK_HAS_FEATURE {claim, stance, ...}]->(:Feature)
                                                           the edge, materialised from its claim; one that is only
                                                           denied has the type NOT_FRAMEWORK_HAS_FEATURE instead,
                                                           so that a degree is an exact count
(:AtlasGraph {digest, sequence, changed, layout})          what the graph holds: the facts it was first filled with and
                                                           the number of its last change
(:Change {sequence, at, action, kind, slug, ...})          an entry of the log
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from schema import Kind, Property, PropertyType, Relation
from schema.text import search_words, text_key

_UNKEYED = {"id", "slug", "homepage"}


def quote(name: str) -> str:
    """A name as Cypher takes it: https://neo4j.com/docs/cypher-manual/current/syntax/naming/."""
    return "`" + name.replace("`", "``").replace("\\u0060", "``") + "`"


def label(kind: str) -> str:
    return quote(kind)


def alias_label(kind: str) -> str:
    return quote(f"{kind}Alias")


def relationship(relation: Relation, *, denied: bool = False) -> str:
    """`FRAMEWORK_HAS_FEATURE`, quoted."""
    subject = "".join(f"_{char}" if char.isupper() else char.upper() for char in relation.subject).lstrip("_")
    return quote(f"{'NOT_' if denied else ''}{subject}_{relation.name}")


def claim_key(relation: Relation, subject: str, object_: str) -> str:
    """The expression of a claim's key (`graph_seed.Claim.key`), given those of the slugs of its ends."""
    return f"'{relation.subject}:' + {subject} + '/{relation.name}/{relation.object}:' + {object_}"


def property_name(prop: Property) -> str:
    """The property as it was given, quoted."""
    return quote(prop.name)


def key_name(prop: Property) -> str:
    """The property by which it is matched and sorted, quoted."""
    return quote(f"{prop.name}_key" if has_key(prop) else prop.name)


def has_key(prop: Property) -> bool:
    return prop.type is PropertyType.TEXT and prop.name not in _UNKEYED


VERSION = "coalesce(g.digest + '.' + toString(g.sequence), '')"
"""The version of the graph, of whose node `g` is the variable."""

WORDS_INDEX = "atlas_words"
"""The full-text index of the words of entities."""

# the words are made in Python, the analyzer only takes them apart: no database's own idea of case or language enters
_CREATE_WORDS_INDEX = """CREATE FULLTEXT INDEX atlas_words IF NOT EXISTS FOR (n:Entity) ON EACH [n.name_words, n.summary_words]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'whitespace', `fulltext.eventually_consistent`: false}}"""


def search_properties(name: str, aliases: Iterable[str], summary: str | None) -> dict[str, Any]:
    """The properties by which an entity is searched."""
    name_words, summary_words = search_words(name, aliases, summary)
    all_names = list(dict.fromkeys(map(text_key, [name, *aliases])))
    return {"name_words": name_words, "summary_words": summary_words, "all_names": all_names}


def indexes(kinds: tuple[Kind, ...]) -> dict[str, str]:
    """The statements that make the constraints and indexes that look-ups, orders, filters and search stand on, by the
    name of the index; each does nothing where that is there. An index of a constraint has the constraint's name.
    """
    made = [
        _unique("Entity", "id"),
        _unique("Claim", "key"),
        _unique("Claim", "id"),
        _unique("AtlasGraph", "name"),
        _unique("Change", "sequence"),
        _index("Claim", "relation", "key"),
        _index("Claim", "subject"),
        _index("Claim", "object", "key"),
        (WORDS_INDEX, _CREATE_WORDS_INDEX),
    ]
    for kind in kinds:
        made.append(_unique(kind.name, "slug"))
        made.append(_unique(f"{kind.name}Alias", "key"))
        made.append(_index(kind.name, "name_key", "slug"))
        made.append(_text_index(kind.name, "name_key"))
        made.append(_text_index(f"{kind.name}Alias", "key"))
        sorted_by = {PropertyType.DATE, PropertyType.INTEGER}
        made.extend(_index(kind.name, prop.name) for prop in kind.properties if prop.type in sorted_by)
    return dict(made)


def _unique(label_name: str, name: str) -> tuple[str, str]:
    called = _called(label_name, name)
    on = f"FOR (n:{quote(label_name)}) REQUIRE n.{quote(name)} IS UNIQUE"
    return called, f"CREATE CONSTRAINT {quote(called)} IF NOT EXISTS {on}"


def _index(label_name: str, *names: str) -> tuple[str, str]:
    called = _called(label_name, *names)
    on = ", ".join(f"n.{quote(name)}" for name in names)
    return called, f"CREATE INDEX {quote(called)} IF NOT EXISTS FOR (n:{quote(label_name)}) ON ({on})"


def _text_index(label_name: str, name: str) -> tuple[str, str]:
    called = _called(label_name, name, "text")
    on = f"FOR (n:{quote(label_name)}) ON (n.{quote(name)})"
    return called, f"CREATE TEXT INDEX {quote(called)} IF NOT EXISTS {on}"


def _called(*names: str) -> str:
    return "atlas_" + "_".join(names).lower()
