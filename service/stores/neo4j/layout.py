"""The layout of the graph: labels, relationship types, properties and indexes of an ontology.

(:Entity:Framework {slug, id, name, name_key, ...,         an entity, labelled with its kind; `name_words` and
                    name_words, summary_words, all_names}) `summary_words` are indexed by the full-text index,
                                                           `all_names` are the keys of the name and the aliases
(:FrameworkAlias {key})-[:NAMES]->(:Framework)             the key of an alias of an entity
(:Claim {key, id, subject, relation, object, stance, ...})-[:CITES {supports, note, ...}]->(:Source)
                                                           a claim and its evidence. `subject` and `object` are IDs and
                                                           not relationships, because Neo4j reads all relationships of
                                                           a node with fewer than 50 to find those of one type
(:Framework)-[:FRAMEWORK_HAS_FEATURE {claim, stance, ...}]->(:Feature)
                                                           an edge, which is derived from its claim. The edge of a
                                                           denied claim has the type NOT_FRAMEWORK_HAS_FEATURE instead,
                                                           so that the degree is the exact number of other claims
(:AtlasGraph {digest, sequence, changed, layout})          the state of the graph: the digest of its initial facts, and
                                                           the number of its last change
(:Change {sequence, at, action, kind, slug, ...})          an entry of the log
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from schema import Kind, Property, PropertyType, Relation
from schema.text import search_words, text_key

_WITHOUT_KEY = {"id", "slug", "homepage"}


def quote(name: str) -> str:
    """Return a name as a quoted Cypher identifier: https://neo4j.com/docs/cypher-manual/current/syntax/naming/."""
    return "`" + name.replace("`", "``").replace("\\u0060", "``") + "`"


def label(kind: str) -> str:
    return quote(kind)


def alias_label(kind: str) -> str:
    return quote(f"{kind}Alias")


def relationship(relation: Relation, *, denied: bool = False) -> str:
    """Return the type of a relation's edges, for example `FRAMEWORK_HAS_FEATURE`, quoted."""
    subject = "".join(f"_{char}" if char.isupper() else char.upper() for char in relation.subject).lstrip("_")
    return quote(f"{'NOT_' if denied else ''}{subject}_{relation.name}")


def claim_key(relation: Relation, subject: str, object_: str) -> str:
    """Return the expression of a claim's key (`graph_seed.Claim.key`), from those of the slugs of its ends."""
    return f"'{relation.subject}:' + {subject} + '/{relation.name}/{relation.object}:' + {object_}"


def property_name(prop: Property) -> str:
    """Return the name of the node property with the value, quoted."""
    return quote(prop.name)


def key_name(prop: Property) -> str:
    """Return the name of the node property that is matched and sorted by, quoted."""
    return quote(f"{prop.name}_key" if has_key(prop) else prop.name)


def has_key(prop: Property) -> bool:
    return prop.type is PropertyType.TEXT and prop.name not in _WITHOUT_KEY


VERSION = "coalesce(g.digest + '.' + toString(g.sequence), '')"
"""The expression of the graph's version; `g` is the variable of its node."""

WORDS_INDEX = "atlas_words"
"""The full-text index of the search words of entities."""

# the words are computed in Python, and the analyzer only splits them, so that all stores find the same entities
_CREATE_WORDS_INDEX = """CREATE FULLTEXT INDEX atlas_words IF NOT EXISTS FOR (n:Entity) ON EACH [n.name_words, n.summary_words]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'whitespace', `fulltext.eventually_consistent`: false}}"""


def search_properties(name: str, aliases: Iterable[str], summary: str | None) -> dict[str, Any]:
    """Return the properties of an entity that search uses."""
    name_words, summary_words = search_words(name, aliases, summary)
    all_names = list(dict.fromkeys(map(text_key, [name, *aliases])))
    return {"name_words": name_words, "summary_words": summary_words, "all_names": all_names}


def indexes(kinds: tuple[Kind, ...]) -> dict[str, str]:
    """Return the statements that create the constraints and indexes, by the name of the index.

    A statement does nothing if the index exists. The index of a constraint has the name of the constraint.
    """
    statements = [
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
        statements.append(_unique(kind.name, "slug"))
        statements.append(_unique(f"{kind.name}Alias", "key"))
        statements.append(_index(kind.name, "name_key", "slug"))
        statements.append(_text_index(kind.name, "name_key"))
        statements.append(_text_index(f"{kind.name}Alias", "key"))
        sortable = {PropertyType.DATE, PropertyType.INTEGER}
        statements.extend(_index(kind.name, prop.name) for prop in kind.properties if prop.type in sortable)
    return dict(statements)


def _unique(label_name: str, name: str) -> tuple[str, str]:
    index = _index_name(label_name, name)
    constraint = f"FOR (n:{quote(label_name)}) REQUIRE n.{quote(name)} IS UNIQUE"
    return index, f"CREATE CONSTRAINT {quote(index)} IF NOT EXISTS {constraint}"


def _index(label_name: str, *names: str) -> tuple[str, str]:
    index = _index_name(label_name, *names)
    properties = ", ".join(f"n.{quote(name)}" for name in names)
    return index, f"CREATE INDEX {quote(index)} IF NOT EXISTS FOR (n:{quote(label_name)}) ON ({properties})"


def _text_index(label_name: str, name: str) -> tuple[str, str]:
    index = _index_name(label_name, name, "text")
    target = f"FOR (n:{quote(label_name)}) ON (n.{quote(name)})"
    return index, f"CREATE TEXT INDEX {quote(index)} IF NOT EXISTS {target}"


def _index_name(*names: str) -> str:
    return "atlas_" + "_".join(names).lower()
