"""The kinds of the Framework Atlas. A new kind is one class here, its name in `KINDS`, and its facts."""

from __future__ import annotations

import enum

import strawberry

from schema.ontology import Ontology, kind, relation
from schema.scalars import Date


@strawberry.interface(description="An object with a global ID, as in the Relay specification.")
class Node:
    id: strawberry.ID = strawberry.field(description="Opaque, stable ID; unique across all kinds.")


@strawberry.interface(description="The fields that entities of every kind have.")
class Entity(Node):
    slug: str = strawberry.field(
        description="Stable, lower-case identifier; unique within the kind. It consists of letters, digits, `-`, `_` and `.`."
    )
    name: str = strawberry.field(description="Canonical name.")
    aliases: list[str] = strawberry.field(
        description="Other spellings and abbreviations; unique within the kind. Name filters, search and lookups by slug "
        "match them."
    )
    summary: str | None = strawberry.field(description="Description in one sentence.")
    homepage: str | None = strawberry.field(description="URL of the home page.")


_HAS_FEATURE = ("has", "is a feature of")
_SUITS = ("suits", "is suited by")
_WORKS_WITH = ("works with", "works with")


@strawberry.enum(description="The category of a feature.")
class FeatureCategory(enum.Enum):
    CAPABILITY = strawberry.enum_value("CAPABILITY", description="A function, such as asynchronous programming.")
    QUALITY = strawberry.enum_value("QUALITY", description="A quality, such as scalability or clean syntax.")
    PRINCIPLE = strawberry.enum_value("PRINCIPLE", description="A design principle, such as modularity.")
    SECURITY = strawberry.enum_value("SECURITY", description="A security function, such as CSRF protection.")
    STATUS = strawberry.enum_value(
        "STATUS", description="The status of the project, such as open source or popularity."
    )


@strawberry.enum(description="The category of an application.")
class ApplicationCategory(enum.Enum):
    USE_CASE = strawberry.enum_value("USE_CASE", description="A use case, such as API development.")
    INDUSTRY = strawberry.enum_value("INDUSTRY", description="An industry, such as e-commerce.")
    PROJECT_SIZE = strawberry.enum_value("PROJECT_SIZE", description="A project size, such as small projects.")
    AUDIENCE = strawberry.enum_value("AUDIENCE", description="A target group, such as beginners or startups.")


@strawberry.enum(description="The category of a technology.")
class TechnologyCategory(enum.Enum):
    LANGUAGE = strawberry.enum_value("LANGUAGE", description="A programming language, such as Python.")
    LIBRARY = strawberry.enum_value("LIBRARY", description="A library, such as NumPy.")
    DATABASE = strawberry.enum_value("DATABASE", description="A database, such as PostgreSQL.")
    CACHE = strawberry.enum_value("CACHE", description="A cache, such as Redis.")
    STANDARD = strawberry.enum_value("STANDARD", description="A standard or specification, such as GraphQL or WSGI.")
    PROTOCOL = strawberry.enum_value("PROTOCOL", description="A network protocol, such as HTTP.")
    TOOL = strawberry.enum_value("TOOL", description="A tool or field of technology, such as machine learning.")


@kind("frameworks")
class Framework(Entity):
    """A software framework."""

    types = relation("OF_TYPE", "FrameworkType", inverse="frameworks", says=("belongs to", "includes"))
    features = relation("HAS_FEATURE", "Feature", inverse="frameworks", says=_HAS_FEATURE)
    applications = relation("SUITS", "Application", inverse="frameworks", says=_SUITS)
    technologies = relation("WORKS_WITH", "Technology", inverse="frameworks", says=_WORKS_WITH)
    extends = relation("EXTENDS", "Framework", inverse="extended_by", says=("extends", "is extended by"))


@kind("frameworkTypes")
class FrameworkType(Entity):
    """A type of framework, such as microframework. Claims about a type do not apply to the frameworks of that type."""

    features = relation("HAS_FEATURE", "Feature", inverse="framework_types", says=_HAS_FEATURE)
    applications = relation("SUITS", "Application", inverse="framework_types", says=_SUITS)
    technologies = relation("WORKS_WITH", "Technology", inverse="framework_types", says=_WORKS_WITH)
    narrows = relation("NARROWS", "FrameworkType", inverse="narrowed_by", says=("narrows", "is narrowed by"))


@kind("features")
class Feature(Entity):
    """A capability or characteristic of a framework, a framework type or a technology."""

    category: FeatureCategory = strawberry.field(description="Category of the feature.")


@kind("applications")
class Application(Entity):
    """A purpose that something suits: a use case, an industry, a project size or a target group."""

    category: ApplicationCategory = strawberry.field(description="Category of the application.")


@kind("technologies")
class Technology(Entity):
    """A technology that frameworks use or support: a language, library, database, standard or tool."""

    category: TechnologyCategory = strawberry.field(description="Category of the technology.")

    features = relation("HAS_FEATURE", "Feature", inverse="technologies", says=_HAS_FEATURE)
    applications = relation("SUITS", "Application", inverse="technologies", says=_SUITS)
    technologies = relation("WORKS_WITH", "Technology", inverse="worked_with_by", says=_WORKS_WITH)


@kind("companies")
class Company(Entity):
    """A company that uses frameworks, or a website that it operates."""

    uses = relation("USES", "Framework", inverse="used_by", says=("uses", "is used by"))


@kind("sources")
class Source(Entity):
    """A document that provides evidence. Its name is its title, or a descriptive name if it has no title."""

    title: str | None = strawberry.field(description="Title of the document; null if it has none.")
    publisher: str | None = strawberry.field(description="Publisher; null if the document names none.")
    published: Date | None = strawberry.field(description="Date of publication, with the precision that is known.")
    url: str | None = strawberry.field(description="URL of the document.")


KINDS: tuple[type, ...] = (Framework, FrameworkType, Feature, Application, Technology, Company, Source)

ONTOLOGY = Ontology.of(*KINDS)
