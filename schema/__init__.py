"""What the graph is and what clients see of it. Imports nothing else of the project."""

from schema.entities import ONTOLOGY
from schema.ontology import Edge, Kind, Ontology, OntologyError, Property, PropertyType, Relation
from schema.query import build

__all__ = ["ONTOLOGY", "Edge", "Kind", "Ontology", "OntologyError", "Property", "PropertyType", "Relation", "build"]
