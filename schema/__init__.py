"""The ontology of the graph and its GraphQL schema. This package does not import other packages of the project."""

from schema.entities import ONTOLOGY
from schema.ontology import Edge, Kind, Ontology, OntologyError, Property, PropertyType, Relation
from schema.query import build

__all__ = ["ONTOLOGY", "Edge", "Kind", "Ontology", "OntologyError", "Property", "PropertyType", "Relation", "build"]
